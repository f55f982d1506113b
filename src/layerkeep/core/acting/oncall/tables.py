"""Reading `[rotations.NAME]`: turns, shifts, and who stands in, every fault at its spot.

Overrides, swaps and holidays of one rotation may stand in several files: they are joined.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from layerkeep.core.acting.oncall.model import (
    DAILY,
    EVERY_DAY,
    FOLLOW_THE_SUN,
    KINDS,
    WEEKLY,
    Holiday,
    Oncall,
    Override,
    Rotation,
    Shift,
    Swap,
)
from layerkeep.core.acting.oncall.rotation import rotations_asked, takes_part
from layerkeep.core.acting.oncall.walltime import DAY_MINUTES, Date, day_of, moment_of
from layerkeep.core.acting.people.model import People
from layerkeep.core.acting.people.tables import (
    NAME,
    NAME_WORDS,
    circles,
    read_declared,
    read_names,
    read_zone,
)
from layerkeep.core.errors import Fault
from layerkeep.core.topology.access_table import Moment
from layerkeep.core.topology.spot import (
    Field,
    Spot,
    read_known,
    read_table,
    read_word,
    require,
    shown,
)
from layerkeep.core.units import Timestamp

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
TIME_WORDS = 'a time of day such as "09:00"'
DATE_WORDS = "a date such as 2026-12-24, without quotes"
MOMENT_WORDS = "a date-time with its offset such as 2026-12-24T09:00:00+01:00, without quotes"
HANDOVER = "09:00"
JOINED = ("overrides", "swaps", "holidays")

ROTATION_FIELDS: Mapping[str, Field] = {
    "kind": Field(str, "weekly, daily or follow-the-sun", required=True),
    "timezone": Field(str, "whose clocks count, for example Europe/Zurich", required=True),
    "starts": Field(Date, "the day of the first handover", required=True),
    "handover": Field(str, f"the time of day at which turns change; {HANDOVER} if left out"),
    "people": Field(list, "who takes turns, in order; not where it follows the sun"),
    "shifts": Field(list, "the parts of a day, where it follows the sun"),
    "overrides": Field(list, "who is on call in a stretch of time, whatever the turns say"),
    "swaps": Field(list, "two people who change turns in a stretch of time"),
    "holidays": Field(list, "days on which somebody stands in"),
}

SHIFT_FIELDS: Mapping[str, Field] = {
    "from": Field(str, "the time of day at which it begins", required=True),
    "to": Field(str, "when it ends; not later than `from` means on the next day", required=True),
    "timezone": Field(str, "whose clocks count; the rotation's if left out"),
    "team": Field(str, "the team that has it"),
    "people": Field(list, "who takes turns in it, in place of a team"),
    "days": Field(list, "the weekdays on which it begins; all if left out"),
    "turn": Field(str, "how its people take turns: weekly (if left out) or daily"),
}

OVERRIDE_FIELDS: Mapping[str, Field] = {
    "from": Field(Moment, "when it begins, with its offset", required=True),
    "to": Field(Moment, "when it ends, with its offset", required=True),
    "person": Field(str, "who is on call"),
    "team": Field(str, "the team whose on-call is, in place of a person"),
}

SWAP_FIELDS: Mapping[str, Field] = {
    "from": OVERRIDE_FIELDS["from"],
    "to": OVERRIDE_FIELDS["to"],
    "people": Field(list, "the two who change turns", required=True),
}

HOLIDAY_FIELDS: Mapping[str, Field] = {
    "on": Field(Date, "the day, from midnight to midnight", required=True),
    "until": Field(Date, "the last day, if there are several"),
    "person": Field(str, "who stands in"),
    "team": Field(str, "the team whose on-call stands in, in place of a person"),
    "instead_of": Field(str, "only where this person's turn is"),
}

Tables = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class _Draft:
    """One rotation's keys from the file that declares it, and what any file adds to its lists."""

    table: dict[str, Any]
    spot: Spot
    added: dict[str, list[tuple[object, Spot]]]


def read_oncall(tables: Tables, people: People, faults: list[Fault]) -> Oncall:
    """Every rotation of these files."""
    drafts = _gather(tables, faults)
    found = {name: _rotation(name, draft, people) for name, draft in drafts.items()}
    oncall = Oncall(found)
    _check_circles(oncall, people, drafts)
    return oncall


def _gather(tables: Tables, faults: list[Fault]) -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = {}
    for file, table in tables.items():
        for name, entry in table.get("rotations", {}).items():
            spot = Spot(file, f"rotations.{name}", faults)
            if not NAME.fullmatch(name):
                spot.fault(shown(name), NAME_WORDS)
            elif not isinstance(entry, dict):
                spot.fault(shown(entry), "a table")
            else:
                _merge(drafts.setdefault(name, _Draft({}, spot, {})), entry, spot)
    return drafts


def _merge(draft: _Draft, entry: Mapping[str, Any], spot: Spot) -> None:
    own = {key: value for key, value in entry.items() if not _joined(key, value)}
    for key in own:
        if key in draft.table:
            spot.at(key).fault("a second one", f"only the one in {draft.spot.file}")
    if own and not draft.table:
        draft.spot = spot
    draft.table = own | draft.table
    for key in JOINED:
        if _joined(key, entry.get(key)):
            items = enumerate(entry[key])
            draft.added.setdefault(key, []).extend((item, spot.at(key).at(n)) for n, item in items)


def _joined(key: str, value: object) -> bool:
    return key in JOINED and isinstance(value, list)


def _rotation(name: str, draft: _Draft, people: People) -> Rotation:
    spot = draft.spot
    require(draft.table, ROTATION_FIELDS, spot)
    values = read_known(draft.table, ROTATION_FIELDS, spot)
    kind = read_word(values["kind"], KINDS, spot.at("kind")) if "kind" in values else None
    zone = read_zone(values["timezone"], spot.at("timezone")) if "timezone" in values else "UTC"
    rotation = Rotation(
        name,
        kind or WEEKLY,
        zone,
        _day(values["starts"], spot.at("starts")) if "starts" in values else 1,
        _time(values.get("handover", HANDOVER), spot.at("handover")),
        read_names(values.get("people", ()), people.people, spot.at("people")),
        tuple(
            _shift(entry, zone, people, spot.at("shifts").at(index))
            for index, entry in enumerate(values.get("shifts", ()))
        ),
    )
    if kind is not None:
        _check_kind(kind, values, spot)
    return _with_stand_ins(rotation, draft, people)


def _check_kind(kind: str, values: Mapping[str, Any], spot: Spot) -> None:
    """What takes turns has people, what follows the sun has shifts, and neither the other's."""
    sun = kind == FOLLOW_THE_SUN
    needed, other = ("shifts", ("people", "handover")) if sun else ("people", ("shifts",))
    if not values.get(needed):
        found = "no shift" if sun else "nobody"
        spot.at(needed).fault(found, f"at least one; {kind} needs it")
    for key in other:
        if key in values:
            spot.at(key).fault("a key of other kinds", f"nothing: {kind} has no use for it")


def _with_stand_ins(rotation: Rotation, draft: _Draft, people: People) -> Rotation:
    turns = takes_part(rotation, people)
    zone = rotation.timezone
    overrides = (_override(*each, people) for each in draft.added.get("overrides", ()))
    swaps = (_swap(*each, turns) for each in draft.added.get("swaps", ()))
    holidays = (_holiday(*each, zone, people) for each in draft.added.get("holidays", ()))
    return replace(
        rotation,
        overrides=tuple(each for each in overrides if each is not None),
        swaps=tuple(each for each in swaps if each is not None),
        holidays=tuple(each for each in holidays if each is not None),
    )


def _shift(entry: object, zone: str, people: People, spot: Spot) -> Shift:
    values = read_table(entry, SHIFT_FIELDS, spot)
    own = values.get("timezone")
    team, persons = values.get("team", ""), values.get("people", ())
    if bool(team) == bool(persons):
        spot.fault("both `team` and `people`" if team else "nobody", "a team, or people")
    if team:
        read_declared(team, people.teams, spot.at("team"))
    days = _weekdays(values["days"], spot.at("days")) if "days" in values else EVERY_DAY
    turn = read_word(values.get("turn", WEEKLY), (WEEKLY, DAILY), spot.at("turn"))
    return Shift(
        _time(values.get("from", HANDOVER), spot.at("from")),
        _time(values.get("to", HANDOVER), spot.at("to")),
        zone if own is None else read_zone(own, spot.at("timezone")),
        team,
        read_names(persons, people.people, spot.at("people")),
        days,
        turn or WEEKLY,
    )


def _weekdays(values: list[object], spot: Spot) -> tuple[int, ...]:
    if not values:
        spot.fault("no day", "at least one of " + ", ".join(WEEKDAYS))
    return tuple(WEEKDAYS.index(name) for name in read_names(values, WEEKDAYS, spot))


def _override(entry: object, spot: Spot, people: People) -> Override | None:
    values = read_table(entry, OVERRIDE_FIELDS, spot)
    span = _span(values, spot)
    person, team = _stand_in(values, spot, people)
    return Override(*span, person, team) if span is not None else None


def _swap(entry: object, spot: Spot, turns: Iterable[str]) -> Swap | None:
    values = read_table(entry, SWAP_FIELDS, spot)
    span = _span(values, spot)
    names = values.get("people", ())
    two = read_names(names, turns, spot.at("people"))
    if "people" in values and len(names) != 2:
        spot.at("people").fault(f"{len(names)} names", "two people who take turns here")
    return Swap(*span, two[0], two[1]) if span is not None and len(two) == 2 else None


def _holiday(entry: object, spot: Spot, zone: str, people: People) -> Holiday | None:
    values = read_table(entry, HOLIDAY_FIELDS, spot)
    person, team = _stand_in(values, spot, people)
    instead = values.get("instead_of", "")
    if instead:
        read_declared(instead, people.people, spot.at("instead_of"))
    if "on" not in values:
        return None
    first = _day(values["on"], spot.at("on"))
    last = _day(values.get("until", values["on"]), spot.at("until"))
    if last < first:
        spot.at("until").fault("a day before `on`", "the last of the days")
    return Holiday(first, last, zone, person, team, instead)


def _stand_in(values: Mapping[str, Any], spot: Spot, people: People) -> tuple[str, str]:
    person, team = values.get("person", ""), values.get("team", "")
    if bool(person) == bool(team):
        spot.fault("both `person` and `team`" if person else "nobody", "a person, or a team")
    if person:
        read_declared(person, people.people, spot.at("person"))
    if team:
        read_declared(team, people.teams, spot.at("team"))
    return person, team


def _span(values: Mapping[str, Any], spot: Spot) -> tuple[Timestamp, Timestamp] | None:
    found = []
    for key in ("from", "to"):
        if key not in values:
            return None
        moment = moment_of(values[key])
        if moment is None:
            spot.at(key).fault(_shown_date(values[key]), MOMENT_WORDS)
            return None
        found.append(moment)
    if found[1] <= found[0]:
        spot.at("to").fault("a moment that is not after `from`", "the end")
        return None
    return found[0], found[1]


def _day(value: object, spot: Spot) -> int:
    day = day_of(value)
    if day is None:
        spot.fault(_shown_date(value), DATE_WORDS)
    return day or 1


def _time(value: str, spot: Spot) -> int:
    match = TIME.fullmatch(value)
    if match is None:
        spot.fault(shown(value), TIME_WORDS)
        return 0
    return (int(match[1]) * 60 + int(match[2])) % DAY_MINUTES


def _shown_date(value: object) -> str:
    return f"{value}" if isinstance(value, Date) else shown(value)


def _check_circles(oncall: Oncall, people: People, drafts: Mapping[str, _Draft]) -> None:
    """No rotation decides about itself by way of another's teams."""

    def asks(name: str) -> list[str]:
        return sorted(rotations_asked(oncall, people, name, deep=False))

    for circle in circles(oncall.rotations, asks):
        found = " -> ".join([*circle, circle[0]])
        drafts[circle[0]].spot.fault(found, "rotations that do not ask each other in a circle")
