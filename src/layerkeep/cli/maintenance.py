"""`layerkeep maintenance`: work on a component, and nobody is called for what stands on it."""

import click

from layerkeep.app.operating import say
from layerkeep.cli.operating import by_option, confirm, for_option, reason_option, word
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    loaded,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Fact
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology.spot import close_match


@click.command("maintenance")
@click.argument("component")
@topology_option
@store_option
@for_option
@by_option
@reason_option
@json_option
def command(
    component: str,
    topology: str,
    store_path: str | None,
    lasting: str,
    by: str,
    reason: str,
    as_json: bool,
) -> None:
    """Mute a COMPONENT, such as chain:l2 or batcher:l2, and all that stands on it, for a while."""
    graph = Graph(layers_of(*loaded(topology)))
    if component not in graph:
        near = close_match(component, graph)
        hint = f"; did you mean {near!r}?" if near else ""
        raise SettingsError(f"there is no component {component!r}{hint}")
    said = word("maintain", component, by=by, reason=reason, lasting=lasting)
    run_async(_say(topology, store_path, said))
    confirm(said, as_json=as_json)


async def _say(topology: str, store_path: str | None, said: Fact) -> None:
    store = await existing_store(store_path, topology)
    try:
        await say(store, said)
    finally:
        await store.close()
