"""reorg_deep: more blocks left a chain than is usual, or some that were final."""

from grounds import L1, START, scene

from layerkeep.core.facts import BlocksLeft
from layerkeep.core.rules.chains.reorg_deep import REORG_DEEP
from layerkeep.core.units import HOUR, MINUTE


def begun():
    """A scene in which l1 is seen."""
    made = scene(REORG_DEEP)
    made.head(L1, 100)
    made.all_answer(L1, 100)
    return made


def test_reorg_deep__as_deep_as_usual__is_fine():
    """Three blocks are no news on l1."""
    made = begun()
    made.tell(L1, BlocksLeft(97, 100))
    assert [] == made.kinds


def test_reorg_deep__one_deeper__is_news_for_an_hour():
    """It is told at once, and forgotten after an hour."""
    made = begun()
    made.tell(L1, BlocksLeft(96, 100))
    found = made.only
    assert ("reorg-deep", "chain:l1", "warning") == _what(found)
    assert START == found.since
    assert "4 blocks above 96 left l1" in found.summary
    made.wait(HOUR - 1)
    assert found is made.only
    made.wait(1)
    assert [] == made.kinds


def test_reorg_deep__final_blocks_left__is_critical_at_any_depth():
    """What was final must never leave."""
    made = begun()
    made.tell(L1, BlocksLeft(99, 100, final=True))
    assert ("reorg-deep", "chain:l1", "critical") == _what(made.only)


def test_reorg_deep__a_second_one__is_the_same_problem_with_the_worse():
    """One problem per chain, which tells the worst and began with the first."""
    made = begun()
    made.tell(L1, BlocksLeft(90, 100))
    made.wait(30 * MINUTE)
    made.tell(L1, BlocksLeft(95, 100))
    found = made.only
    assert "10 blocks above 90" in found.summary
    made.wait(30 * MINUTE)
    assert "5 blocks above 95" in made.only.summary
    assert START == made.only.since


def test_reorg_deep__nobody_answers__stands():
    """While nobody answers it is not forgotten."""
    made = begun()
    made.tell(L1, BlocksLeft(90, 100))
    made.standing.clear()
    made.wait(2 * HOUR)
    assert ["reorg-deep"] == made.kinds
    assert "nobody answers for l1" == made.lacks(REORG_DEEP, "l1")


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
