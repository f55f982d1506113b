"""What a fault is: where it can be, what it does to the world, and what a right answer names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layerkeep.core.network.layers import Layer
from layerkeep.core.units import HOUR
from layerkeep.sim.ops.world import OpsWorld

Undo = Callable[[], None]
"""Heals what was done."""

Begin = Callable[[OpsWorld, str], Undo | None]
"""Does a fault to a place of a world, from now on; None if it cannot be done there now."""

SETTLED_AFTER = 12 * HOUR
"""So long after a fault is healed everything must be resolved: the slowest batcher, proposer and
finality have caught up by then, three layers deep."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    `places` are names of chains (or upstreams) that it can be on; `component` names what a right
    answer names, for a place. `bound` is how long detection may take on a layer at most, `settled`
    how long after its end all must be resolved. `wide`: it changes what happens on layers that
    stand on this one, so that no other fault there can be told apart from it. `hard_end`: it must
    be healed this long after its bound, else it would become another fault; 0 where it may last.
    `irrevocable`: what it did stays done, and an operator calls it resolved after it is healed.
    """

    kind: str
    places: Callable[[OpsWorld], Sequence[str]]
    component: Callable[[OpsWorld, str], str]
    bound: Callable[[Layer], int]
    begin: Begin
    settled: int = SETTLED_AFTER
    wide: bool = True
    hard_end: int = 0
    irrevocable: bool = False


def on(job: str) -> Callable[[OpsWorld, str], str]:
    """The component of a job or kind at the place itself."""
    return lambda _world, place: f"{job}:{place}"


def roots(world: OpsWorld) -> Sequence[str]:
    """The chains that settle on nothing."""
    return [layer.name for layer in world.layers.values() if layer.parent is None]


def children(world: OpsWorld) -> Sequence[str]:
    """The chains that settle on another."""
    return list(world.bridges)


def all_chains(world: OpsWorld) -> Sequence[str]:
    """Every chain."""
    return list(world.layers)


def op_stacks(world: OpsWorld) -> Sequence[str]:
    """The chains of the OP Stack."""
    return [name for name, bridge in world.bridges.items() if bridge.is_op_stack]


def nitros(world: OpsWorld) -> Sequence[str]:
    """The chains of the Nitro stack."""
    return [name for name, bridge in world.bridges.items() if not bridge.is_op_stack]


def soon(layer: Layer) -> int:
    """What one fact proves is seen at once; two polls are for whoever reads it."""
    return 2 * layer.poll_every


def nothing_to_undo() -> None:
    """What happened once is over by itself."""
