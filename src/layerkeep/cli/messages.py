"""`layerkeep messages`: the messages, newest first."""

import time

import click
from rich.table import Table

from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, console, print_json, short
from layerkeep.edge.store.reading import message_rows
from layerkeep.edge.store.records import MessageRow


@click.command("messages")
@topology_option
@store_option
@click.option("--open", "open_only", is_flag=True, help="Only those that are not finished.")
@click.option("--route", default="", help="Only this route, for example l2->l1.")
@click.option("--stage", default="", help="Only those in this stage.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@json_option
def command(
    topology: str,
    store_path: str | None,
    open_only: bool,
    route: str,
    stage: str,
    limit: int,
    as_json: bool,
) -> None:
    """List messages, newest first."""
    rows = run_async(_rows(topology, store_path, open_only))
    chosen = [
        row
        for row in rows
        if route in ("", f"{row.source}->{row.target}") and stage in ("", row.stage)
    ][:limit]
    if as_json:
        print_json(chosen)
        return
    now = int(time.time() * 1000)
    table = Table("message", "route", "kind", "stage", "sent", "moved", box=None)
    for row in chosen:
        table.add_row(
            short(row.id),
            f"{row.source}->{row.target}",
            row.lifecycle,
            row.stage,
            ago(row.sent, now),
            ago(row.moved, now),
        )
    console.print(table)


async def _rows(topology: str, store_path: str | None, open_only: bool) -> list[MessageRow]:
    store = await existing_store(store_path, topology)
    try:
        return await message_rows(store, open_only=open_only, count=100_000)
    finally:
        await store.close()
