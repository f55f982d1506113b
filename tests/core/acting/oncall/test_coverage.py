"""Coverage: no gap and no double booking that the declaration does not have."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rota import NEW_YORK, ZURICH, all_of, at, day, everybody, weekly

from layerkeep.core.acting.oncall.coverage import coverage
from layerkeep.core.acting.oncall.model import Override, Rotation, Shift
from layerkeep.core.acting.oncall.rotation import on_call
from layerkeep.core.acting.oncall.walltime import shown_at
from layerkeep.core.units import DAY

PEOPLE = everybody("ann", "bob", "cat", eu=["ann"])
ZONES = (
    "Europe/Zurich",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Santiago",
    "Pacific/Apia",
    "Asia/Kathmandu",
)
YEARS = st.integers(2009, 2030)
MINUTES = st.integers(0, 24 * 60 - 1)
SPAN = 45 * DAY


def moment(year, day_of_year):
    """A moment in a year."""
    return at(f"{year}-01-01T00:00:00+00:00") + day_of_year * DAY


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["weekly", "daily"]),
    zone=st.sampled_from(ZONES),
    year=YEARS,
    when=st.integers(0, 365),
    handover=MINUTES,
    ms=st.integers(0, SPAN - 1),
)
def test_turns__over_any_change_of_clocks__have_no_gap_and_no_double_booking(
    kind, zone, year, when, handover, ms
):
    """One person at every moment, handed over at the wall clock's time of day."""
    rotation = weekly(
        people=("ann", "bob", "cat"),
        kind=kind,
        timezone=zone,
        handover=handover,
        starts=day("2008-01-07"),
    )
    since = moment(year, when)

    found = coverage(all_of(rotation), PEOPLE, since, since + SPAN)

    assert () == found.findings
    parts = found.pieces["r"]
    assert [each.until for each in parts[:-1]] == [each.since for each in parts[1:]]
    assert all(shown_at(each.since, zone).minute >= handover for each in parts[1:]) or year == 2011
    inside = next(each for each in parts if each.since <= since + ms < each.until)
    assert inside.people == on_call(all_of(rotation), PEOPLE, "r", since + ms)
    assert 1 == len(inside.people)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    year=YEARS,
    when=st.integers(0, 365),
    cuts=st.lists(MINUTES, min_size=1, max_size=5, unique=True),
)
def test_shifts__that_share_out_a_day__have_no_gap_and_no_double_booking(zone, year, when, cuts):
    """Wherever the day is cut, also inside an hour that is skipped or comes twice."""
    cuts = sorted(cuts)
    names = ("ann", "bob", "cat")
    shifts = tuple(
        Shift(start, end, zone, people=(names[n % 3],))
        for n, (start, end) in enumerate(zip(cuts, [*cuts[1:], cuts[0]], strict=True))
    )
    rotation = Rotation("r", "follow-the-sun", zone, day("2008-01-07"), shifts=shifts)
    since = moment(year, when)

    assert () == coverage(all_of(rotation), PEOPLE, since, since + SPAN).findings


def over_the_ocean(first=8 * 60):
    """Zurich by day and New York by day, which is all of the day as long as they are 6 h apart."""
    shifts = (
        Shift(first, 20 * 60, ZURICH, people=("ann",)),
        Shift(14 * 60, 2 * 60, NEW_YORK, people=("bob",)),
    )
    return Rotation("r", "follow-the-sun", ZURICH, day("2026-01-01"), shifts=shifts)


def test_shifts__over_the_ocean__have_a_gap_only_while_clocks_are_changed_apart():
    """New York changes two weeks before Zurich in spring, and a week after it in autumn."""
    rotation = all_of(over_the_ocean())

    found = coverage(rotation, PEOPLE, at("2027-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"))

    gaps = [each for each in found.findings if each.kind == "gap"]
    assert 20 == len(gaps)
    assert {"clocks"} == {each.reason for each in found.findings}
    assert {3_600_000} == {each.until - each.since for each in gaps}
    assert at("2027-03-15T07:00:00+01:00") == gaps[0].since
    assert at("2027-11-06T07:00:00+01:00") == gaps[-1].since
    assert 21 == len([each for each in found.findings if each.kind == "overlap"])


def test_shifts__that_leave_an_hour__are_told_as_declared_so():
    """Every morning of the week."""
    rotation = all_of(over_the_ocean(first=9 * 60))

    found = coverage(rotation, PEOPLE, at("2027-01-04T00:00:00Z"), at("2027-01-11T00:00:00Z"))

    assert 7 * [("gap", "declared")] == [(each.kind, each.reason) for each in found.findings]


def test_shifts__that_leave_an_hour_anyway__are_not_excused_by_the_clocks():
    """While New York is an hour nearer, the hour is still the declaration's."""
    shifts = (Shift(8 * 60, 20 * 60, ZURICH, people=("ann",)),)
    rotation = replace(over_the_ocean(), shifts=(*shifts, Shift(900, 0, NEW_YORK, team="eu")))

    found = coverage(
        all_of(rotation), PEOPLE, at("2027-03-15T00:00:00Z"), at("2027-03-16T20:00:00+01:00")
    ).findings

    assert [("gap", "declared")] * 2 == [(each.kind, each.reason) for each in found]


def test_rotation__that_has_not_begun__is_a_gap_that_says_so():
    """Until the first handover."""
    since, until = at("2026-01-01T00:00:00Z"), at("2026-01-20T00:00:00Z")

    (gap,) = coverage(all_of(weekly()), PEOPLE, since, until).findings

    assert ("gap", "not-started") == (gap.kind, gap.reason)
    assert (since, at("2026-01-05T09:00:00+01:00")) == (gap.since, gap.until)


def test_overrides__of_two_people_at_once__are_an_overlap():
    """For as long as both are there."""
    one = Override(at("2026-02-01T00:00:00Z"), at("2026-02-01T04:00:00Z"), person="ann")
    two = Override(at("2026-02-01T03:00:00Z"), at("2026-02-01T06:00:00Z"), person="bob")
    rotation = all_of(weekly(overrides=(one, two)))

    (found,) = coverage(
        rotation, PEOPLE, at("2026-01-30T00:00:00Z"), at("2026-02-03T00:00:00Z")
    ).findings

    assert ("overlap", ("ann", "bob")) == (found.kind, found.people)
    assert (two.since, one.until) == (found.since, found.until)


def test_person__in_two_rotations_at_once__is_double_booked():
    """For as long as both turns last, as one finding."""
    other = weekly("s", ("cat", "ann"), kind="daily")
    since, until = at("2026-01-05T09:00:00+01:00"), at("2026-01-07T09:00:00+01:00")

    (found,) = coverage(all_of(weekly(), other), PEOPLE, since, until).findings

    assert ("double-booked", ("r", "s"), ("ann",)) == (found.kind, found.rotations, found.people)
    assert (at("2026-01-06T09:00:00+01:00"), until) == (found.since, found.until)


def test_person__in_a_rotation_that_another_asks__is_booked_once():
    """The second one only passes the question on."""
    teams = {"eu": replace(PEOPLE.teams["eu"], rotation="r")}
    people = replace(PEOPLE, teams=teams)
    sun = Rotation(
        "sun", "follow-the-sun", ZURICH, day("2026-01-05"), shifts=(Shift(0, 0, ZURICH, team="eu"),)
    )
    since = at("2026-01-06T00:00:00Z")

    assert () == coverage(all_of(weekly(), sun), people, since, since + SPAN).findings
