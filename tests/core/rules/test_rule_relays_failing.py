"""relays_failing: many failures on one route within a day, and what is background."""

from crossing import LIFECYCLES, deposit, reach, see_all
from grounds import L1, L2, START, Scene, scene

from layerkeep.core.network.resting import FAILED_KEPT
from layerkeep.core.rules.messages.relays_failing import RELAYS_FAILING
from layerkeep.core.units import DAY, HOUR, MINUTE


def failing(count: int) -> Scene:
    """So many deposits failed, one a minute."""
    world = scene(RELAYS_FAILING, lifecycles=LIFECYCLES)
    see_all(world)
    for number in range(count):
        deposit(world, f"m{number}", 7)
        reach(world, L2, f"m{number}", "failed")
        world.wait(MINUTE)
    return world


def test_route__with_as_many_failures_as_allowed__is_healthy():
    """Five a day are background."""
    assert [] == failing(5).problems


def test_route__with_one_failure_more__is_failing():
    """Since the first of them."""
    problem = failing(6).only

    assert ("relays-failing", "route:l1->l2", "l1->l2") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert ("warning", START) == (problem.severity, problem.since)
    assert (6, 1, 42) == (problem.impact.messages, problem.impact.users, problem.impact.value)


def test_failures__older_than_a_day__count_no_more():
    """The sixth youngest has to be of this day."""
    world = failing(6)
    world.wait(DAY - 6 * MINUTE)
    assert ["relays-failing"] == world.kinds
    world.wait(1)

    assert [] == world.problems


def test_failure__relayed_again__counts_no_more():
    """A retry that worked heals."""
    world = failing(6)
    reach(world, L2, "m3", "executed", executes=True, height=40)

    assert [] == world.problems


def test_failures__whose_blocks_left__count_no_more():
    """On the child the failure is gone, on the parent the message itself."""
    child, parent = failing(6), failing(6)
    child.engine.retract(L2, 9, child.now)
    parent.engine.retract(L1, 0, parent.now)

    assert ([], []) == (child.problems, parent.problems)


def test_failures__spread_over_days__are_background():
    """Two a day for a week."""
    world = scene(RELAYS_FAILING, lifecycles=LIFECYCLES)
    for number in range(14):
        see_all(world)
        deposit(world, f"m{number}")
        reach(world, L2, f"m{number}", "failed")
        assert [] == world.problems
        world.wait(12 * HOUR, every=HOUR)


def test_failures__in_thousands__are_remembered_in_hundreds():
    """What fails more often is no worse, and costs no more."""
    world = scene(RELAYS_FAILING, lifecycles=LIFECYCLES)
    see_all(world)
    for number in range(2 * FAILED_KEPT):
        deposit(world, f"m{number}")
        reach(world, L2, f"m{number}", "failed")

    assert FAILED_KEPT == world.only.impact.messages
