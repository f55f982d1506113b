"""A withdrawal was proven or finalized that its child does not have, or not with this amount.

While it is only proven, it can still be stopped: the deadline is when its proof is old enough.
"""

from collections.abc import Collection
from dataclasses import replace

from layerkeep.core.facts import Fact, Judged, Reached
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.problems import Impact, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import SECOND, Key, Timestamp

COMPARED = Comparison(
    "withdrawal",
    "withdrawal-forged",
    bridge_of,
    "a withdrawal was forged or altered",
    irrevocable=True,
)

MATURITY = "proof_maturity_delay_s"


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Reached):
        known = (COMPARED.check, says.key) in ground.sightings.judged
        return (says.key,) if known else ()
    return COMPARED.touched(ground, fact)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    verdict = COMPARED.review(ground, subject, now)
    if not verdict.problems:
        return verdict
    (problem,) = verdict.problems
    message = ground.view.messages.get(ground.view.by_key.get(Key(subject), ""))
    value = message.says.value if message is not None else 0
    deadline = _payable_at(ground, subject)
    problem = replace(problem, impact=Impact(1, 0, value, deadline))
    return Verdict(verdict.until, (problem,), verdict.lacks)


def _payable_at(ground: Ground, subject: str) -> Timestamp | None:
    """When the withdrawal can be finalized at the earliest; None if it was, or nobody knows."""
    view, child = ground.view, subject.split("/", 1)[0]
    message = view.messages.get(view.by_key.get(Key(subject), ""))
    facts = message.facts if message is not None else view.orphans.get(Key(subject), [])
    reached = [fact for fact in facts if isinstance(fact.says, Reached) and fact.anchor.tx]
    delay = view.value(child, MATURITY)
    took_effect = any(isinstance(f.says, Reached) and f.says.executes for f in reached)
    if not reached or took_effect or not isinstance(delay, int):
        return None
    return Timestamp(min(fact.anchor.time for fact in reached) + delay * SECOND)


WITHDRAWAL_FORGED = Rule(
    name="withdrawal_forged",
    about="A withdrawal was proven or finalized that its child does not have.",
    kinds=("withdrawal-forged",),
    review=_review,
    wakes=(Judged, Reached),
    touched=_touched,
    subjects=COMPARED.subjects,
)
