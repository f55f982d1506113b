"""`layerkeep top`: the overview in a terminal, drawn again in place."""

import time

import click

from layerkeep.cli.terminal.glance import Glance, glance
from layerkeep.cli.terminal.live_view import render
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    loaded,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.cli.terminal.watching import EVERY_S, SOONEST_S, redrawn
from layerkeep.core.units import Timestamp


@click.command("top")
@topology_option
@store_option
@click.option(
    "--every",
    default=EVERY_S,
    show_default=True,
    type=click.FloatRange(SOONEST_S),
    metavar="SECONDS",
    help="How often to draw again.",
)
@json_option
def command(topology: str, store_path: str | None, every: float, as_json: bool) -> None:
    """Show incidents, layers, routes and what is late, in place, until q.

    Where the output is no terminal it is printed once.
    """
    place = f"--topology {topology}" + (f" --store {store_path}" if store_path else "")

    def show() -> None:
        now = Timestamp(int(time.time() * 1000))
        seen = run_async(_glance(topology, store_path, now))
        console.print(render(seen, place, now), soft_wrap=False)

    if as_json:
        now = Timestamp(int(time.time() * 1000))
        print_json(run_async(_glance(topology, store_path, now)))
        return
    redrawn(show, every)


async def _glance(topology: str, store_path: str | None, now: Timestamp) -> Glance:
    network, adapters = loaded(topology)
    store = await existing_store(store_path, topology)
    try:
        return await glance(store, network, adapters, now)
    finally:
        await store.close()
