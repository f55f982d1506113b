"""finalized_early: a proof that was not old enough."""

from crossing import LIFECYCLES, claim, reach, see_all, withdraw
from grounds import L1, L2, Scene, scene

from layerkeep.core.rules.messages.finalized_early import FINALIZED_EARLY
from layerkeep.core.units import DAY, SECOND

DELAY = 7 * DAY


def finalized(after: int, measured: bool = True) -> Scene:
    """A withdrawal finalized so long after its proof."""
    world = scene(FINALIZED_EARLY, lifecycles=LIFECYCLES)
    see_all(world)
    if measured:
        world.measured(L1, L2, "proof_maturity_delay_s", DELAY // SECOND)
    withdraw(world, "w", 9)
    claim(world, "c")
    reach(world, L1, "w", "proven", claim="c", height=25)
    world.wait(after, every=DAY)
    reach(world, L1, "w", "finalized", executes=True, height=40)
    return world


def test_withdrawal__finalized_in_time__is_fine():
    """To the second."""
    assert [] == finalized(DELAY).problems


def test_withdrawal__finalized_a_second_early__is_critical():
    """The contracts allow nobody to do that."""
    world = finalized(DELAY - SECOND)

    assert ("finalized-early", "bridge:l2", "w", "critical") == (
        world.only.kind,
        world.only.component,
        world.only.subject,
        world.only.severity,
    )
    assert (world.now, 9) == (world.only.since, world.only.impact.value)
    assert ["proven", "finalized"] == [fact.says.stage for fact in world.only.proof[:2]]


def test_withdrawal__proven_again__counts_from_its_first_proof():
    """Nobody can tell which of two proofs was used, so only what is sure is said."""
    world = scene(FINALIZED_EARLY, lifecycles=LIFECYCLES)
    see_all(world)
    world.measured(L1, L2, "proof_maturity_delay_s", DELAY // SECOND)
    withdraw(world, "w")
    reach(world, L1, "w", "proven", height=25)
    world.wait(DELAY - DAY, every=DAY)
    reach(world, L1, "w", "proven", height=30)
    world.wait(DAY, every=DAY)
    reach(world, L1, "w", "finalized", executes=True, height=40)

    assert [] == world.problems


def test_delay__measured_only_later__proves_nothing():
    """It may have been another one at that time."""
    world = finalized(DAY, measured=False)
    world.wait(SECOND)
    world.measured(L1, L2, "proof_maturity_delay_s", DELAY // SECOND)
    world.engine.watch.touch((), ("w",), world.now)

    assert [] == world.problems


def test_finalization__whose_block_left__is_no_problem_any_more():
    """It never happened."""
    world = finalized(DAY)
    world.engine.retract(L1, 39, world.now)

    assert [] == world.problems
