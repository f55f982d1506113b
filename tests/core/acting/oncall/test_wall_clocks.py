"""Wall clocks: every time of day is one moment, also where clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rota import at, day

from layerkeep.core.acting.oncall.walltime import instant, shown_at, wall_text, weekday

CHANGES = [
    ("Europe/Zurich", "2027-03-28"),
    ("Europe/Zurich", "2027-10-31"),
    ("America/New_York", "2027-03-14"),
    ("America/New_York", "2027-11-07"),
    ("Australia/Lord_Howe", "2027-04-04"),  # half an hour
    ("Australia/Lord_Howe", "2027-10-03"),
    ("Africa/Cairo", "2024-04-26"),  # at midnight
    ("America/St_Johns", "2010-11-07"),  # at one past midnight, back into the day before
    ("Pacific/Apia", "2011-12-30"),  # a day that never was
    ("Asia/Kolkata", "2027-06-01"),  # no change at all
]


def first_shown(number, minute, zone):
    """The same by looking at the clock every minute for four days."""
    wanted = datetime.fromordinal(number) + timedelta(minutes=minute)
    looked = datetime.combine(wanted, datetime.min.time(), UTC) - timedelta(days=2)
    while looked.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wanted:
        looked += timedelta(minutes=1)
    return int(looked.timestamp()) * 1000


@settings(max_examples=60, deadline=None)
@given(change=st.sampled_from(CHANGES), near=st.integers(-1, 1), minute=st.integers(0, 24 * 60 - 1))
def test_instant__near_a_change_of_clocks__is_when_the_clock_first_shows_it(change, near, minute):
    """Skipped times are the change itself, times that come twice count from the first."""
    zone, text = change

    assert first_shown(day(text) + near, minute, zone) == instant(day(text) + near, minute, zone)


@settings(max_examples=200, deadline=None)
@given(change=st.sampled_from(CHANGES), one=st.integers(-2880, 2880), more=st.integers(0, 300))
def test_instant__of_a_later_time__is_never_earlier(change, one, more):
    """So neighbours that share a time of day neither overlap nor leave a gap."""
    zone, text = change
    start, end = (divmod(value, 1440) for value in (one, one + more))

    earlier = instant(day(text) + start[0], start[1], zone)
    assert earlier <= instant(day(text) + end[0], end[1], zone)


@pytest.mark.parametrize(
    ("text", "minute", "expected"),
    [
        ("2027-03-28", 119, "2027-03-28T01:59:00+01:00"),
        ("2027-03-28", 150, "2027-03-28T03:00:00+02:00"),  # 02:30 is skipped
        ("2027-03-28", 540, "2027-03-28T09:00:00+02:00"),
        ("2027-10-31", 150, "2027-10-31T02:30:00+02:00"),  # 02:30 comes twice
        ("2027-10-31", 180, "2027-10-31T03:00:00+01:00"),
    ],
)
def test_instant__on_days_of_change_in_zurich__is_as_a_person_would_say(text, minute, expected):
    """The five cases that matter, by hand."""
    assert at(expected) == instant(day(text), minute, "Europe/Zurich")


def test_shown_at__of_a_moment__is_day_and_minute_there():
    """The same moment is another day elsewhere."""
    moment = at("2026-12-31T23:30:00+00:00")

    assert (day("2027-01-01"), 30) == shown_at(moment, "Europe/Zurich")
    assert (day("2026-12-31"), 18 * 60 + 30) == shown_at(moment, "America/New_York")
    assert "Fri 2027-01-01 00:30 CET" == wall_text(moment, "Europe/Zurich")
    assert 4 == weekday(day("2027-01-01"))
