"""Who is on call: turns, swaps, holidays, overrides, and teams that are asked."""

from dataclasses import replace

import pytest
from rota import NEW_YORK, ZURICH, all_of, at, day, everybody, weekly

from layerkeep.core.acting.oncall.model import Holiday, Override, Rotation, Shift, Swap
from layerkeep.core.acting.oncall.rotation import on_call, pieces

PEOPLE = everybody("ann", "bob", "cat", "desk", eu=["ann", "bob"], provider=["desk"])


def who(rotation, text, people=PEOPLE, *more):
    """Who is on call at a time."""
    return on_call(all_of(rotation, *more), people, rotation.name, at(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T08:59:59+01:00", ()),  # it has not begun
        ("2026-01-05T09:00:00+01:00", ("ann",)),
        ("2026-01-12T08:59:59+01:00", ("ann",)),
        ("2026-01-12T09:00:00+01:00", ("bob",)),
        ("2026-01-19T09:00:00+01:00", ("ann",)),
        ("2026-03-30T08:59:59+02:00", ("bob",)),  # clocks changed the day before
        ("2026-03-30T09:00:00+02:00", ("ann",)),
        ("2026-10-26T08:59:59+01:00", ("bob",)),
        ("2026-10-26T09:00:00+01:00", ("ann",)),
    ],
)
def test_weekly__at_its_handover__changes_on_the_wall_clock(text, expected):
    """At 9 in the morning, summer and winter."""
    assert expected == who(weekly(), text)


def test_handover__that_has_been__stays_so_when_clocks_then_go_back():
    """In St. John's a minute after midnight, into the day before: the evening comes twice."""
    rotation = weekly(timezone="America/St_Johns", starts=day("2010-10-31"), handover=0)
    times = ("2010-11-06T23:30:00-02:30", "2010-11-07T00:00:30-02:30", "2010-11-06T23:30:00-03:30")

    assert [("ann",), ("bob",), ("bob",)] == [who(rotation, each) for each in times]


def test_daily__each_day__is_the_next_ones_turn():
    """And comes round."""
    daily = weekly(people=("ann", "bob", "cat"), kind="daily")
    days = [f"2026-01-0{n}T10:00:00+01:00" for n in range(5, 9)]

    assert [("ann",), ("bob",), ("cat",), ("ann",)] == [who(daily, each) for each in days]


def test_on_call__in_no_such_rotation__is_nobody():
    """A name that nobody declared."""
    assert () == on_call(all_of(), PEOPLE, "r", at("2026-01-05T10:00:00+01:00"))


def sun(**more):
    """In-house by day in Zurich, the provider at night."""
    shifts = (
        Shift(8 * 60, 20 * 60, ZURICH, team="eu"),
        Shift(20 * 60, 8 * 60, ZURICH, team="provider"),
    )
    return weekly("sun", (), kind="follow-the-sun", shifts=shifts, **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T07:59:00+01:00", ()),
        ("2026-01-05T08:00:00+01:00", ("ann",)),
        ("2026-01-05T20:00:00+01:00", ("desk",)),
        ("2026-01-06T03:00:00+01:00", ("desk",)),
        ("2026-01-12T08:00:00+01:00", ("bob",)),  # the people of a team take turns by week
    ],
)
def test_follow_the_sun__between_team_and_provider__hands_over_twice_a_day(text, expected):
    """The provider has the night."""
    assert expected == who(sun(), text)


def test_follow_the_sun__asking_a_team_with_its_own_rotation__follows_that():
    """Who is on call in Europe is for Europe to say."""
    teams = {**PEOPLE.teams, "eu": replace(PEOPLE.teams["eu"], rotation="europe")}
    people = replace(PEOPLE, teams=teams)
    europe = weekly("europe", ("cat", "bob"))

    assert ("cat",) == who(sun(), "2026-01-06T12:00:00+01:00", people, europe)


def test_shift__on_some_days_only__leaves_the_others():
    """Working days."""
    shift = Shift(0, 0, ZURICH, people=("ann",), days=(0, 1, 2, 3, 4))
    rotation = weekly("r", (), kind="follow-the-sun", shifts=(shift,))

    assert ("ann",) == who(rotation, "2026-01-09T23:59:00+01:00")
    assert () == who(rotation, "2026-01-10T00:00:00+01:00")


def test_swap__in_its_time__changes_both_turns():
    """And ends by itself."""
    swap = Swap(at("2026-01-07T00:00:00+01:00"), at("2026-01-14T00:00:00+01:00"), "ann", "bob")
    rotation = weekly(swaps=(swap,))
    days = [f"2026-01-{n}T10:00:00+01:00" for n in ("06", "08", "13", "15")]

    assert [("ann",), ("bob",), ("ann",), ("bob",)] == [who(rotation, each) for each in days]


def test_holiday__of_one_person__is_stood_in_for_where_their_turn_is():
    """From midnight to midnight in the rotation's zone, and nobody else's turn."""
    first, last = day("2026-01-11"), day("2026-01-12")
    rotation = weekly(holidays=(Holiday(first, last, ZURICH, person="cat", instead_of="ann"),))

    assert ("ann",) == who(rotation, "2026-01-10T23:59:59+01:00")
    assert ("cat",) == who(rotation, "2026-01-11T00:00:00+01:00")
    assert ("cat",) == who(rotation, "2026-01-12T08:59:59+01:00")
    assert ("bob",) == who(rotation, "2026-01-12T09:00:00+01:00")


def test_holiday__of_everybody__goes_to_the_provider():
    """A team stands in as its own turns say."""
    one = day("2026-01-06")
    rotation = weekly(holidays=(Holiday(one, one, ZURICH, team="provider"),))

    assert ("desk",) == who(rotation, "2026-01-06T12:00:00+01:00")
    assert ("ann",) == who(rotation, "2026-01-07T00:00:00+01:00")


def test_override__over_holiday_and_swap__has_the_last_word():
    """Whatever the turns say; two at once put both on call."""
    one = day("2026-01-06")
    span = (at("2026-01-06T11:00:00+01:00"), at("2026-01-06T12:00:00+01:00"))
    rotation = weekly(
        holidays=(Holiday(one, one, ZURICH, team="provider"),),
        swaps=(Swap(*span, "ann", "bob"),),
        overrides=(Override(*span, person="cat"), Override(*span, person="bob")),
    )

    assert ("cat", "bob") == who(rotation, "2026-01-06T11:30:00+01:00")
    assert ("desk",) == who(rotation, "2026-01-06T12:00:00+01:00")


def test_pieces__over_a_change__are_cut_where_somebody_else_begins():
    """Turn, override inside it, the rest of the turn, the next turn."""
    override = Override(at("2026-01-07T00:00:00Z"), at("2026-01-08T00:00:00Z"), person="cat")
    since, until = at("2026-01-06T00:00:00Z"), at("2026-01-13T00:00:00Z")
    rotation = weekly(overrides=(override,))

    found = pieces(all_of(rotation), PEOPLE, "r", since, until)

    assert [("ann",), ("cat",), ("ann",), ("bob",)] == [each.people for each in found]
    assert [since, override.since, override.until, at("2026-01-12T08:00:00Z")] == [
        each.since for each in found
    ]
    assert until == found[-1].until


def test_follow_the_sun__over_the_ocean__is_each_on_their_own_clock():
    """8 to 20 in Zurich, the rest in New York."""
    shifts = (
        Shift(8 * 60, 20 * 60, ZURICH, people=("ann",)),
        Shift(14 * 60, 2 * 60, NEW_YORK, people=("bob",)),
    )
    rotation = Rotation("r", "follow-the-sun", "UTC", day("2026-01-01"), shifts=shifts)

    assert ("ann",) == who(rotation, "2026-07-06T18:59:00+01:00")
    assert ("bob",) == who(rotation, "2026-07-06T20:00:00+02:00")
    assert ("ann", "bob") == who(rotation, "2026-03-20T19:30:00+01:00")  # New York changed first
