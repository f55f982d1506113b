"""Faults of the upstreams through which a chain is seen."""

from collections.abc import Sequence

from layerkeep.core.facts import Lied
from layerkeep.core.incidents.patience import HOLD
from layerkeep.core.network.layers import Layer
from layerkeep.core.units import HOUR, MINUTE
from layerkeep.sim.ops.faults.fault import Fault, Undo, all_chains, on
from layerkeep.sim.ops.nodes import SimNode
from layerkeep.sim.ops.world import OpsWorld

LIE_EVERY = 10 * MINUTE
FOR_EVER = 1 << 60


def _upstreams(world: OpsWorld) -> Sequence[str]:
    """Those that a chain can do without: nobody's sequencer, and another one is there."""
    return [
        node.name for nodes in world.nodes.values() for node in nodes.nodes if not node.is_sequencer
    ]


def _node(world: OpsWorld, place: str) -> SimNode:
    chain = place.split("-", 1)[0]
    return next(node for node in world.nodes[chain].nodes if node.name == place)


def _silence(world: OpsWorld, place: str) -> Undo:
    node = _node(world, place)
    node.silent_until = FOR_EVER

    def undo() -> None:
        node.silent_until = 0

    return undo


def _lag(world: OpsWorld, place: str) -> Undo:
    node, layer = _node(world, place), world.chains[place.split("-", 1)[0]].layer
    node.behind = 3 * layer.limits.upstream_lag // layer.block_time

    def undo() -> None:
        node.behind = 0

    return undo


def _freeze(world: OpsWorld, place: str) -> Undo:
    node, chain = _node(world, place), world.chains[place.split("-", 1)[0]]
    chain.move(world.now)
    node.frozen_at = chain.latest.height

    def undo() -> None:
        node.frozen_at = -1

    return undo


def _lie(world: OpsWorld, place: str) -> Undo:
    chain = world.chains[place.split("-", 1)[0]]
    lying = [True]

    def again() -> None:
        if lying[0]:
            chain.move(world.now)
            world.speech.tell(chain, Lied(place, "logs-outside-bloom", "block"), world.now)
            world.after(LIE_EVERY, again)

    again()

    def undo() -> None:
        lying[0] = False

    return undo


def _split(world: OpsWorld, place: str) -> Undo:
    nodes, chain = world.nodes[place], world.chains[place]
    chain.move(world.now)
    node = nodes.nodes[-1]
    node.forked_at = chain.latest.height + 1

    def undo() -> None:
        node.forked_at = -1

    return undo


def _minority(world: OpsWorld, place: str) -> str:
    nodes = world.nodes[place].nodes
    return f"chain:{place}" if len(nodes) == 2 else f"upstream:{nodes[-1].name}"


def _blind(world: OpsWorld, place: str) -> Undo:
    nodes, chain = world.nodes[place], world.chains[place]
    nodes.unseen = True
    world.speech.hide(chain)

    def undo() -> None:
        nodes.unseen = False
        world.speech.show(chain)

    return undo


def _silent(layer: Layer) -> int:
    return layer.limits.silent_after + 2 * layer.poll_every


def _lagging(layer: Layer) -> int:
    """Two looks in a row, one of the first two without an answer, and a warning is held."""
    return 4 * layer.poll_every + HOLD


def _frozen(layer: Layer) -> int:
    return layer.limits.upstream_lag + 3 * layer.poll_every


def _lying(_layer: Layer) -> int:
    return HOUR


def _unlike(layer: Layer) -> int:
    return 4 * layer.poll_every


def _unseen(layer: Layer) -> int:
    return layer.limits.silent_after + 4 * layer.poll_every


NODE_FAULTS = (
    Fault("upstream-silent", _upstreams, on("upstream"), _silent, _silence, wide=False),
    Fault("upstream-lagging", _upstreams, on("upstream"), _lagging, _lag, wide=False),
    Fault("upstream-frozen", _upstreams, on("upstream"), _frozen, _freeze, wide=False),
    Fault("upstream-lying", _upstreams, on("upstream"), _lying, _lie, wide=False),
    Fault("node-split", all_chains, _minority, _unlike, _split, wide=False),
    Fault("blind", all_chains, on("chain"), _unseen, _blind),
)
