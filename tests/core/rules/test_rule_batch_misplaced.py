"""batch_misplaced: where a batch went, and who posted it."""

import pytest
from crossing import LIFECYCLES, see_all
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import Judged, Measured, Posted
from layerkeep.core.rules.integrity.batch_misplaced import BATCH_MISPLACED
from layerkeep.core.units import HOUR, MINUTE


def watched() -> Scene:
    """The batcher is 0xBa."""
    world = scene(BATCH_MISPLACED, lifecycles=LIFECYCLES)
    see_all(world)
    world.tell(L1, Measured(L2, "batcher", "0xba"), height=1)
    return world


def post(world: Scene, batch: int, by: str = "0xBA", location: str = "blob") -> None:
    """A batch."""
    says = Posted(L2, str(batch), by, 100, location)
    world.tell(L1, says, height=10 + batch, tx=f"b{batch}")


def test_batch__of_the_batcher_in_the_inbox__is_fine():
    """Case does not matter, and neither does a batch that names nobody."""
    world = watched()
    post(world, 1)
    post(world, 2, by="")

    assert [] == world.problems


@pytest.mark.parametrize(
    ("by", "location", "reason"),
    [("0xba", "wrong-inbox", "wrong-inbox"), ("0xcc", "blob", "wrong-sender")],
)
def test_batch__out_of_place__is_critical(by, location, reason):
    """By its place, or by who posted it."""
    world = watched()
    post(world, 1, by, location)

    problem = world.only
    assert ("batch-misplaced", "batcher:l2", "l2/batch/1") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert ("critical", reason, world.now) == (problem.severity, problem.reason, problem.since)


def test_batch__out_of_place__is_over_once_a_later_one_is_right():
    """Within a minute."""
    world = watched()
    post(world, 1, location="wrong-inbox")
    world.wait(HOUR)
    assert ["batch-misplaced"] == world.kinds
    post(world, 2)
    world.wait(MINUTE)

    assert [] == world.problems


def test_batch__judged_out_of_place__is_critical():
    """A check may know what the log alone does not tell."""
    world = watched()
    post(world, 1)
    says = Judged("placement", L2, "l2/batch/1", "false", detail="not-derived")
    world.tell(L1, says, height=11, via="l2-a")
    post(world, 2)
    world.wait(HOUR)

    assert ("critical", "not-derived") == (world.only.severity, world.only.reason)


def test_batch__whose_block_left__is_no_problem_any_more():
    """It was never posted."""
    world = watched()
    post(world, 1, by="0xcc")
    world.engine.retract(L1, 10, world.now)

    assert [] == world.problems


def test_sender__while_nobody_knows_the_batcher__is_not_judged():
    """Without the parameter only the place counts."""
    world = scene(BATCH_MISPLACED, lifecycles=LIFECYCLES)
    see_all(world)
    post(world, 1, by="0xcc")

    assert [] == world.problems


def test_batch__first_wrong_one_long_final__is_still_when_it_began():
    """What is final and not the newest is forgotten; the trouble is as old as it was."""
    world = watched()
    post(world, 1, location="wrong-inbox")
    began = world.only.since
    world.wait(HOUR)
    post(world, 2, location="wrong-inbox")
    world.head(L1, 200, safe=190, finalized=180)
    world.wait(MINUTE)

    assert ("l2/batch/2", began) == (world.only.subject, world.only.since)
