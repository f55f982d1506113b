"""A withdrawal was finalized before its proof was as old as the contracts demand."""

from layerkeep.core.facts import Fact, Measured, Reached
from layerkeep.core.lifecycle import Stage
from layerkeep.core.messages import Message
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.messages.waiting import impact
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import SECOND, Duration, Timestamp, duration_text


def _review(ground: Ground, subject: str, _now: Timestamp) -> Verdict:
    message = ground.view.messages.get(subject)
    if message is None or not message.finished:
        return Verdict()
    clock = next((stage for stage in message.lifecycle.stages if _has_clock(stage)), None)
    if clock is None:
        return Verdict()
    proven = [fact for fact in _reached(message) if _stage_of(fact) == clock.name]
    done = [fact for fact in _reached(message) if _stage_of(fact) == message.stage]
    if not proven or not done:
        return Verdict()
    first = min(proven, key=lambda fact: fact.order)
    last = min(done, key=lambda fact: fact.order)
    least = least_delay(ground, message.child, clock.clock, last.anchor.time)
    if least is None or last.anchor.time - first.anchor.time >= least[0]:
        return Verdict()
    return Verdict(None, (_problem(message, (first, last), least),))


def least_delay(ground: Ground, child: str, clock: str, time: int) -> tuple[Duration, Fact] | None:
    """The shortest delay known to have been in force by a time, and the fact that says so.

    What was measured later says nothing of that time: it may have been changed since.
    """
    known: tuple[Duration, Fact] | None = None
    for fact in ground.view.named.get((child, clock), ()):
        says = fact.says
        if not isinstance(says, Measured) or not isinstance(says.value, int):
            continue
        delay = Duration(says.value * SECOND)
        if fact.anchor.time <= time and (known is None or delay < known[0]):
            known = delay, fact
    return known


def _problem(message: Message, times: tuple[Fact, Fact], least: tuple[Duration, Fact]) -> Problem:
    first, last = times
    waited = duration_text(last.anchor.time - first.anchor.time)
    return Problem(
        "finalized-early",
        bridge_of(message.child),
        message.id,
        Timestamp(last.anchor.time),
        CRITICAL,
        f"a {message.lifecycle.name} was finalized {waited} after it was first proven, and"
        f" {duration_text(least[0])} are demanded",
        proof=(first, last, least[1]),
        impact=impact(message),
        irrevocable=True,
    )


def _has_clock(stage: Stage) -> bool:
    """True for a stage on the target that has to last for a number of seconds at least."""
    return stage.on_target and stage.clock.endswith("_s")


def _reached(message: Message) -> list[Fact]:
    """What transactions on the target prove; answers read from state have no time of their own."""
    target = message.says.target
    return [
        fact
        for fact in message.facts
        if isinstance(fact.says, Reached) and fact.anchor.tx and fact.anchor.chain == target
    ]


def _stage_of(fact: Fact) -> str:
    assert isinstance(fact.says, Reached)
    return fact.says.stage


FINALIZED_EARLY = Rule(
    name="finalized_early",
    about="A withdrawal was finalized before its proof was as old as the contracts demand.",
    kinds=("finalized-early",),
    review=_review,
    of_messages=True,
)
"""Two facts of one chain prove it, whoever answers now: it needs no chain to be seen."""
