"""`layerkeep maintenance`: work on a component, and nobody is called for what stands on it."""

import click

from layerkeep.cli.acting.operating import Saying, carry, saying
from layerkeep.cli.terminal.options import loaded
from layerkeep.core.errors import SettingsError
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology.spot import close_match


@click.command("maintenance")
@click.argument("component")
@saying(lasts=True)
def command(component: str, how: Saying) -> None:
    """Mute a COMPONENT, such as chain:l2 or batcher:l2, and all that stands on it, for a while."""
    graph = Graph(layers_of(*loaded(how.topology)))
    if component not in graph:
        near = close_match(component, graph)
        hint = f"; did you mean {near!r}?" if near else ""
        raise SettingsError(f"there is no component {component!r}{hint}")
    carry("maintain", component, how)
