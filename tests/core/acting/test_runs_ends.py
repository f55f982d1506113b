"""How a run ends that lasts too long, that is moot, or whose way back never comes to its end."""

import pytest
from acted_world import agree, proposed

from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.ends import go_wrong, moot
from layerkeep.core.acting.runs.model import Outcome
from layerkeep.core.acting.runs.record import (
    AWAITING,
    EXECUTING,
    INTENDED,
    PENDING,
    REASONS,
    VERIFYING,
    WAY_BACK,
    Run,
)
from layerkeep.core.acting.runs.run import BEFORE, READ, REST, Ways
from layerkeep.core.units import HOUR, MINUTE, Timestamp

BEGAN = Timestamp(HOUR)
TURNED = Timestamp(2 * HOUR)
LIMIT = 6 * HOUR


def acting() -> Run:
    """A run that performed its first step and is at the second of these."""
    run = proposed()
    run.state, run.began, run.at = EXECUTING, BEGAN, 1
    return run


def going_back() -> Run:
    """A run whose first deed came to nothing that anybody can tell: it goes back."""
    run = acting()
    run.done[1].state = INTENDED
    journal.performed(run, Outcome("unsure", "the line broke"), TURNED)
    go_wrong(run, "step-unsure", "step-1: the line broke", TURNED)
    assert WAY_BACK == run.state
    return run


def test_way_back__past_its_time__ends_and_a_person_must_look() -> None:
    """It has the runbook's time once more, from when it began; not a millisecond sooner."""
    run = going_back()
    journal.tick(run, Timestamp(TURNED + LIMIT - 1))
    assert WAY_BACK == run.state
    journal.tick(run, Timestamp(TURNED + LIMIT))

    assert ("stopped", "way-back-timed-out") == (run.state, run.reason)
    assert "at step back-0 (after step-unsure: step-1: the line broke)" == run.detail
    assert {"way-back-timed-out"} <= REASONS.keys()


def test_way_back__with_a_step_begun__settles_that_before_it_ends() -> None:
    """What may be under way is never left without an outcome."""
    run = going_back()
    journal.intend(run, TURNED)
    late = Timestamp(TURNED + LIMIT)
    journal.tick(run, late)
    assert (WAY_BACK, INTENDED) == (run.state, run.undone[0].state)
    journal.resume(run, late)
    journal.tick(run, late)

    assert ("way-back-timed-out", "unsure") == (run.reason, run.undone[0].state)


def test_way_back__begun_by_an_older_layerkeep__has_its_time_from_now_on() -> None:
    """Nobody wrote down when it turned."""
    run, now = going_back(), Timestamp(TURNED + 100 * HOUR)
    run.turned = Timestamp(0)
    journal.tick(run, now)
    assert (WAY_BACK, now) == (run.state, run.turned)
    journal.tick(run, Timestamp(now + LIMIT))

    assert "way-back-timed-out" == run.reason


def test_run__past_its_time__still_goes_back_where_it_acted() -> None:
    """Only the way back itself ends so."""
    run = acting()
    run.done[1].state, run.done[1].acted = VERIFYING, Timestamp(BEGAN + LIMIT - MINUTE)
    journal.tick(run, Timestamp(BEGAN + LIMIT))

    assert (WAY_BACK, "time-limit") == (run.state, run.reason)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("proposed", "moot"),
        ("preflight", "moot"),
        ("awaiting", "moot"),
        ("approved", "moot"),
        ("executing", "executing"),
        ("way-back", "way-back"),
        ("done", "done"),
        ("denied", "denied"),
    ],
)
def test_run__whose_incident_is_over__is_moot_unless_it_acts(state: str, expected: str) -> None:
    """What acts is not cut off, what is over stays as it ended."""
    run = proposed()
    run.state = state
    moot(run, "incident i1 is resolved", BEGAN)

    assert expected == run.state


def test_approval__of_a_run_that_is_moot__is_refused_with_the_reason() -> None:
    """Nobody has to look up why."""
    run = proposed()
    run.state = AWAITING
    moot(run, "incident i1 is resolved", BEGAN)

    expected = "the run is moot (incident i1 is resolved), so nobody can agree to it"
    assert expected == agree(run, "bob", BEGAN)


@pytest.mark.parametrize(
    ("ways", "rests"),
    [
        (Ways(halted="ann: drill"), "halted"),
        (Ways(frozen="launch"), "frozen"),
        (Ways(busy="run r2"), ""),
        (Ways(), ""),
    ],
)
def test_step__intended_when_something_comes_in_its_way__is_not_performed(
    ways: Ways, rests: str
) -> None:
    """It is as if it had not been intended, and is next again once nothing stands in its way."""
    run = acting()
    journal.intend(run, BEGAN)

    assert bool(rests) == journal.withheld(run, ways, BEGAN)
    assert (PENDING if rests else INTENDED, rests) == (run.done[1].state, run.rests)
    if rests:
        assert (REST, BEFORE) == (
            journal.work_of(run, ways).kind,
            journal.work_of(run, Ways()).kind,
        )
        journal.intend(run, BEGAN)
        assert "" == run.rests


def test_freeze__over_a_run_that_changed_something__does_not_stop_it_halfway() -> None:
    """Neither its next step nor its way back; notes are read in a freeze as well."""
    frozen, run = Ways(frozen="launch"), acting()
    run.done[1].state, run.at = "done", 3
    journal.intend(run, BEGAN)
    assert not journal.withheld(run, frozen, BEGAN)
    back = going_back()
    assert BEFORE == journal.work_of(back, frozen).kind
    run = acting()
    run.at = 0
    assert READ == journal.work_of(run, frozen).kind
