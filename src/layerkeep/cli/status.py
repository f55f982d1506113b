"""`layerkeep status`: how far each chain is read, and what is under way on each route."""

import time

import click
from rich.table import Table

from layerkeep.app.overview import Overview, overview
from layerkeep.cli.options import (
    existing_store,
    json_option,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.output import ago, console, print_json


@click.command("status")
@topology_option
@store_option
@json_option
def command(topology: str, store_path: str | None, as_json: bool) -> None:
    """Show the chains with their heads, and the messages of each route by stage."""
    found = run_async(_overview(topology, store_path))
    if as_json:
        print_json(found)
    else:
        show(found, int(time.time() * 1000))


async def _overview(topology: str, store_path: str | None) -> Overview:
    store = await existing_store(store_path, topology)
    try:
        return await overview(store)
    finally:
        await store.close()


def show(found: Overview, now: int) -> None:
    """Print an overview as tables."""
    chains = Table("chain", "read to", "of", "safe", "finalized", "last block", box=None)
    for chain in found.chains:
        chains.add_row(
            chain.chain,
            str(chain.height),
            str(chain.latest),
            "-" if chain.safe is None else str(chain.safe),
            "-" if chain.finalized is None else str(chain.finalized),
            ago(chain.time, now),
        )
    console.print(chains)
    routes = Table("route", "kind", "stage", "messages", box=None)
    for count in found.stages:
        routes.add_row(count.route, count.lifecycle, count.stage, str(count.messages))
    console.print()
    console.print(routes)
    for journey in found.journeys:
        state = "finished" if journey.finished else "under way"
        console.print(f"journeys {' → '.join(journey.path)}: {journey.count} {state}")
    if found.reorgs:
        console.print(f"{found.reorgs} reorgs noticed")
