"""Faults of chains and their sequencers."""

from layerkeep.core.network.layers import Layer
from layerkeep.core.units import HOUR, MINUTE
from layerkeep.sim.ops.bridges import SimBridge
from layerkeep.sim.ops.faults.fault import (
    Fault,
    Undo,
    all_chains,
    children,
    nothing_to_undo,
    on,
    op_stacks,
    roots,
    soon,
)
from layerkeep.sim.ops.posting import Posting
from layerkeep.sim.ops.traffic import draw_down
from layerkeep.sim.ops.world import OpsWorld

SLOWNESS = 8.0
SAMPLES = 12
"""Polls until a chain that is so much slower is slow on average."""

DEEP = 40
"""Blocks; far more than leave in any healthy week."""


def _halt(world: OpsWorld, place: str) -> Undo:
    chain, nodes = world.chains[place], world.nodes[place]
    chain.move(world.now)
    chain.now.halted = True
    silent = [node for node in nodes.nodes if node.is_sequencer and not chain.layer.empty_blocks]
    for node in silent:
        node.silent_until = 1 << 60

    def undo() -> None:
        chain.move(world.now)
        chain.now.halted = False
        for node in silent:
            node.silent_until = 0

    return undo


def _slow(world: OpsWorld, place: str) -> Undo:
    now = world.chains[place].now
    now.slowness = SLOWNESS

    def undo() -> None:
        now.slowness = 1.0

    return undo


def _hold_finality(world: OpsWorld, place: str) -> Undo:
    now = world.chains[place].now
    now.no_finality = True

    def undo() -> None:
        now.no_finality = False

    return undo


def _hold_origin(world: OpsWorld, place: str) -> Undo:
    chain = world.chains[place]
    chain.move(world.now)
    chain.now.origin_held = True

    def undo() -> None:
        chain.now.origin_held = False

    return undo


def _hold_derivation(world: OpsWorld, place: str) -> Undo:
    chain = world.chains[place]
    chain.move(world.now)
    chain.now.derivation_held = True

    def undo() -> None:
        chain.now.derivation_held = False

    return undo


def _censor(world: OpsWorld, place: str) -> Undo:
    now = world.chains[place].now
    now.censored = True
    world.begin(place, draw_down)

    def undo() -> None:
        now.censored = False

    return undo


def _reorg(world: OpsWorld, place: str) -> Undo:
    """Blocks leave; of a rollup's, a batch on the parent may hold some, and is looked at then."""
    bridge = world.bridges.get(place)
    outrun = bridge is not None and not bridge.misplaced and world.chance.randrange(2) == 0
    if bridge is None or not outrun or not Posting(world, bridge).can_post:
        world.reorg(place, DEEP)
        return nothing_to_undo
    Posting(world, bridge).post_now()
    world.reorg(place, DEEP)
    bridge.outrun = True
    first = bridge.child.latest.height - DEEP + 1
    batch = f"{place}/batch/{place}-batch-{bridge.batches}"
    world.after(world.chance.randrange(5 * MINUTE), _find_outrun, world, bridge, batch, first)
    return nothing_to_undo


def _find_outrun(world: OpsWorld, bridge: SimBridge, batch: str, first: int) -> None:
    """Our node's blocks are others than the batch holds, from the first that left."""
    if bridge.outrun:
        bridge.parent.poke(world.now)
        world.judged(bridge, "batch", batch, "false", height=first)


def _halted(layer: Layer) -> int:
    return layer.limits.halted_after + 2 * layer.poll_every


def _sequencer_down(layer: Layer) -> int:
    return max(_halted(layer), layer.limits.silent_after + 3 * layer.poll_every)


def _drifting(layer: Layer) -> int:
    return (layer.limits.drift_max or 0) * 6 // 10 + 2 * layer.poll_every


def _safe_stalled(layer: Layer) -> int:
    return (layer.limits.safe_stalled_after or 0) + 2 * layer.poll_every


def _uncensored_for(layer: Layer) -> int:
    return (layer.limits.inclusion_max or 0) // 2 + 3 * layer.poll_every


CHAIN_FAULTS = (
    Fault("chain-halted", roots, on("chain"), _halted, _halt),
    Fault("sequencer-down", children, on("sequencer"), _sequencer_down, _halt),
    Fault(
        "chain-slow",
        roots,
        on("chain"),
        lambda layer: SAMPLES * layer.poll_every,
        _slow,
        settled=24 * HOUR,
    ),
    Fault("safe-stalled", children, on("chain"), _safe_stalled, _hold_derivation),
    Fault(
        "finalized-stalled",
        roots,
        on("chain"),
        lambda layer: layer.limits.final_stalled_after + 2 * layer.poll_every,
        _hold_finality,
    ),
    Fault("sequencer-drift", op_stacks, on("sequencer"), _drifting, _hold_origin),
    Fault("inclusion-delayed", children, on("sequencer"), _uncensored_for, _censor),
    Fault("reorg-deep", all_chains, on("chain"), soon, _reorg),
)
