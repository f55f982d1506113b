"""sequencer_drift: a rollup's newest block is far ahead of its origin."""

from grounds import L2, L3, START, scene

from layerkeep.core.rules.chains.sequencer_drift import SEQUENCER_DRIFT
from layerkeep.core.units import MINUTE, SECOND

ORIGIN = START // SECOND
WARNED = 18 * MINUTE


def begun():
    """A scene whose newest block builds on an origin of the same time."""
    made = scene(SEQUENCER_DRIFT)
    made.head(L2, 100)
    made.all_answer(L2, 100)
    made.measured(L2, L2, "origin_time_s", ORIGIN)
    return made


def test_sequencer_drift__origin_stands__warns_past_six_tenths():
    """Its blocks go on, its origin does not: first a warning, then it is critical."""
    made = begun()
    made.wait(WARNED)
    made.head(L2, 640)
    assert [] == made.kinds
    made.wait(2 * SECOND)
    made.head(L2, 641)
    found = made.only
    assert ("sequencer-drift", "sequencer:l2", "warning") == _what(found)
    assert (START, START + 30 * MINUTE) == (found.since, found.impact.deadline)
    made.wait(10 * MINUTE)
    made.head(L2, 900)
    assert found is made.only
    made.wait(3 * MINUTE)
    made.head(L2, 1000)
    assert ("sequencer-drift", "sequencer:l2", "critical") == _what(made.only)


def test_sequencer_drift__origin_moves_on__clears():
    """A newer origin ends it."""
    made = begun()
    made.wait(20 * MINUTE)
    made.head(L2, 641)
    assert ["sequencer-drift"] == made.kinds
    made.measured(L2, L2, "origin_time_s", ORIGIN + 19 * 60)
    assert [] == made.kinds


def test_sequencer_drift__chain_stands_too__does_not_grow():
    """Without new blocks nothing drifts, however long it takes."""
    made = begun()
    made.wait(60 * MINUTE)
    made.head(L2, 100, latest_age=60 * MINUTE)
    assert [] == made.kinds


def test_sequencer_drift__origin_never_measured__says_so():
    """Without an origin nothing is judged; a chain without such a limit is not watched."""
    made = scene(SEQUENCER_DRIFT)
    for chain in (L2, L3):
        made.head(chain, 100)
        made.all_answer(chain, 100)
    assert "the origin of the blocks of l2 was not measured" == made.lacks(SEQUENCER_DRIFT, "l2")
    assert ("sequencer_drift", "l3") not in made.engine.watch.verdicts


def test_sequencer_drift__nobody_answers__stands():
    """What was found before stands while nobody answers."""
    made = begun()
    made.wait(20 * MINUTE)
    made.head(L2, 641)
    made.standing.clear()
    made.wait(20 * MINUTE)
    made.measured(L2, L2, "origin_time_s", ORIGIN + 39 * 60)
    assert ["sequencer-drift"] == made.kinds
    assert "nobody answers for l2" == made.lacks(SEQUENCER_DRIFT, "l2")


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
