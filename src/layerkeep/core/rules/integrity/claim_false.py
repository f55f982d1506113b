"""A state claim on the parent is not what the child's own nodes say; over once it is voided."""

from collections.abc import Collection

from layerkeep.core.facts import ClaimMoved, ClaimsVoided, Fact, Judged
from layerkeep.core.network.graph import actor_of
from layerkeep.core.network.judgements import CLAIM
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.problems import Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import Timestamp


def _component(child: str) -> str:
    return actor_of("proposer", child)


COMPARED = Comparison(CLAIM, "claim-false", _component, "a state claim is false")


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says, judged = fact.says, ground.sightings.judged
    if isinstance(says, ClaimMoved):
        return (says.claim,) if (COMPARED.check, says.claim) in judged else ()
    if isinstance(says, ClaimsVoided):
        lane = ground.view.claims.lane(says.lane)
        return [claim for claim in lane.claims if (COMPARED.check, claim) in judged]
    return COMPARED.touched(ground, fact)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    claim = ground.view.claims.by_id.get(subject)
    if claim is not None and not ground.view.claims.lanes[claim.lane].counts(claim):
        return Verdict()
    return COMPARED.review(ground, subject, now)


CLAIM_FALSE = Rule(
    name="claim_false",
    about="A state claim on the parent is not what the child's own nodes say.",
    kinds=("claim-false",),
    review=_review,
    causes=("claim-disputed", "withdrawal-forged", "message-overdue"),
    wakes=(Judged, ClaimMoved, ClaimsVoided),
    touched=_touched,
    subjects=COMPARED.subjects,
)
