"""`--watch`: the same answer again and again, in place, until q or Ctrl-C."""

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from rich.live import Live
from rich.text import Text

from layerkeep.cli.terminal.output import console
from layerkeep.core.errors import OutsideError

EVERY_S = 2.0
SOONEST_S = 0.2
QUIT = (b"q", b"Q")

Command = TypeVar("Command", bound=Callable[..., Any])


def watch_option(command: Command) -> Command:
    """`--watch [SECONDS]`: draw again, every two seconds if nothing else is said."""
    return click.option(
        "--watch",
        "every",
        is_flag=False,
        flag_value=EVERY_S,
        default=None,
        type=click.FloatRange(SOONEST_S),
        metavar="[SECONDS]",
        help=f"Draw again every {EVERY_S:g} s, or so many, until q; once if this is no terminal.",
    )(command)


def redrawn(show: Callable[[], None], every: float | None) -> None:
    """Show once; or, on a terminal and with `every` (seconds), again and again in place.

    `show` prints on the console. While the world fails it, its picture is the failure.
    """
    if every is None or not console.is_terminal:
        show()
        return
    with _keys() as quits, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(Text.from_ansi(_picture(show)), refresh=True)
            if quits(every):
                return


def _picture(show: Callable[[], None]) -> str:
    """What is printed, as a text with its colours."""
    with console.capture() as captured:
        try:
            show()
        except OutsideError as error:
            console.print(f"layerkeep: {error}", style="bold red", markup=False)
    return captured.get()


@contextmanager
def _keys() -> Iterator[Callable[[float], bool]]:
    """Gives a function that waits so many seconds, and says true as soon as q was typed.

    Without a keyboard it only waits. Keys are neither shown nor kept for the shell.
    """
    if not sys.stdin.isatty():
        yield _waited
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number)
        yield _is_quit_typed
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _waited(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _is_quit_typed(seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([sys.stdin], [], [], left)[0]:
            typed = os.read(sys.stdin.fileno(), 1)
            if not typed or typed in QUIT:
                return True
    return False
