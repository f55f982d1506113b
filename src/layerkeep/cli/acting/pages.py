"""`layerkeep pages`: what was sent to whom, and whether it got there."""

import time

import click

from layerkeep.app.paging.reading import PageTold, pages_told, told
from layerkeep.app.paging.trying import try_channel
from layerkeep.app.settings import duration
from layerkeep.cli.acting.operating import by_option
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    loaded,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import clock, console, print_json
from layerkeep.core.acting.paging.model import SENT
from layerkeep.core.errors import OperatorError
from layerkeep.core.topology import Topology
from layerkeep.edge.store.notices import NoticeRow, add_notices

COLOURS = {"sent": "green", "failed": "bold red", "unsure": "yellow", "moot": "dim"}


@click.group("pages", invoke_without_command=True)
@topology_option
@store_option
@click.option("--since", default="1d", show_default=True, help="How far back, for example 2h.")
@click.option("--incident", default="", help="Only what was sent about this incident.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    topology: str,
    store_path: str | None,
    since: str,
    incident: str,
    as_json: bool,
) -> None:
    """List what was sent to whom, by which channel, and what became of it."""
    if context.invoked_subcommand is not None:
        return
    begin = 0 if incident else int(time.time() * 1000) - duration(since)
    found = run_async(_pages(topology, store_path, begin, incident))
    if as_json:
        print_json(found)
        return
    for each in found:
        _print(each)
    if not found:
        console.print("nobody was told anything")


@command.command("test")
@click.argument("channel")
@click.option("--person", default="", help="Who is told, where the channel needs an address.")
@topology_option
@store_option
@by_option
@json_option
@click.pass_context
def test_command(
    context: click.Context,
    channel: str,
    person: str,
    topology: str,
    store_path: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Send a message marked as a test by a channel; exit code 1 if it was not taken."""
    network = loaded(topology)[0]
    now = int(time.time() * 1000)
    row = run_async(_try(network, topology, store_path, (channel, person, by), now))
    if as_json:
        print_json(told(row))
    else:
        _print(told(row))
    context.exit(0 if row.state == SENT else 1)


async def _pages(
    topology: str, store_path: str | None, since: int, incident: str
) -> list[PageTold]:
    store = await existing_store(store_path, topology)
    try:
        return await pages_told(store, since=since, incident=incident)
    finally:
        await store.close()


async def _try(
    network: Topology, place: str, store_path: str | None, what: tuple[str, str, str], now: int
) -> NoticeRow:
    channel, person, by = what
    row, _ = await try_channel(network, channel, person, by, now)
    try:
        store = await existing_store(store_path, place)
    except OperatorError:  # before the first run there is no store to write it down in
        return row
    try:
        await add_notices(store, [row])
    finally:
        await store.close()
    return row


def _print(each: PageTold) -> None:
    colour = COLOURS.get(each.state, "")
    state = f"[{colour}]{each.state:8}[/]" if colour else f"{each.state:8}"
    console.print(f"{clock(each.time)}  {state}", end="")
    whom = f"{each.person or 'nobody'} by {each.channel}" if each.channel else "nobody"
    tries = f", {each.tries} tries" if each.tries > 1 else ""
    detail = f" ({each.detail}{tries})" if each.detail else ""
    console.print(f"  {each.kind} to {whom}{detail}", markup=False)
    console.print(f"    {each.subject}", markup=False)
