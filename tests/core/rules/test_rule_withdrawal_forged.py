"""withdrawal_forged: what was proven on the parent and is not on the child."""

from crossing import ETHER, LIFECYCLES, key, reach, withdraw
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import Judged
from layerkeep.core.rules.integrity.withdrawal_forged import WITHDRAWAL_FORGED
from layerkeep.core.units import DAY, SECOND


def forged() -> Scene:
    """A withdrawal nobody sent is proven, and judged."""
    world = scene(WITHDRAWAL_FORGED, lifecycles=LIFECYCLES)
    world.measured(L1, L2, "proof_maturity_delay_s", 7 * DAY // SECOND)
    reach(world, L1, "f", "proven", child=L2)
    world.tell(L1, Judged("withdrawal", L2, key("f"), "false"), height=10, via="l2-a")
    return world


def test_withdrawal__the_child_does_not_have__is_critical_with_the_time_left():
    """Until its proof is old enough, somebody can stop it."""
    problem = forged().only

    assert ("withdrawal-forged", "bridge:l2", key("f"), "critical") == (
        problem.kind,
        problem.component,
        problem.subject,
        problem.severity,
    )
    assert problem.since + 7 * DAY == problem.impact.deadline


def test_withdrawal__paid_out_meanwhile__leaves_no_time():
    """It is too late, and still a problem."""
    world = forged()
    reach(world, L1, "f", "finalized", child=L2, executes=True, height=40)

    assert None is world.only.impact.deadline


def test_withdrawal__of_another_amount__tells_what_was_sent():
    """The message is known, and was altered."""
    world = scene(WITHDRAWAL_FORGED, lifecycles=LIFECYCLES)
    withdraw(world, "w", 3 * ETHER)
    world.tell(L1, Judged("withdrawal", L2, key("w"), "false"), height=10, via="l2-a")

    assert (3 * ETHER, None) == (world.only.impact.value, world.only.impact.deadline)
