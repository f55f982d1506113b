"""Faults of those who post batches and claims, and of their accounts."""

from layerkeep.core.facts import ClaimMoved
from layerkeep.core.network.layers import Layer
from layerkeep.core.units import HOUR
from layerkeep.sim.ops.bridges import SimActor, SimBridge
from layerkeep.sim.ops.faults.fault import Fault, Undo, children, on, op_stacks, soon
from layerkeep.sim.ops.network import MEASURE_EVERY
from layerkeep.sim.ops.world import OpsWorld

POSTED_WITHIN = 2 * HOUR
"""The slowest batcher that is drawn posts this often at least."""


def _stop(actor: SimActor) -> Undo:
    actor.stopped = True

    def undo() -> None:
        actor.stopped = False

    return undo


def _stop_batcher(world: OpsWorld, place: str) -> Undo:
    return _stop(world.bridges[place].batcher)


def _stop_proposer(world: OpsWorld, place: str) -> Undo:
    return _stop(world.bridges[place].proposer)


def _misplace(world: OpsWorld, place: str) -> Undo:
    bridge = world.bridges[place]
    bridge.misplaced = True

    def undo() -> None:
        bridge.misplaced = False

    return undo


def _actor(bridge: SimBridge) -> SimActor:
    """Either of the two; which one depends on what they did so far."""
    return bridge.batcher if bridge.batches % 2 else bridge.proposer


def _chosen(world: OpsWorld, place: str) -> str:
    bridge = world.bridges[place]
    job = next(
        (each.job for each in (bridge.batcher, bridge.proposer) if each.is_hurt),
        _actor(bridge).job,
    )
    return f"{job}:{place}"


def _drain(world: OpsWorld, place: str) -> Undo:
    actor = _actor(world.bridges[place])
    actor.refills, actor.balance = False, 0

    def undo() -> None:
        actor.refills, actor.balance = True, 30 * actor.spent

    return undo


def _let_run_low(world: OpsWorld, place: str) -> Undo:
    actor = _actor(world.bridges[place])
    actor.refills, actor.balance = False, 3 * actor.spent // 2

    def undo() -> None:
        actor.refills, actor.balance = True, 30 * actor.spent

    return undo


def _jam(world: OpsWorld, place: str) -> Undo:
    actor = _actor(world.bridges[place])
    actor.stuck = True

    def undo() -> None:
        actor.nonce, actor.stuck = actor.nonce_pending, False

    return undo


def _dispute(world: OpsWorld, place: str) -> Undo | None:
    bridge = world.bridges[place]
    if not bridge.claims or bridge.claims[-1].confirmed:
        return None
    claim = bridge.claims[-1]
    claim.disputed = True
    bridge.parent.poke(world.now)
    world.speech.say(bridge.parent, ClaimMoved(claim.id, "disputed", "challenged"))

    def undo() -> None:
        claim.confirmed = world.now
        bridge.parent.poke(world.now)
        world.speech.say(bridge.parent, ClaimMoved(claim.id, "confirmed", "defender-wins"))

    return undo


def _unposted(layer: Layer) -> int:
    """The nonce of a batcher is read seldom: its last batch may seem so much younger."""
    return (layer.limits.safe_stalled_after or 0) + MEASURE_EVERY + 2 * layer.poll_every


def _unclaimed(layer: Layer) -> int:
    return (layer.limits.claims_every or 0) + POSTED_WITHIN + 2 * layer.poll_every


def _measured(layer: Layer) -> int:
    return MEASURE_EVERY + 2 * layer.poll_every


def _jammed(layer: Layer) -> int:
    return layer.limits.stuck_after + 2 * MEASURE_EVERY + 2 * layer.poll_every


POSTING_FAULTS = (
    Fault("batches-stalled", children, on("batcher"), _unposted, _stop_batcher),
    Fault("claims-stalled", children, on("proposer"), _unclaimed, _stop_proposer),
    Fault(
        "batch-misplaced",
        children,
        on("batcher"),
        lambda layer: POSTED_WITHIN + 2 * layer.poll_every,
        _misplace,
    ),
    Fault("claim-disputed", children, on("bridge"), soon, _dispute, wide=False),
    Fault("funds-low", op_stacks, _chosen, _measured, _let_run_low, wide=False, hard_end=18 * HOUR),
    Fault("funds-out", children, _chosen, _measured, _drain),
    Fault("nonce-stuck", children, _chosen, _jammed, _jam),
)
