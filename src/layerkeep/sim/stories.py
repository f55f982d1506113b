"""What the actors of a bridge do: stories of one message or of a whole journey, part by part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

import msgspec

from layerkeep.adapters.nitro.actors import NitroModel
from layerkeep.adapters.op_stack.actors import OpStackModel
from layerkeep.core.adapter import Planned
from layerkeep.core.facts import (
    Ask,
    ClaimCovers,
    Claimed,
    ClaimsVoided,
    Measured,
    Posted,
    Reached,
    Says,
    Sent,
    Switched,
)
from layerkeep.core.units import HOUR, ChainName
from layerkeep.sim.fleet import Bridge, Fleet

HOPS_MAX = 4
"""Two hops are what the product is about; more show that nothing counts on two."""

HOPS_A_WORLD = 1_000_000
"""More than any world has; keeps apart the numbers of messages sent at the same time."""

Line = tuple[Says, str]
"""A statement, and the id of the question that it answers, if it does."""


@dataclass(slots=True, eq=False)
class Part:
    """What one transaction of a story says. `height` is its block's while it is in one.

    What is `lost` is never said again.
    """

    story: int
    chain: ChainName
    due: int
    tx: str
    lines: list[Line] = field(default_factory=list)
    height: int | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Teller:
    """Draws the stories of a fleet; `haste` divides all delays, so that days pass in hours."""

    fleet: Fleet
    chance: Random
    haste: int

    def tell(self, story: int, start: int) -> list[Part]:
        """A story that begins on some bridge, in order of time."""
        bridge = self.chance.choice(self.fleet.bridges)
        parts: list[Part] = []
        self._hop(parts, HOPS_MAX * story, bridge=bridge, start=start)
        hops = 1
        while hops < HOPS_MAX and self.chance.randrange(2) == 0:
            executing = [part for part in parts if _executes(part)]
            if not executing:
                break
            if not self._continue(parts, executing[-1], HOPS_MAX * story + hops):
                break
            hops += 1
        return sorted(parts, key=lambda part: part.due)

    def _hop(self, parts: list[Part], hop: int, *, bridge: Bridge, start: int) -> None:
        """Add the parts of one message: what one chain says at one time is one transaction.

        Numbers grow with time, as positions do on a chain: claims cover all that is lower.
        """
        height = self.fleet.chains[bridge.child].height_at(start)
        number = 10 * (HOPS_A_WORLD * start + hop)
        planned = self._plan(bridge, number, height)
        known: dict[tuple[ChainName, int], Part] = {}
        for each, line in zip(planned, _asked(planned, bridge), strict=True):
            due = start + each.delay // self.haste
            if (each.chain, due) not in known:
                tx = f"{number}-{len(known)}-{bridge.child}"
                known[each.chain, due] = Part(hop // HOPS_MAX, each.chain, due, tx)
            known[each.chain, due].lines.append(line)
        parts += known.values()

    def _continue(self, parts: list[Part], executing: Part, hop: int) -> bool:
        """Send a further message in the transaction that executed one; false if none leaves."""
        bridge = self.chance.choice(self.fleet.from_chain(executing.chain))
        onward: list[Part] = [executing]
        self._hop(onward, hop, bridge=bridge, start=executing.due)
        first = onward[1]
        says = first.lines[0][0]
        if not isinstance(says, Sent) or says.source != executing.chain:
            return False
        executing.lines[:0] = first.lines
        parts += onward[2:]
        return True

    def _plan(self, bridge: Bridge, number: int, height: int) -> Sequence[Planned]:
        if isinstance(bridge.model, OpStackModel):
            return _op_stack_story(bridge.model, self.chance, number=number, height=height)
        return _nitro_story(bridge.model, self.chance, number)

    def aside(self, story: int, start: int) -> list[Part]:
        """Something said about a bridge that no message is about."""
        bridge = self.chance.choice(self.fleet.bridges)
        child, value = bridge.child, self.chance.randrange(1000)
        says = self.chance.choice(
            (
                Switched(child, "paused", value % 2 == 0),
                Measured(child, "proof_maturity_delay_s", value),
                Posted(child, str(value)),
                ClaimsVoided(f"{child}/claims", start - HOUR, "retired"),
            )
        )
        return [Part(story, bridge.parent, start, f"{story}-aside", [(says, "")])]


def _op_stack_story(
    model: OpStackModel, chance: Random, *, number: int, height: int
) -> list[Planned]:
    kind = chance.randrange(9)
    if kind == 0:
        return [*model.act_deposit(number)]
    if kind == 1:
        return [*model.act_failing_deposit(number)]
    if kind == 2:
        return [*model.act_reverting_deposit(number)]
    if kind == 3:
        return [*model.act_legacy_deposit(number)]
    if kind == 4:
        return [*model.act_legacy_withdrawal(number)]
    claim = model.act_losing_claim if kind == 5 else model.act_claim
    act = model.act_failing_withdrawal if kind == 6 else model.act_withdrawal
    planned = [*act(number, height), *_later(claim(number, height), HOUR)]
    if kind == 5:
        planned += _later(model.act_claim(number + 1, height), 4 * HOUR)
        planned += _later(model.act_proof(number, number + 1), 8 * HOUR)
    if kind == 7:
        planned += _later(model.act_void(number), 6 * HOUR)
    return planned


def _nitro_story(model: NitroModel, chance: Random, number: int) -> list[Planned]:
    act = chance.choice(
        (
            model.act_retryable,
            model.act_failing_retryable,
            model.act_expiring_retryable,
            model.act_cancelled_retryable,
            model.act_underfunded_retryable,
            model.act_eth_deposit,
            model.act_delayed_message,
            model.act_send,
            model.act_disputed_send,
            model.act_classic_send,
        )
    )
    return [*act(number)]


def _later(planned: Iterable[Planned], delay: int) -> list[Planned]:
    return [each._replace(delay=each.delay + delay) for each in planned]


def _asked(planned: Sequence[Planned], bridge: Bridge) -> list[Line]:
    """The statements with the questions that real decoders ask, and what answers them."""
    lines: list[Line] = [(each.says, "") for each in planned]
    for index, each in enumerate(planned):
        says = each.says
        if not isinstance(says, Sent | Claimed):
            continue
        for other in range(len(planned)):
            if _answers(planned[other].says, says):
                ask = _ask(says, planned[other].chain, bridge.child)
                lines[index] = (msgspec.structs.replace(says, asks=(ask,)), lines[index][1])
                lines[other] = (lines[other][0], ask.id)
                break
    return lines


def _ask(says: Sent | Claimed, chain: ChainName, child: ChainName) -> Ask:
    if isinstance(says, Claimed):
        return Ask("claim", chain, child, says.claim)
    return Ask("receipt", chain, child, says.message, says.keys[0])


def _answers(says: Says, asked: Says) -> bool:
    """True if a probe and not a log would tell this."""
    if isinstance(asked, Claimed):
        return isinstance(says, ClaimCovers) and says.claim == asked.claim
    assert isinstance(asked, Sent)
    return isinstance(says, Reached) and says.key in asked.keys and not says.claim


def _executes(part: Part) -> bool:
    return any(isinstance(says, Reached) and says.executes for says, _ in part.lines)
