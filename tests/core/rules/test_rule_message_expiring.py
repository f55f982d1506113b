"""message_expiring: a ticket near its end."""

from crossing import LIFECYCLES, reach, see_all, ticket
from grounds import L3, START, Scene, scene

from layerkeep.core.rules.messages.message_expiring import MESSAGE_EXPIRING
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

LIFE = 7 * DAY
POLL = 2 * SECOND


def created(life: int = LIFE, value: int = 10**18) -> Scene:
    """A ticket that lives so long, not redeemed."""
    world = scene(MESSAGE_EXPIRING, lifecycles=LIFECYCLES)
    see_all(world)
    ticket(world, "t", value)
    reach(world, L3, "t", "created", deadline=START + life)
    return world


def wait(world: Scene, duration: int) -> None:
    """Days pass; nodes answer again at the end."""
    world.wait(duration - MINUTE, every=DAY)
    see_all(world)
    world.wait(MINUTE)


def test_ticket__two_days_before_its_end__is_expiring():
    """48 hours leave its people time to act, and one poll later it is told."""
    world = created()
    wait(world, LIFE - 48 * HOUR + POLL - 1)
    assert [] == world.problems
    see_all(world)
    world.wait(1)

    problem = world.only
    assert ("message-expiring", "route:l2->l3", "t") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert START + LIFE - 48 * HOUR == problem.since
    assert ("warning", "gas-too-low") == (problem.severity, problem.reason)
    assert (10**18, START + LIFE) == (problem.impact.value, problem.impact.deadline)


def test_ticket__of_little_worth__is_a_note():
    """They are given up every day."""
    world = created(value=10**15)
    wait(world, LIFE - HOUR)

    assert "info" == world.only.severity


def test_ticket__in_its_last_tenth__is_critical():
    """16.8 hours before the end."""
    world = created()
    wait(world, LIFE - LIFE // 10 - 1)
    assert "warning" == world.only.severity
    world.wait(1)

    assert "critical" == world.only.severity


def test_ticket__of_a_short_life__is_expiring_in_its_last_tenth_only():
    """A network whose tickets live for minutes is not always about to lose them."""
    world = created(20 * MINUTE)
    world.wait(18 * MINUTE)
    assert [] == world.problems
    see_all(world)
    world.wait(POLL)

    assert "critical" == world.only.severity


def test_ticket__kept_alive__is_no_problem_any_more():
    """A keepalive moves the deadline."""
    world = created()
    wait(world, LIFE - HOUR)
    assert ["message-expiring"] == world.kinds

    reach(world, L3, "t", "created", deadline=START + 2 * LIFE, height=50)

    assert [] == world.problems


def test_ticket__redeemed__is_no_problem_any_more():
    """It took effect."""
    world = created()
    wait(world, LIFE - HOUR)
    reach(world, L3, "t", "redeemed", executes=True, height=50)

    assert [] == world.problems


def test_child__nobody_answers_for__leaves_it_open():
    """It may have been redeemed meanwhile."""
    world = created()
    world.standing.clear()
    world.wait(LIFE - HOUR, every=DAY)

    assert [] == world.problems
    assert "nobody answers for l2" == world.lacks(MESSAGE_EXPIRING, "t")
