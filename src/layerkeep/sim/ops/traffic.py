"""Messages of a bridge: what their users, relayers and sequencers do next, and whether they can.

A story is what the adapter's own model plans for one message. Each step waits for its time and then
until the network lets it happen; what is held up happens soon after the network lets it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import msgspec

from layerkeep.adapters.nitro.actors import NitroModel
from layerkeep.adapters.op_stack.actors import OpStackModel
from layerkeep.core.adapter import Planned
from layerkeep.core.facts import Reached, Says, Sent
from layerkeep.core.units import DAY, HOUR, MINUTE
from layerkeep.sim.ops.bridges import ETHER, SimBridge

TICKET_LIFE = 7 * DAY
TICKET_LIFE_SHORT = 30 * HOUR
"""A ticket of so short a life is near its end in its last tenth."""

PROVEN_KEPT = 32
RICH = 250 * ETHER
NEVER = 1 << 60
SLOW_STAGES = ("finalized", "failed-on-target", "executed")
"""Steps on the parent that wait for days: asked about only now and then."""

FAILED = ("failed", "failed-on-target")
"""Stages in which a message rests until somebody relays it again."""


@dataclass(slots=True, eq=False)
class Story:
    """One message of a bridge: its steps, how far it is, and when it was sent and proven.

    From step `held_from` on nothing happens, for no reason that anybody could see. `hasty`: it is
    finalized before its time. `life` is how long a ticket lives.
    """

    bridge: SimBridge
    steps: Sequence[Planned]
    sent: Sent
    at: int = 0
    sent_at: int = 0
    proven_at: int = 0
    held_from: int = NEVER
    hasty: bool = False
    life: int = TICKET_LIFE
    tx: str = ""

    @property
    def is_down(self) -> bool:
        """True from parent to child."""
        return self.sent.source == self.bridge.parent.name

    @property
    def wait(self) -> int:
        """How long after the last step the next one is due."""
        steps = self.steps
        return steps[self.at].delay - (steps[self.at - 1].delay if self.at else 0)

    @property
    def rests_until(self) -> int:
        """When its proof is old enough; 0 if it waits for something else."""
        is_last = self.at == len(self.steps) - 1
        return 0 if not is_last or not self.proven_at else self.proven_at + self.bridge.mature_after

    def ready(self, now: int) -> bool:
        """True if the network lets the next step happen now."""
        if self.at >= self.held_from:
            return False
        if self.hasty:
            return True
        step, bridge = self.steps[self.at], self.bridge
        if self.is_down:
            return self._included() if self.at == 1 else bridge.child.is_making
        if bridge.paused or not bridge.parent.is_making:
            return False
        stage = _stage(step)
        if stage == "proven":
            return bridge.covering(self.sent.position or 0) is not None
        if stage in SLOW_STAGES and self.sent.position is not None:
            return self._matured(now)
        return True

    def spare_failure(self) -> None:
        """It works at once where as many as can be background wait to be relayed again already.

        Single failures happen in every healthy network; more of one route than its limit are
        relays-failing, whoever drew them: they are a fault, and a fault is made on purpose.
        """
        if _stage(self.steps[self.at]) not in FAILED:
            return
        bridge = self.bridge
        bridge.failed = [story for story in bridge.failed if story.rests]
        waiting = [story for story in bridge.failed if story.is_down == self.is_down]
        if self.held_from == NEVER and len(waiting) >= bridge.child.layer.limits.failures_max:
            self.at += 1
        else:
            bridge.failed.append(self)

    @property
    def rests(self) -> bool:
        """True if it failed on its target and waits to be relayed again."""
        return self.at < len(self.steps) and _stage(self.steps[self.at - 1]) in FAILED

    def patience(self, poll: int, now: int) -> int:
        """How soon to look again at a step that cannot happen yet."""
        waits_long = not self.is_down and self.at == len(self.steps) - 1
        if not waits_long:
            return min(poll, 10 * MINUTE)
        claim = self.bridge.covering(self.sent.position or 0)
        sure = 0 if claim is None else claim.confirmed or claim.made + self.bridge.confirm_after
        return max(poll, HOUR, sure - now, self.rests_until - now)

    def says(self, now: int) -> Says:
        """The next step as it is said now: with the claim it relies on and the deadline it has."""
        says = self.steps[self.at].says
        if isinstance(says, Sent):
            return self.sent
        if not isinstance(says, Reached):
            return says
        if says.stage == "proven":
            claim = self.bridge.covering(self.sent.position or 0)
            assert claim is not None
            self.proven_at = now
            self.bridge.proven = [*self.bridge.proven[-PROVEN_KEPT:], self]
            return msgspec.structs.replace(says, claim=claim.id)
        if says.stage == "created":
            deadline = now + self.life
            return msgspec.structs.replace(says, deadline=deadline)
        return says

    def _included(self) -> bool:
        child, parent = self.bridge.child, self.bridge.parent
        if not child.is_making or child.now.censored or child.now.origin_held:
            return False
        if self.bridge.is_op_stack:
            return child.origin >= self.sent_at
        return parent.parent is not None or parent.safe.time >= self.sent_at

    def _matured(self, now: int) -> bool:
        claim = self.bridge.covering(self.sent.position or 0)
        if claim is None or not claim.confirmed:
            return False
        return not self.bridge.is_op_stack or now >= self.proven_at + self.bridge.mature_after


def _stage(step: Planned) -> str:
    return step.says.stage if isinstance(step.says, Reached) else ""


def draw_any(bridge: SimBridge, chance: Random) -> Story:
    """A message that somebody sends now, as the stack's own model plans it."""
    bridge.number += 1
    op_stack = isinstance(bridge.model, OpStackModel)
    return _story(bridge, (_op if op_stack else _nitro)(bridge, chance), chance)


def draw_down(bridge: SimBridge, chance: Random) -> Story:
    """A message down that works."""
    bridge.number += 1
    model = bridge.model
    act = model.act_deposit if isinstance(model, OpStackModel) else model.act_retryable
    return _story(bridge, act(bridge.number), chance)


def draw_failing(bridge: SimBridge, chance: Random) -> Story:
    """A message down that fails and that nobody relays again yet."""
    bridge.number += 1
    assert isinstance(bridge.model, OpStackModel)
    story = _story(bridge, bridge.model.act_failing_deposit(bridge.number), chance)
    story.held_from = 2
    return story


def draw_rich_ticket(bridge: SimBridge, chance: Random) -> Story:
    """A ticket of great value that did not run by itself and that nobody runs yet."""
    bridge.number += 1
    assert isinstance(bridge.model, NitroModel)
    story = _story(bridge, bridge.model.act_failing_retryable(bridge.number), chance)
    story.sent = msgspec.structs.replace(story.sent, value=RICH)
    story.life, story.held_from = TICKET_LIFE_SHORT, 5
    return story


def _story(bridge: SimBridge, steps: Sequence[Planned], chance: Random) -> Story:
    """Mostly of little value, now and then of much."""
    sent = steps[0].says
    assert isinstance(sent, Sent)
    value = int(ETHER * chance.choice((0.01, 0.1, 0.5, 1, 3, 10, 40)))
    return Story(bridge, steps, msgspec.structs.replace(sent, value=value))


def _op(bridge: SimBridge, chance: Random) -> list[Planned]:
    model, number, kind = bridge.model, bridge.number, chance.randrange(20)
    assert not isinstance(model, NitroModel)
    if kind < 10:
        return model.act_deposit(number)
    if kind == 10:
        return model.act_failing_deposit(number)
    if kind == 11:
        return model.act_reverting_deposit(number)
    height = bridge.child.latest.height
    if kind == 12:
        return model.act_failing_withdrawal(number, height)
    sent, proven, done = model.act_withdrawal(number, height)
    rest = bridge.mature_after + chance.randrange(10 * MINUTE, 6 * HOUR)
    return [sent] if kind == 13 else [sent, proven, done._replace(delay=proven.delay + rest)]


def _nitro(bridge: SimBridge, chance: Random) -> list[Planned]:
    model, number, kind = bridge.model, bridge.number, chance.randrange(20)
    assert isinstance(model, NitroModel)
    down = {
        8: model.act_failing_retryable,
        9: model.act_failing_retryable,
        10: model.act_cancelled_retryable,
        11: model.act_underfunded_retryable,
        12: model.act_delayed_message,
    }
    if kind < 6:
        return model.act_retryable(number)
    if kind < 8:
        return model.act_eth_deposit(number)
    if kind == 12:
        bridge.delayed = number
        return model.act_delayed_message(number)[:1]
    if kind in down:
        return down[kind](number)
    story = model.act_send(number)
    bridge.sends.append((bridge.child.latest.height, number))
    last = story[-1]._replace(delay=story[-1].delay - story[-2].delay)
    return story[:1] if kind == 13 else [story[0], last]
