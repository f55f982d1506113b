"""What operators say to a daemon: a word in the store, which it carries out within a second."""

import getpass
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from layerkeep.api.shapes.audit import said_detail
from layerkeep.app.incidents_told import incident_named
from layerkeep.app.operating import say, word
from layerkeep.app.settings import duration
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import clock, print_json
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Fact, Operated
from layerkeep.core.incidents.incident import Incident
from layerkeep.edge.store.audit import AuditRow, add_audit
from layerkeep.edge.store.log import Store

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Saying:
    """Where a word is said, by whom, why, for how long it counts (empty: for ever), and to whom."""

    topology: str
    store_path: str | None
    by: str
    reason: str
    as_json: bool
    lasting: str = ""
    to: str = ""


def saying(*, lasts: bool = False, reasons: bool = True) -> Callable[[Command], Command]:
    """The options of a command that says something of its first argument.

    One that `lasts` says for how long; one whose other argument is the reason asks for no reason.
    """

    def with_options(command: Command) -> Command:
        @wraps(command)
        def run(topology: str, store_path: str | None, **given: Any) -> None:
            how = {name: given.pop(name) for name in ("by", "as_json")}
            how |= {name: given.pop(name, "") for name in ("reason", "lasting")}
            command(**given, how=Saying(topology, store_path, **how))

        lasting = [for_option] if lasts else []
        options: list[Callable[[Command], Command]] = [topology_option, store_option, *lasting]
        options += [by_option, *([reason_option] if reasons else []), json_option]
        found: Command = run
        for option in reversed(options):
            found = option(found)
        return found

    return with_options


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


SHELL = "shell"
"""The role of whoever may run commands beside the store."""

Check = Callable[[Store, str], Awaitable[object]]


def carry(action: str, target: str, how: Saying, check: Check | None = None) -> None:
    """Say it in the store, once `check` has nothing against its target, and confirm it."""
    now = int(time.time() * 1000)
    until = now + duration(how.lasting) if how.lasting else 0
    says = Operated(action, target, how.by, until, how.reason, how.to)
    run_async(_say(how, word(says, now), check))
    if how.as_json:
        print_json(says)
        return
    counts = f" until {clock(until)} UTC" if until else ""
    to = f" to {how.to}" if how.to else ""
    click.echo(f"{action} {target}{to}{counts}, by {how.by}; the daemon does it in a second")


async def _say(how: Saying, said: Fact, check: Check | None) -> None:
    """Said and noted in one transaction; a word refused is noted too, with the reason."""
    says = said.says
    assert isinstance(says, Operated), "an operator's word"
    store = await existing_store(how.store_path, how.topology)
    try:
        if check is not None:
            await check(store, says.target)
        await say(store, said, _noted(said, says, "done"))
    except SettingsError:
        await add_audit(store, _noted(said, says, "not-known"))
        raise
    finally:
        await store.close()


def _noted(said: Fact, says: Operated, outcome: str) -> AuditRow:
    """The word as the audit keeps it; whoever has this machine's shell has the role `shell`."""
    detail = said_detail(says.until, says.reason, says.to)
    return AuditRow(
        said.anchor.time, says.by, SHELL, says.action, says.target, outcome, detail=detail
    )


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
