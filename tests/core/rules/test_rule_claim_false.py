"""claim_false: a claim that is not what our nodes say, until it is voided."""

from crossing import LIFECYCLES, claim, move
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import ClaimsVoided, Judged
from layerkeep.core.rules.integrity.claim_false import CLAIM_FALSE


def false_claim() -> Scene:
    """A claim judged false."""
    world = scene(CLAIM_FALSE, lifecycles=LIFECYCLES)
    claim(world, "c")
    world.tell(L1, Judged("claim", L2, "c", "false", "0x1", "0x2"), height=20, via="l2-a")
    return world


def test_claim__judged_false__is_the_proposers():
    """Critical, by the claim's name."""
    assert ("claim-false", "proposer:l2", "c", "critical") == (
        false_claim().only.kind,
        false_claim().only.component,
        false_claim().only.subject,
        false_claim().only.severity,
    )


def test_claim__confirmed_although_false__stands():
    """That is the worst of all."""
    world = false_claim()
    move(world, "c", "confirmed")

    assert ["claim-false"] == world.kinds


def test_claim__voided__is_no_problem_any_more():
    """The challenger won: nothing can rest on it."""
    world = false_claim()
    move(world, "c", "voided")
    assert [] == world.problems

    world.engine.retract(L1, 29, world.now)
    assert ["claim-false"] == world.kinds


def test_claims__voided_by_their_time__are_no_problem_any_more():
    """The guardian retired all of them."""
    world = false_claim()
    says = ClaimsVoided("l2/claims", world.now, "retired")
    world.tell(L1, says, height=40, tx="retire")

    assert [] == world.problems
