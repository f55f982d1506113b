"""claim_false: a claim that is not what our nodes say, until it is voided."""

from crossing import LIFECYCLES, claim, move
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import ClaimsVoided, Judged
from layerkeep.core.rules.integrity.claim_false import CLAIM_FALSE
from layerkeep.core.units import DAY


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


def let_go_of_what_is_final(world: Scene, final: int) -> None:
    """Both chains are read past the claim's time, and the parent is final up to a height."""
    world.wait(DAY)
    world.head(L2, 100, safe=90, finalized=80)
    world.head(L1, 100, safe=final, finalized=final)


def test_claim__voided_and_let_go__is_no_problem_after_a_restart_either():
    """Who knows the claim no more does not take it for one that stands: nothing rests on it."""
    world = false_claim()
    move(world, "c", "voided")
    let_go_of_what_is_final(world, 40)
    assert {} == world.engine.view.claims.by_id

    world.engine.start(world.now)
    assert [] == world.problems


def test_claim__confirmed_and_let_go__stands_after_a_restart():
    """That nobody waits for it makes it no better."""
    world = false_claim()
    move(world, "c", "confirmed")
    let_go_of_what_is_final(world, 40)
    assert {} == world.engine.view.claims.by_id

    world.engine.start(world.now)
    assert ["claim-false"] == world.kinds


def test_claim__voided_in_a_block_not_final__is_kept_until_it_is():
    """Who voided it may be taken back, and may void it again."""
    world = false_claim()
    move(world, "c", "voided")
    let_go_of_what_is_final(world, 29)
    world.engine.retract(L1, 29, world.now)
    assert ["claim-false"] == world.kinds

    move(world, "c", "voided", height=31)
    assert [] == world.problems


def test_claims__voided_by_their_time__are_no_problem_any_more():
    """The guardian retired all of them."""
    world = false_claim()
    says = ClaimsVoided("l2/claims", world.now, "retired")
    world.tell(L1, says, height=40, tx="retire")

    assert [] == world.problems
