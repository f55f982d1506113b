"""`layerkeep rebuild`: derive everything anew from the facts."""

import click

from layerkeep.app.stories import Teller
from layerkeep.app.usual import read_experience
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    known_topology,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import print_json
from layerkeep.core.engine import Engine
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.rebuilding import rebuild


@click.command("rebuild")
@topology_option
@store_option
@json_option
def command(topology: str, store_path: str | None, as_json: bool) -> None:
    """Forget all derived rows and derive them again from the log of facts."""
    count = run_async(_rebuild(topology, store_path))
    if as_json:
        print_json({"facts": count})
    else:
        click.echo(f"everything derived again from {count} facts")


async def _rebuild(topology: str, store_path: str | None) -> int:
    store = await existing_store(store_path, topology)
    try:
        teller = Teller(load_adapters(), known_topology(topology), await read_experience(store))
        return await rebuild(store, lambda: Engine(teller.lifecycles), teller.outlook)
    finally:
        await store.close()
