"""`layerkeep messages`: the messages that match, by the API's own filter, sorts and cursors."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click
from rich.table import Table

from layerkeep.api.shapes.messages import MessageFilter
from layerkeep.api.source import BadCursor
from layerkeep.app.answers.listing import OPEN, STATES, BadQuery, Listed, asked, listed
from layerkeep.app.diary import incident_of
from layerkeep.app.settings import duration
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, console, print_json, short
from layerkeep.cli.terminal.watching import redrawn, watch_option
from layerkeep.core.errors import SettingsError
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.listing import SORTS
from layerkeep.edge.store.observations import read_incidents
from layerkeep.edge.store.records import MessageRow

Command = TypeVar("Command", bound=Callable[..., Any])

FLAGS = {
    "source": "Only those sent from this chain.",
    "target": "Only those sent to this chain.",
    "via": "Only those with this chain at either end.",
    "kind": "Only this kind, for example op_stack.withdrawal.",
    "stage": "Only those in this stage.",
    "token": "Only those that carry this token, by its address on the source.",
    "sender": "Only those from this address.",
    "recipient": "Only those to this address.",
    "reason": "Only those that are stuck for this reason.",
    "incident": "Only those behind this open incident.",
    "value-min": "Only those that carry so many wei or more.",
}


def filters(command: Command) -> Command:
    """A flag for each field of the API's filter."""
    for name, told in reversed(FLAGS.items()):
        command = click.option(f"--{name}", name.replace("-", "_"), default="", help=told)(command)
    return command


@click.command("messages")
@topology_option
@store_option
@click.option("--open", "open_only", is_flag=True, help="Only those that are not finished.")
@click.option("--route", default="", help="Only this route, for example l2->l1.")
@filters
@click.option("--state", type=click.Choice(STATES[1:]), help="Only those in this state.")
@click.option("--older", default="", help="Only those in their stage for so long, as 90s or 2h.")
@click.option("--sort", default="-sent", show_default=True, type=click.Choice(SORTS))
@click.option("--cursor", default="", help="Go on where an earlier answer ended.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@watch_option
@json_option
def command(
    topology: str, store_path: str | None, every: float | None, as_json: bool, **flags: Any
) -> None:
    """List messages, newest first unless another order is asked for."""
    cursor, limit = flags.pop("cursor"), flags.pop("limit")
    wanted = wanted_by(flags)

    def show() -> None:
        now = int(time.time() * 1000)
        try:
            found = run_async(_listed(topology, store_path, wanted, (cursor, limit, now)))
        except (BadQuery, BadCursor) as error:
            raise SettingsError(str(error)) from error
        if as_json:
            print_json([as_shown(row) for row in found.rows])
        else:
            _print(found.rows, now)
        if found.cursor:
            click.echo(f"more: --cursor {found.cursor}", err=True)

    redrawn(show, None if as_json else every)


def wanted_by(flags: dict[str, Any]) -> MessageFilter:
    """The filter that the flags ask for; SettingsError if they contradict each other."""
    route, open_only, older = flags.pop("route"), flags.pop("open_only"), flags.pop("older")
    if route:
        source, arrow, target = route.partition("->")
        if not arrow or flags["source"] not in ("", source) or flags["target"] not in ("", target):
            raise SettingsError(f"no route is named {route!r}; a route is written l2->l1")
        flags |= {"source": source, "target": target}
    flags["state"] = flags["state"] or (OPEN if open_only else "")
    return MessageFilter(**flags, older=duration(older) if older else None)


def as_shown(row: MessageRow) -> dict[str, Any]:
    """A row for programs: amounts as text, which may be above 2**64."""
    return {**asdict(row), "value": str(row.value), "amount": str(row.amount)}


async def _listed(
    topology: str, store_path: str | None, wanted: MessageFilter, page: tuple[str, int, int]
) -> Listed:
    cursor, limit, now = page
    lifecycles = {each.name: each for a in load_adapters().values() for each in a.lifecycles}
    store = await existing_store(store_path, topology)
    try:
        rows = await read_incidents(store, open_only=True)
        query = await asked(store, lifecycles, wanted, map(incident_of, rows), now)
        return await listed(store, query, wanted, cursor, limit)
    finally:
        await store.close()


def _print(rows: list[MessageRow], now: int) -> None:
    table = Table("message", "route", "kind", "stage", "sent", "moved", box=None)
    for row in rows:
        table.add_row(
            short(row.id),
            f"{row.source}->{row.target}",
            row.lifecycle,
            row.stage,
            ago(row.sent, now),
            ago(row.moved, now),
        )
    console.print(table)
