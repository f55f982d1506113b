"""batch_false: a batch whose blocks left the child follows from the reorg, for a while."""

import pytest
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import BlocksLeft, Fact, Judged
from layerkeep.core.rules import RULES
from layerkeep.core.rules.integrity.batch_false import BATCH_FALSE
from layerkeep.core.units import MINUTE, SECOND

BATCH = "l2/batch/0xb"
LIMITS = scene().layers[L2].limits
DUE = LIMITS.safe_stalled_after
assert DUE is not None


def watched() -> Scene:
    """Nobody answers for anything: judgements and reorgs are evidence without."""
    return scene(BATCH_FALSE)


def leave(world: Scene, ancestor: int = 100, tip: int = 112) -> None:
    """The child takes back blocks."""
    world.tell(L2, BlocksLeft(ancestor, tip), height=-1)


def judge(world: Scene, height: int, verdict: str = "false", subject: str = BATCH) -> Fact:
    """A batch in the parent's block of this moment, and the first block that is another."""
    says = Judged("batch", L2, subject, verdict, height=height)
    return world.tell(L1, says, height=10, via="l2-a")


def found(world: Scene) -> tuple[str, str, str]:
    """What is told of the batch."""
    problem = world.only
    assert ("batch-false", BATCH) == (problem.kind, problem.subject)
    return problem.component, problem.severity, problem.reason


NOTE = ("chain:l2", "info", "blocks-left")
FALSE = ("batcher:l2", "critical", "")


@pytest.mark.parametrize("height", [101, 112])
def test_batch__with_blocks_that_left__is_a_note_about_the_chain(height: int) -> None:
    """It was true when it was posted; in whichever order both are told."""
    for tellers in ((leave, judge), (judge, leave)):
        world = watched()
        for each in tellers:
            each(*((world, height) if each is judge else (world,)))  # type: ignore[operator]
        assert NOTE == found(world)
        assert "holds blocks that left l2" in world.only.summary


@pytest.mark.parametrize("height", [100, 113, -1])
def test_batch__with_other_blocks_than_those_that_left__is_false(height: int) -> None:
    """What differs below the reorg, above it, or in no block at all is no reorg's doing."""
    world = watched()
    leave(world)
    judge(world, height)
    assert FALSE == found(world)


def test_batch__without_any_reorg__is_false() -> None:
    """The batcher posts garbage."""
    world = watched()
    judge(world, 105)
    assert FALSE == found(world)


@pytest.mark.parametrize(("late", "told"), [(0, NOTE), (1, FALSE)])
def test_batch__that_was_not_on_its_way_yet__is_false(late: int, told: tuple[str, ...]) -> None:
    """A transaction waits so long at most: what is posted later knows of the reorg."""
    world = watched()
    leave(world)
    world.wait(LIMITS.stuck_after + late)
    judge(world, 105)
    assert told == found(world)


def test_batch__of_blocks_that_came_back__is_true() -> None:
    """The nodes derived from the parent what was posted."""
    world = watched()
    leave(world)
    judge(world, 105)
    judge(world, 105, "true")
    assert [] == world.problems


def test_batch__after_which_a_right_one_came__is_over() -> None:
    """The new blocks are posted."""
    world = watched()
    leave(world)
    judge(world, 105)
    world.wait(MINUTE)
    judge(world, -1, "true", "l2/batch/0xc")
    assert [] == world.problems


def test_batch__after_which_none_came_in_time__is_false() -> None:
    """By then a batch is due as ever: the nodes or the batcher are wrong."""
    world = watched()
    leave(world)
    judge(world, 105)
    world.wait(DUE - 1)
    assert NOTE == found(world)
    world.wait(1)
    assert FALSE == found(world)


def test_batches__of_which_one_is_false_without_the_reorg__are_told_apart() -> None:
    """The batcher that posts garbage after a reorg is told of, beside it."""
    world = watched()
    leave(world)
    judge(world, 105)
    judge(world, 120, subject="l2/batch/0xc")
    told = {problem.subject: problem.component for problem in world.problems}
    assert {BATCH: "chain:l2", "l2/batch/0xc": "batcher:l2"} == told


def test_batch__with_blocks_that_a_deep_reorg_took__is_part_of_its_incident() -> None:
    """One incident, and its root is the reorg; after a usual reorg nobody is called."""
    for ancestor, incidents in ((100, ["reorg-deep chain:l2"]), (111, [])):
        world = scene(*RULES)
        world.head(L2, 112)
        world.all_answer(L2, 112)
        leave(world, ancestor)
        judge(world, 112)
        world.wait(30 * SECOND)
        opened = world.engine.incidents.open.values()
        assert incidents == [each.key for each in opened if "blind" not in each.key]
        assert all("batch-false chain:l2" in i.seen for i in opened if "blind" not in i.key)
