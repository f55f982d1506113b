"""What `layerkeep bench calling` counts: everybody who had to be called, and nobody else."""

from dataclasses import replace

import pytest

from layerkeep.app.paging.roster import Rota
from layerkeep.bench import serving_world
from layerkeep.bench.calling import plan
from layerkeep.bench.calling.told import Opened, Received, compared
from layerkeep.bench.calling.world import topology
from layerkeep.core.acting.people.ownership import owner_of, subject_of
from layerkeep.core.units import MINUTE

CHAINS = tuple(serving_world.topology().chains.values())
BEGAN = 1_795_450_620_000
OPENED, OVER = 4 * MINUTE, 17 * MINUTE

TROUBLE = plan.Trouble("low-a", "a", "chain:a", "warning", "west", OPENED, OVER - OPENED)
INCIDENT = Opened("1f", "low-a", OPENED, OVER)
FIRST = Received("west", "page", "west-a", ("1f",), is_signed=True)
SECOND = Received("west", "summary", "desk-a", ("2e", "1f"), is_signed=True)
OTHER = (replace(TROUBLE, rule="low-b", lasts=MINUTE), Opened("2e", "low-b", OPENED, OVER))


def judged(*received, opened=(INCIDENT,)):
    """What is told of one incident that lasts until its second level was called."""
    return compared([TROUBLE], opened, received)


def test_calls__to_everybody_whose_turn_it_is__are_right():
    """The team's on-call, then the desk's, in a page or a summary; the lead's turn never came."""
    found = compared(
        [TROUBLE, OTHER[0]],
        [INCIDENT, OTHER[1]],
        [FIRST, SECOND, replace(FIRST, incidents=("2e",)), replace(FIRST, kind="resolved")],
    )
    assert (2, 2, 0, []) == (found.opened, found.right, found.twice, found.wrong)


@pytest.mark.parametrize(
    ("received", "said"),
    [
        ((FIRST,), "nobody of desk-a was called"),
        ((SECOND,), "nobody of west-a was called"),
        ((replace(FIRST, person="west-b"), SECOND), "to west-b, who has no part in it"),
        ((replace(FIRST, person="east-a"), FIRST, SECOND), "to east-a, who has no part in it"),
        ((replace(SECOND, person="west-lead"), FIRST, SECOND), "to west-lead, who has no part"),
        ((replace(FIRST, address="east"), SECOND), "to west-a at the address of east"),
        ((replace(FIRST, is_signed=False), SECOND), "to west-a not signed"),
    ],
)
def test_call__that_went_wrong__is_seen(received, said):
    """Left out, to the wrong person of the team or of another, at the wrong address, unsigned."""
    found = judged(*received, opened=(INCIDENT, replace(OTHER[1], rule="low-a-not")))
    assert 0 == found.right
    assert any(said in each for each in found.wrong), found.wrong


def test_call__that_came_twice__is_counted():
    """It is right, and once too often."""
    found = judged(FIRST, replace(FIRST, kind="summary"), replace(SECOND, incidents=("1f",)))
    assert (1, 1) == (found.right, found.twice)


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        ((), "0 incidents"),
        ((INCIDENT, replace(INCIDENT, id="3d")), "2 incidents"),
        ((replace(INCIDENT, over=None),), "none of them is over"),
        ((INCIDENT, Opened("4c", "chain-halted", OPENED, OVER)), "chain-halted: nobody planned it"),
    ],
)
def test_incident__other_than_planned__is_seen(opened, said):
    """Missing, twice, without an end, or not ours."""
    found = judged(FIRST, replace(SECOND, incidents=("1f",)), opened=opened)
    assert any(said in each for each in found.wrong), found.wrong


def test_plan__of_the_hour__is_what_the_topology_says():
    """Written twice, by itself and in the words of a topology: the same owners and turns."""
    planned = plan.troubles(CHAINS)
    found = topology(planned, "http://127.0.0.1:1", BEGAN)

    subjects = [
        subject_of(found, each.component, f"custom:{each.rule}", each.severity) for each in planned
    ]
    owners = [owner_of(found.people, subject) for subject in subjects]
    assert [each.team for each in planned] == [owner and owner.name for owner in owners]
    assert set(plan.TEAMS) == {each.team for each in planned}

    rota, teams = Rota(found), found.people.teams
    for team in (*plan.TEAMS, plan.DESK):
        for at in range(1, 90 * MINUTE, MINUTE):
            turn = rota.on_call(teams[team], BEGAN + at)
            assert (plan.on_call(team, at),) == turn
