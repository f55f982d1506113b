"""`layerkeep incidents`: what is wrong now, and what was lately."""

import time
from collections.abc import Iterable, Iterator

import click
from rich.markup import escape

from layerkeep.app.incidents_told import IncidentTold, all_told
from layerkeep.app.settings import duration
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    known_topology,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, console, ether, print_json
from layerkeep.cli.terminal.watching import redrawn, watch_option
from layerkeep.core.units import duration_text

COLOURS = {"critical": "bold red", "warning": "yellow", "info": "dim"}


@click.command("incidents")
@topology_option
@store_option
@click.option("--open", "open_only", is_flag=True, help="Only those that are not resolved.")
@click.option("--since", default="1d", show_default=True, help="Closed ones opened so lately.")
@watch_option
@json_option
def command(
    topology: str,
    store_path: str | None,
    open_only: bool,
    since: str,
    every: float | None,
    as_json: bool,
) -> None:
    """List incidents: open ones first, the gravest on top, each with its cause and impact."""
    within = duration(since)

    def found() -> tuple[list[IncidentTold], int]:
        now = int(time.time() * 1000)
        return run_async(_incidents(topology, store_path, open_only, now - within)), now

    if as_json:
        print_json(found()[0])
    else:
        redrawn(lambda: _show(*found()), every)


def _show(found: list[IncidentTold], now: int) -> None:
    for line in incident_lines(found, now):
        console.print(line)
    if not found:
        console.print("no incidents")


async def _incidents(
    topology: str, store_path: str | None, open_only: bool, since: int
) -> list[IncidentTold]:
    store = await existing_store(store_path, topology)
    try:
        network = known_topology(topology)
        return await all_told(store, open_only=open_only, since=since, topology=network)
    finally:
        await store.close()


def incident_lines(found: Iterable[IncidentTold], now: int) -> Iterator[str]:
    """Incidents with their cause, then what is wrong and whom it touches; safe as markup."""
    for each in found:
        colour = COLOURS.get(each.severity, "")
        severity = f"[{colour}]{each.severity:8}[/]" if colour else f"{each.severity:8}"
        team = f"  {each.team} owns it" if each.team else ""
        owner = f"  {each.owner} has it" if each.owner else team
        yield escape(f"{each.id}  ") + severity + escape(f"  {each.kind} {each.component}")
        yield escape(f"    {_since(each, now)}: {each.title}")
        about = touches(each, now)
        if about or owner:
            yield escape(f"    touches {about or 'nobody so far'}{owner}")


def touches(each: IncidentTold, now: int) -> str:
    """What an incident touches, in words; nothing if it touches nobody."""
    parts = [f"{each.symptoms} symptoms"] if each.symptoms else []
    parts += [f"{each.messages} messages"] if each.messages else []
    parts += [f"{ether(each.value_wei)} native"] if each.value_wei else []
    parts += [f"deadline {ago(each.deadline, now)}"] if each.deadline is not None else []
    return ", ".join(parts)


def _since(each: IncidentTold, now: int) -> str:
    if each.resolved is not None:
        return f"{each.state} {ago(each.resolved, now)}"
    since = f"for {duration_text(max(0, now - each.since))}"
    if each.all_clear_at is not None:
        return f"{since}, all clear now"
    return f"{since}, muted" if each.muted_until and each.muted_until > now else since
