"""Faults of messages and bridges, and proofs that contradict what a chain itself says."""

from collections.abc import Callable

from layerkeep.adapters.nitro.lifecycles import ASSERTIONS
from layerkeep.core.facts import Claimed, ClaimMoved, Switched
from layerkeep.core.network.layers import Layer
from layerkeep.core.units import HOUR, MINUTE
from layerkeep.sim.ops.bridges import SimBridge
from layerkeep.sim.ops.faults.fault import (
    Begin,
    Fault,
    Undo,
    children,
    nitros,
    nothing_to_undo,
    on,
    op_stacks,
    soon,
)
from layerkeep.sim.ops.network import MEASURE_EVERY
from layerkeep.sim.ops.traffic import (
    NEVER,
    TICKET_LIFE_SHORT,
    Story,
    draw_down,
    draw_failing,
    draw_rich_ticket,
)
from layerkeep.sim.ops.world import OpsWorld

RESTS = 8 * HOUR
FAILING = 9
FAILING_EVERY = 5 * MINUTE


def _down(world: OpsWorld, place: str) -> str:
    return f"route:{world.bridges[place].parent.name}->{place}"


def _lose_one(world: OpsWorld, place: str) -> Undo | None:
    """One message down is left lying, although others after it pass."""
    story = world.begin(place, draw_down)
    if story is None:
        return None
    story.held_from = 1

    def undo() -> None:
        story.held_from = NEVER

    return undo


def _let_expire(world: OpsWorld, place: str) -> Undo | None:
    """A ticket of great value did not run by itself, nobody runs it, and its end comes near."""
    story = world.begin(place, draw_rich_ticket)
    if story is None:
        return None

    def undo() -> None:
        story.held_from = NEVER
        world.step(story)

    return undo


def _fail_relays(world: OpsWorld, place: str) -> Undo:
    failing = [True]
    stories: list[Story] = []

    def again() -> None:
        if failing[0] and len(stories) < FAILING:
            story = world.begin(place, draw_failing)
            stories.extend([story] if story is not None else [])
            world.after(FAILING_EVERY, again)

    again()

    def undo() -> None:
        failing[0] = False
        for story in stories:
            story.held_from = NEVER

    return undo


def _pause(world: OpsWorld, place: str) -> Undo:
    bridge = world.bridges[place]
    _switch(world, bridge, on=True)

    def undo() -> None:
        _switch(world, bridge, on=False)

    return undo


def _switch(world: OpsWorld, bridge: SimBridge, *, on: bool) -> None:
    bridge.paused = on
    bridge.parent.poke(world.now)
    world.speech.say(bridge.parent, Switched(bridge.name, "paused", on))


def _drain(world: OpsWorld, place: str) -> Undo | None:
    """The bridge is empty while a withdrawal waits that was proven."""
    bridge = world.bridges[place]
    if not any(story.rests_until > world.now + RESTS for story in bridge.proven):
        return None
    bridge.drained = True

    def undo() -> None:
        bridge.drained = False

    return undo


def _finalize_early(world: OpsWorld, place: str) -> Undo | None:
    """Somebody finalizes a withdrawal long before its proof is old enough."""
    bridge = world.bridges[place]
    early = [story for story in bridge.proven if story.rests_until > world.now + HOUR]
    if not early:
        return None
    early[-1].hasty = True
    world.step(early[-1])
    return nothing_to_undo


def _judge(world: OpsWorld, bridge: SimBridge, check: str, named: str, verdict: str) -> None:
    bridge.parent.poke(world.now)
    world.judged(bridge, check, f"{bridge.name}/{named}", verdict)


def _forge(check: str, subject: Callable[[SimBridge], str]) -> Begin:
    """Something took effect that our own node knows nothing of: no later word takes it back."""

    def begin(world: OpsWorld, place: str) -> Undo:
        bridge = world.bridges[place]
        _judge(world, bridge, check, subject(bridge), "false")
        return nothing_to_undo

    return begin


def _falsify_batches(world: OpsWorld, place: str) -> Undo:
    """Batches hold other blocks than the chain, until one is compared that is right again."""
    bridge = world.bridges[place]
    bridge.falsified = True
    _judge(world, bridge, "batch", f"batch/false-{bridge.batches}", "false")

    def undo() -> None:
        bridge.falsified = False

    return undo


def _falsify_attributes(world: OpsWorld, place: str) -> Undo:
    """A block is not built as the parent demands; in the end a later one is."""
    bridge = world.bridges[place]
    _judge(world, bridge, "attributes", f"block/{bridge.child.latest.height}", "false")

    def undo() -> None:
        bridge.child.poke(world.now)
        _judge(world, bridge, "attributes", f"block/{bridge.child.latest.height}", "true")

    return undo


def _claim_falsely(world: OpsWorld, place: str) -> Undo:
    """A claim that our own node contradicts; it is disputed, and voided in the end."""
    bridge = world.bridges[place]
    claim = f"{place}/game/false-{world.planned}"
    lane = f"{place}/{'claims' if bridge.is_op_stack else ASSERTIONS}"
    bridge.parent.poke(world.now)
    world.speech.say(bridge.parent, Claimed(claim, lane, bridge.reach()))
    world.judged(bridge, "claim", claim, "false")
    undecided = [True]

    def dispute() -> None:
        if undecided[0]:
            bridge.parent.poke(world.now)
            world.speech.say(bridge.parent, ClaimMoved(claim, "disputed", "challenged"))

    world.after(HOUR, dispute)

    def undo() -> None:
        undecided[0] = False
        bridge.parent.poke(world.now)
        world.speech.say(bridge.parent, ClaimMoved(claim, "voided", "challenger-wins"))

    return undo


def _overdue(layer: Layer) -> int:
    return HOUR + 3 * layer.poll_every


def _expiring(layer: Layer) -> int:
    return TICKET_LIFE_SHORT - TICKET_LIFE_SHORT // 10 + HOUR // 2 + 2 * layer.poll_every


def _failing(layer: Layer) -> int:
    return 2 * HOUR + 2 * layer.poll_every


def _measured(layer: Layer) -> int:
    return MEASURE_EVERY + 2 * layer.poll_every


MESSAGE_FAULTS = (
    Fault("message-overdue", children, _down, _overdue, _lose_one, hard_end=2 * HOUR),
    Fault("message-expiring", nitros, _down, _expiring, _let_expire, hard_end=HOUR),
    Fault("relays-failing", op_stacks, _down, _failing, _fail_relays, settled=26 * HOUR),
    Fault("bridge-paused", children, on("bridge"), soon, _pause),
    Fault("liquidity-short", op_stacks, on("bridge"), _measured, _drain, wide=False),
    Fault("finalized-early", op_stacks, on("bridge"), soon, _finalize_early, irrevocable=True),
    Fault(
        "delivery-forged",
        children,
        on("bridge"),
        soon,
        _forge("delivery", lambda bridge: f"tx/0xf0{bridge.number}"),
        wide=False,
        irrevocable=True,
    ),
    Fault(
        "withdrawal-forged",
        children,
        on("bridge"),
        soon,
        _forge("withdrawal", lambda bridge: f"withdrawal/0xf0{bridge.number}"),
        wide=False,
        irrevocable=True,
    ),
    Fault("batch-false", children, on("batcher"), soon, _falsify_batches),
    Fault("attributes-false", children, on("sequencer"), soon, _falsify_attributes),
    Fault("claim-false", children, on("proposer"), soon, _claim_falsely),
)
