"""Rotations as iCalendar files: out, in again, and calendars that others wrote."""

import tomllib

import pytest
from icalendar import Calendar

from layerkeep.core.acting.oncall.model import Override
from layerkeep.core.acting.oncall.rotation import on_call
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import DAY, HOUR
from layerkeep.edge.calendars import exported, imported, overrides_toml
from layerkeep.edge.plugins import load_adapters

ZURICH = "Europe/Zurich"
OCTOBER = 1_791_849_600_000  # 2026-10-13T00:00Z, twelve days before clocks change
NETWORK = """
[network]
name = "test"
[chains.l1]
chain_id = 1
stack = "ethereum"
block_time_ms = 12000
[people.ann]
title = "Ann Example"
contacts = { mail = "Ann@example.org" }
[people.bob]
contacts = { mail = "env:BOB" }
[rotations.r]
kind = "weekly"
timezone = "Europe/Zurich"
starts = 2026-01-05
people = ["ann", "bob"]
"""


def read(*texts):
    """The topology of these files."""
    files = {f"{n}.toml": tomllib.loads(text) for n, text in enumerate((NETWORK, *texts))}
    return read_topology(files, load_adapters())


def calendar(*events):
    """A calendar of these events, each given as its lines."""
    parts = [f"BEGIN:VEVENT\nUID:{n}\n{text}\nEND:VEVENT" for n, text in enumerate(events)]
    return "\r\n".join(
        "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).split("\n")
    )


def imports(*events, days=60):
    """What is read of these events in so many days."""
    people = read().people
    return imported(calendar(*events), people, ZURICH, OCTOBER, OCTOBER + days * DAY)


def moments(text):
    """Overrides as hours after the beginning of October the 13th in UTC, and whose they are."""
    return [
        ((each.since - OCTOBER) / HOUR, (each.until - OCTOBER) / HOUR, each.person)
        for each in text.overrides
    ]


def test_export__of_a_rotation__is_one_event_a_turn_on_the_wall_clock():
    """From the true beginning of the one under way; a week of 169 hours where clocks go back."""
    events = list(Calendar.from_ical(exported(read(), "r", OCTOBER, OCTOBER + 21 * DAY)).events)

    assert ["ann", "bob", "ann", "bob"] == [str(each["X-LAYERKEEP-PERSON"]) for each in events][:4]
    assert "2026-10-12T07:00:00+00:00" == events[0].start.isoformat()
    assert [168, 169, 168] == [(each.end - each.start).total_seconds() / 3600 for each in events][
        :3
    ]
    assert "Ann Example on call: r" == str(events[0]["SUMMARY"])
    assert "mailto:Ann@example.org" == str(events[0]["ATTENDEE"])
    assert "ATTENDEE" not in events[1], "a reference to a secret is no address"


def test_export__a_day_later__keeps_the_ids_of_its_events():
    """A calendar that subscribes sees the same events again."""

    def ids(since):
        text = exported(read(), "r", since, OCTOBER + 21 * DAY)
        events = Calendar.from_ical(text).events
        return [(str(event["UID"]), event.start, event.end) for event in events]

    assert ids(OCTOBER) == ids(OCTOBER + DAY)
    assert [7 * 24] == [(end - start).total_seconds() / 3600 for _, start, end in ids(OCTOBER)][-1:]


def test_import__of_what_was_exported__puts_the_same_people_on_call():
    """Through a file to include, hour by hour over the change of clocks."""
    topology = read()
    text = exported(topology, "r", OCTOBER, OCTOBER + 60 * DAY)
    found = imported(text, topology.people, ZURICH, OCTOBER, OCTOBER + 60 * DAY)

    turned = NETWORK.replace('["ann", "bob"]', '["bob", "ann"]')
    files = {"0.toml": turned, "1.toml": overrides_toml("r", found.overrides, ZURICH)}
    again = read_topology(
        {name: tomllib.loads(each) for name, each in files.items()}, load_adapters()
    )

    assert () == found.unread
    hours = range(OCTOBER, OCTOBER + 60 * DAY, HOUR)
    expected = [on_call(topology.oncall, topology.people, "r", at) for at in hours]
    assert expected == [on_call(again.oncall, again.people, "r", at) for at in hours]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("SUMMARY:bob\nDTSTART:20261014T080000Z\nDTEND:20261014T100000Z", (32, 34, "bob")),
        ("SUMMARY:Bob!\nDTSTART:20261014T080000Z\nDURATION:PT2H", (32, 34, "bob")),
        (
            "SUMMARY:x\nATTENDEE:MAILTO:ann@EXAMPLE.org\nDTSTART;VALUE=DATE:20261014",
            (22, 46, "ann"),
        ),
        ("SUMMARY:ann example\nDTSTART:20261014T100000\nDTEND:20261014T120000", (32, 34, "ann")),
        (
            (
                "SUMMARY:ann\nDTSTART;TZID=America/New_York:20261014T080000\n"
                "DTEND;TZID=America/New_York:20261014T090000"
            ),
            (36, 37, "ann"),
        ),
        ("SUMMARY:x\nX-LAYERKEEP-PERSON:bob\nDTSTART;VALUE=DATE:20261014", (22, 46, "bob")),
    ],
)
def test_import__of_one_event__is_an_override(event, expected):
    """In UTC, in a zone of its own, in none, and all day; by name, title, mail or our own word."""
    found = imports(event)

    assert ([expected], ()) == (moments(found), found.unread)


def test_import__of_a_weekly_event__ends_at_its_time_of_day_in_every_week():
    """No gap between two weekly events over a change of clocks; a date left out, one moved."""
    week = "DTSTART;TZID=Europe/Zurich:2026{}T090000\nDTEND;TZID=Europe/Zurich:2026{}T090000\n"
    rule = "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261201T000000Z"
    found = imports(
        "SUMMARY:ann\n" + week.format("1012", "1019") + rule,
        "SUMMARY:bob\n" + week.format("1019", "1026") + rule,
    )

    turns = sorted(moments(found))
    assert ["ann", "bob"] * 4 == [who for _, _, who in turns]
    assert [end for _, end, _ in turns[:-1]] == [start for start, _, _ in turns[1:]]
    assert 169 == turns[1][1] - turns[1][0]


def test_import__of_a_week_that_ends_in_another_zone__is_as_long_on_the_wall_clock():
    """Its end is said in UTC, and the clocks go back inside the first week only."""
    found = imports(
        "SUMMARY:ann\nDTSTART;TZID=Europe/Zurich:20261019T090000\nDTEND:20261026T080000Z\n"
        "RRULE:FREQ=WEEKLY;COUNT=2"
    )

    assert [169, 168] == [end - start for start, end, _ in moments(found)]


def test_import__of_a_recurring_event__leaves_out_what_is_excluded_and_what_was_moved():
    """EXDATE, and an occurrence that has an event of its own."""
    text = calendar(
        "SUMMARY:bob\nDTSTART:20261014T080000Z\nDTEND:20261014T090000Z\n"
        "RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20261015T080000Z",
        "SUMMARY:ann\nDTSTART:20261016T100000Z\nDTEND:20261016T110000Z\n"
        "RECURRENCE-ID:20261016T080000Z",
    ).replace("UID:1", "UID:0")

    found = imported(text, read().people, ZURICH, OCTOBER, OCTOBER + 60 * DAY)

    assert [(32, 33, "bob"), (82, 83, "ann"), (104, 105, "bob")] == moments(found)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("SUMMARY:carl\nDTSTART:20261014T080000Z\nDURATION:PT2H", "unknown-person"),
        ("SUMMARY:annabob\nDTSTART:20261014T080000Z\nDURATION:PT2H", "unknown-person"),
        ("SUMMARY:ann or bob\nDTSTART:20261014T080000Z\nDURATION:PT2H", "several-people"),
        ("SUMMARY:ann\nDTSTART:20261014T080000Z", "no-calendar-time"),
        ("SUMMARY:ann", "no-calendar-time"),
        ("SUMMARY:ann\nDTSTART:20261014T080000Z\nDTEND:20261014T070000Z", "elsewhen"),
        ("SUMMARY:ann\nDTSTART:20251014T080000Z\nDTEND:20251015T070000Z", "elsewhen"),
        ("STATUS:CANCELLED\nSUMMARY:ann\nDTSTART:20261014T080000Z\nDURATION:PT2H", "cancelled"),
        (
            "SUMMARY:ann\nDTSTART:19700101T080000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
            "recurrence",
        ),
        (
            "SUMMARY:ann\nDTSTART:20261014T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0",
            "recurrence",
        ),
        (
            "SUMMARY:ann\nDTSTART:19000101T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY",
            "recurrence",
        ),
    ],
)
def test_import__of_what_is_no_override__says_why(event, reason):
    """Nothing is guessed, and nothing is left out without a word."""
    found = imports(event)

    assert ((), [reason]) == (found.overrides, [each.reason for each in found.unread])


@pytest.mark.parametrize("text", ["", "no calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"])
def test_import__of_no_calendar__is_refused(text):
    """In one clear line."""
    with pytest.raises(SettingsError, match="this is no iCalendar file"):
        imported(text, read().people, ZURICH, OCTOBER, OCTOBER + DAY)


def test_import__of_the_same_event_twice__is_one_override():
    """A calendar that was merged with itself."""
    event = "SUMMARY:ann\nDTSTART:20261014T080000Z\nDURATION:PT2H"

    start = OCTOBER + 32 * HOUR
    assert (Override(start, start + 2 * HOUR, "ann"),) == imports(event, event).overrides
