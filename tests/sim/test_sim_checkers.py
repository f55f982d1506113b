"""Each checker must be seen to fail when a bug is planted, and to hold when none is."""

import pytest
from planted_bugs import (
    BelievesByCount,
    DropsRetractions,
    ForgetsBeforeFinality,
    KeepsAnsweredAsks,
    KeepsOneOnRetract,
    LetsGoTooMuch,
    LosesEarlyWords,
    TellsFirstStageOnly,
    TellsNothingOfTheGone,
    TellsTwice,
    planted,
)

from layerkeep.core.engine import Engine
from layerkeep.core.units import DAY
from layerkeep.sim.checkers import CHECKERS, make_engine
from layerkeep.sim.world import World, draw_world

PLANTED = [
    ("reorg truth", DropsRetractions),
    ("reorg truth", KeepsOneOnRetract),
    ("reorg truth", ForgetsBeforeFinality),
    ("order", LosesEarlyWords),
    ("order", BelievesByCount),
    ("order", KeepsAnsweredAsks),
    ("restart", BelievesByCount),
    ("conservation", TellsTwice),
    ("conservation", TellsNothingOfTheGone),
    ("conservation", ForgetsBeforeFinality),
    ("conservation", LetsGoTooMuch),
    ("conservation", TellsFirstStageOnly),
]


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """A few worlds of two days."""
    return [draw_world(seed, 2 * DAY) for seed in (1, 3, 4)]


@pytest.mark.parametrize(("checker", "engine"), PLANTED)
def test_checker__bug_planted__fails(
    checker: str, engine: type[Engine], worlds: list[World]
) -> None:
    """A checker that finds no planted bug would find no other either."""
    assert any(CHECKERS[checker](world, planted(engine)) for world in worlds)


@pytest.mark.parametrize("checker", CHECKERS)
def test_checker__no_bug__holds(checker: str, worlds: list[World]) -> None:
    """What fails with a bug holds without one, over the same worlds."""
    assert [[]] * len(worlds) == [CHECKERS[checker](world, make_engine) for world in worlds]
