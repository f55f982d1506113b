"""Somebody disputes a state claim on the parent: whatever rests on it waits for the outcome."""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.claims import DISPUTED, Claim
from layerkeep.core.facts import Claimed, ClaimMoved, ClaimsVoided, Fact
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.problems import WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import HOUR, ChainName, Timestamp

LOOK_EVERY = HOUR
"""A claim nobody waits for is forgotten without a word; then its dispute is nobody's problem."""


def _disputed(ground: Ground) -> Iterable[str]:
    return [claim.id for claim in ground.view.claims.by_id.values() if claim.status == DISPUTED]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Claimed | ClaimMoved):
        return (says.claim,)
    assert isinstance(says, ClaimsVoided)
    claims = ground.view.claims.lane(says.lane).claims.values()
    return [claim.id for claim in claims if claim.status == DISPUTED]


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    claim = ground.view.claims.by_id.get(subject)
    layer = ground.layers.get(_child(claim)) if claim is not None else None
    return (layer.parent,) if layer is not None and layer.parent is not None else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    claim = ground.view.claims.by_id.get(subject)
    if claim is None or claim.status != DISPUTED or claim.move is None:
        return Verdict()
    lane = ground.view.claims.lanes[claim.lane]
    if not lane.counts(claim):
        return Verdict()
    child = _child(claim)
    problem = Problem(
        "claim-disputed",
        bridge_of(child),
        claim.id,
        Timestamp(claim.move.anchor.time),
        WARNING,
        f"a claim about {child} is disputed: {claim.id}{_standing(claim.move)}",
        _reason(claim.move),
        (claim.made, claim.move),
    )
    return Verdict(Timestamp(now + LOOK_EVERY), (problem,))


def _child(claim: Claim) -> ChainName:
    return ChainName(claim.lane.split("/", 1)[0])


def _standing(move: Fact) -> str:
    assert isinstance(move.says, ClaimMoved)
    return f" ({move.says.detail})" if move.says.detail else ""


def _reason(move: Fact) -> str:
    assert isinstance(move.says, ClaimMoved)
    return move.says.reason


CLAIM_DISPUTED = Rule(
    name="claim_disputed",
    about="Somebody disputes a state claim on the parent.",
    kinds=("claim-disputed",),
    review=_review,
    causes=("message-overdue", "claims-stalled"),
    wakes=(Claimed, ClaimMoved, ClaimsVoided),
    touched=_touched,
    subjects=_disputed,
    needs=_needs,
)
