"""Rotations as iCalendar files (RFC 5545): written for calendars, and read as overrides.

An event that recurs keeps its length on the wall clock, so a week in which clocks change still ends
at its time of day and the next one follows without a gap.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr
from icalendar import Calendar, Event, vCalAddress

from layerkeep.core.acting.oncall.model import Override
from layerkeep.core.acting.oncall.rotation import Piece, pieces
from layerkeep.core.acting.oncall.walltime import instant, iso_text
from layerkeep.core.acting.people.model import People, Person
from layerkeep.core.errors import SettingsError
from layerkeep.core.keccak import keccak256
from layerkeep.core.topology import Topology
from layerkeep.core.topology.urls import REFERENCE
from layerkeep.core.units import DAY, Timestamp

PERSON = "X-LAYERKEEP-PERSON"
"""The property that names a person as the topology does."""

MAILTO = "mailto:"
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
OCCURRENCES_MAX = 5_000
AROUND = 15 * DAY
"""Turns at either end are told whole, so that an event is the same whenever it is written."""

WRITTEN = "# Written by `layerkeep oncall import`: import again instead of editing."


@dataclass(frozen=True, slots=True)
class Unread:
    """An event that is no override. `reason`: `no-calendar-time`, `unknown-person`,
    `several-people`, `recurrence`, `cancelled` or `elsewhen` (outside of the time asked for).
    """

    summary: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The overrides of a calendar by time, and the events that are none."""

    overrides: tuple[Override, ...]
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Whose calendar it is, whose clocks count where it names none, and the time asked for."""

    people: People
    zone: str
    since: Timestamp
    until: Timestamp


def exported(topology: Topology, rotation: str, since: Timestamp, until: Timestamp) -> str:
    """The calendar of a rotation: one event for each turn that touches [since, until)."""
    calendar = Calendar()
    calendar.add("prodid", "-//layerkeep//on-call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"on call: {rotation}")
    span = (Timestamp(since - AROUND), Timestamp(until + AROUND))
    for piece in pieces(topology.oncall, topology.people, rotation, *span):
        touches = piece.since < until and piece.until > since
        for name in piece.people if touches else ():
            person = topology.people.people.get(name, Person(name))
            calendar.add_component(_event(rotation, person, piece, since))
    return str(calendar.to_ical(), "utf-8")


def imported(text: str, people: People, zone: str, since: Timestamp, until: Timestamp) -> Imported:
    """Every event in [since, until) as an override; SettingsError if it is no calendar."""
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, IndexError, KeyError) as error:
        raise SettingsError(f"this is no iCalendar file: {error}") from error
    reading = _Reading(people, zone, since, until)
    events = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
    moved = {
        (str(event.get("UID")), _stamp(_prop(event, "RECURRENCE-ID"), zone))
        for event in events
        if "RECURRENCE-ID" in event
    }
    overrides: list[Override] = []
    unread: list[Unread] = []
    for event in events:
        found = _overrides(event, moved, reading)
        if isinstance(found, str):
            unread.append(Unread(str(event.get("SUMMARY", "")), found))
        else:
            overrides += found
    order = sorted(set(overrides), key=lambda each: (each.since, each.until, each.person))
    return Imported(tuple(order), tuple(unread))


def overrides_toml(rotation: str, overrides: tuple[Override, ...], zone: str) -> str:
    """A topology file to include, with these overrides of a rotation."""
    parts = (
        f"\n[[rotations.{rotation}.overrides]]\n"
        f"from = {iso_text(each.since, zone)}\n"
        f"to = {iso_text(each.until, zone)}\n"
        f'person = "{each.person}"'
        for each in overrides
    )
    return "\n".join((WRITTEN, *parts)) + "\n"


def _event(rotation: str, person: Person, piece: Piece, written: Timestamp) -> Event:
    event = Event()
    name = f"{rotation} {piece.since} {person.name}"
    event.add("uid", f"{keccak256(name.encode()).hex()[:32]}@layerkeep")
    event.add("dtstamp", _moment(written))
    event.add("dtstart", _moment(piece.since))
    event.add("dtend", _moment(piece.until))
    event.add("summary", f"{person.title or person.name} on call: {rotation}")
    event.add(PERSON, person.name)
    mail = person.contacts.get("mail", "")
    if mail and not REFERENCE.fullmatch(mail):
        event.add("attendee", vCalAddress(MAILTO + mail))
    return event


def _overrides(
    event: Event, moved: set[tuple[str, Timestamp]], reading: _Reading
) -> list[Override] | str:
    """The overrides of one event, or why it has none."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return "cancelled"
    person = _person(event, reading.people)
    if person not in reading.people.people:
        return person
    length = _length(event)
    if length is None:
        return "no-calendar-time"
    try:
        starts = list(_starts(event, reading))
    except (ValueError, TypeError, OverflowError):
        return "recurrence"
    replaced = set() if "RECURRENCE-ID" in event else moved
    found = []
    for start in starts:
        since = _stamp(start, reading.zone)
        until = _stamp(start + length, reading.zone)
        known = (str(event.get("UID")), since) in replaced
        if not known and since < until and until > reading.since and since < reading.until:
            found.append(Override(since, until, person))
    return found or "elsewhen"


def _person(event: Event, people: People) -> str:
    """Whose event it is: named as the topology does, by mail, or in its summary; else why not."""
    named = str(event.get(PERSON, ""))
    if named in people.people:
        return named
    attendees = event.get("ATTENDEE", [])
    listed = attendees if isinstance(attendees, list) else [attendees]
    mails = {str(each).lower().removeprefix(MAILTO) for each in listed}
    found = {
        person.name
        for person in people.people.values()
        if person.contacts.get("mail", "").lower() in mails
    }
    summary = str(event.get("SUMMARY", "")).lower()
    if not found:
        found = {person.name for person in people.people.values() if _said(person, summary)}
    if len(found) == 1:
        return found.pop()
    return "several-people" if found else "unknown-person"


def _said(person: Person, summary: str) -> bool:
    words = [word.lower() for word in (person.name, person.title) if word]
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", summary) for word in words)


def _length(event: Event) -> timedelta | None:
    """How long it lasts on the wall clock; a day without an end lasts a day."""
    start = _prop(event, "DTSTART")
    if start is None:
        return None
    end, lasts = _prop(event, "DTEND"), _prop(event, "DURATION")
    if isinstance(lasts, timedelta):
        return lasts
    if end is None:
        return None if isinstance(start, datetime) else timedelta(days=1)
    if isinstance(start, datetime) is not isinstance(end, datetime):
        return None
    if isinstance(start, datetime) and (start.tzinfo is None) is not (end.tzinfo is None):
        return None
    if isinstance(start, datetime) and start.tzinfo is not None:
        end = end.astimezone(start.tzinfo).replace(tzinfo=None)
        start = start.replace(tzinfo=None)
    found: timedelta = end - start
    return found


def _starts(event: Event, reading: _Reading) -> Iterator[Any]:
    """Every beginning until the end of the time asked for; ValueError if they cannot be told."""
    start = _prop(event, "DTSTART")
    if "RRULE" not in event and "RDATE" not in event:
        yield start
        return
    dates = not isinstance(start, datetime)
    first = datetime(start.year, start.month, start.day) if dates else start
    times = rruleset()
    for rule in _listed(event, "RRULE"):
        if rule.get("FREQ", [""])[0] not in FREQUENCIES or rule.get("INTERVAL", [1])[0] < 1:
            raise ValueError("recurs too often")
        times.rrule(rrulestr(rule.to_ical().decode(), dtstart=first))
    for each in _listed(event, "RDATE"):
        for one in each.dts:
            times.rdate(_like(one.dt, first.tzinfo))
    if "RRULE" not in event:
        times.rdate(first)
    left_out = {
        _stamp(_like(one.dt, first.tzinfo), reading.zone)
        for each in _listed(event, "EXDATE")
        for one in each.dts
    }
    for count, one in enumerate(times):
        if count >= OCCURRENCES_MAX:
            raise ValueError("recurs too often")
        if _stamp(one, reading.zone) >= reading.until:
            return
        if _stamp(one, reading.zone) not in left_out:
            yield one.date() if dates else one


def _listed(event: Event, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]


def _like(value: date, zone: tzinfo | None) -> datetime:
    """A day as its midnight; a moment as it stands."""
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=zone)


def _prop(event: Event, name: str) -> Any:
    found = event.get(name)
    return getattr(found, "dt", None)


def _stamp(value: Any, zone: str) -> Timestamp:
    """A moment; what has no zone of its own is said on the clocks of `zone`."""
    if not isinstance(value, datetime):
        return instant(value.toordinal(), 0, zone)
    there = value.tzinfo
    if there is None or isinstance(there, ZoneInfo):
        named = zone if there is None else there.key
        whole = instant(value.toordinal(), value.hour * 60 + value.minute, named)
        return Timestamp(whole + value.second * 1000)
    return Timestamp(int(value.timestamp()) * 1000)


def _moment(at: Timestamp) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
