"""What operators say to a daemon: a word in the store, which it carries out within a second."""

import getpass
import time
from collections.abc import Callable
from typing import Any

import click

from layerkeep.app.incidents_told import incident_named
from layerkeep.app.operating import word as said_at
from layerkeep.app.settings import duration
from layerkeep.cli.terminal.output import clock, print_json
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Fact, Operated
from layerkeep.core.incidents.incident import Incident
from layerkeep.edge.store.log import Store

Command = Callable[..., Any]


def by_option(command: Command) -> Command:
    """`--by`: who says so."""
    return click.option(
        "--by", default=_user, envvar="LAYERKEEP_USER", help="Who you are  [default: your login]"
    )(command)


def reason_option(command: Command) -> Command:
    """`--reason`: why, for those who read it later."""
    return click.option("--reason", default="", help="Why, for those who read it later.")(command)


def for_option(command: Command) -> Command:
    """`--for`: until when it counts."""
    return click.option(
        "--for", "lasting", default="2h", show_default=True, help="How long, for example 30m."
    )(command)


def word(action: str, target: str, *, by: str, reason: str, lasting: str = "") -> Fact:
    """An operator's word, said now; SettingsError if `lasting` is no duration."""
    now = int(time.time() * 1000)
    until = now + duration(lasting) if lasting else 0
    return said_at(Operated(action, target, by, until, reason), now)


def confirm(fact: Fact, *, as_json: bool) -> None:
    """Tell what was said, and until when it counts."""
    says = fact.says
    assert isinstance(says, Operated), "an operator's word"
    if as_json:
        print_json(says)
        return
    until = f" until {clock(says.until)} UTC" if says.until else ""
    click.echo(f"{says.action} {says.target}{until}, by {says.by}; the daemon does it in a second")


async def known_incident(store: Store, name: str) -> Incident:
    """The incident of this id; SettingsError with the nearest one if there is none."""
    incident, near = await incident_named(store, name)
    if incident is None:
        hint = f"did you mean {near!r}?" if near else "`layerkeep incidents` lists them"
        raise SettingsError(f"there is no incident {name!r}; {hint}")
    return incident


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
