"""How results look: tables and colours for people, one JSON object for programs."""

from datetime import UTC, datetime
from typing import Any

import click
import msgspec
from rich.console import Console

from layerkeep.core.facts import AFTER_LOGS, Fact
from layerkeep.core.units import duration_text

console = Console(highlight=False, soft_wrap=True)

WEI_DIGITS = 18


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    click.echo(msgspec.json.encode(value).decode())


def clock(time: int | None) -> str:
    """A time in UTC, to the second; a dash if there is none."""
    if time is None:
        return "-"
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def ago(time: int | None, now: int) -> str:
    """How long ago, or in how long, in words."""
    if time is None:
        return "-"
    if time > now:
        return f"in {duration_text(time - now)}"
    return f"{duration_text(now - time)} ago"


def short(text: str, digits: int = 8) -> str:
    """A hash that fits into a line: its first and last digits."""
    return text if len(text) <= 2 * digits + 3 else f"{text[: digits + 2]}…{text[-digits:]}"


def ether(wei: int) -> str:
    """Wei as a decimal number of the native token, without needless zeros."""
    whole, rest = divmod(wei, 10**WEI_DIGITS)
    fraction = str(rest).zfill(WEI_DIGITS).rstrip("0")
    return f"{whole}.{fraction[:6]}" if fraction[:6].strip("0") else str(whole)


def print_fact(fact: Fact) -> None:
    """One fact: what it says, and the place that proves it."""
    anchor = fact.anchor
    place = "receipt" if anchor.log_index == AFTER_LOGS else f"log {anchor.log_index}"
    says = msgspec.to_builtins(fact.says)
    console.print(
        f"[bold]{says.pop('type')}[/bold]  {anchor.chain} block {anchor.height} {place}"
        f"  {anchor.tx}"
    )
    for name, value in says.items():
        if name != "asks":
            console.print(f"    {name}: {value}", markup=False)
