"""Who is on call at a moment, and in which pieces of time it stays the same.

Turns come first; then a swap changes two people's, a holiday puts somebody in, and an override has
the last word. Two overrides at once put two people on call: coverage.py tells of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from layerkeep.core.acting.oncall.model import (
    DAILY,
    FOLLOW_THE_SUN,
    Holiday,
    Oncall,
    Override,
    Rotation,
    Shift,
)
from layerkeep.core.acting.oncall.walltime import instant, shown_at, weekday
from layerkeep.core.acting.people.model import People
from layerkeep.core.units import Timestamp

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Piece:
    """In [since, until) these are on call, in the order in which to try them; nobody if empty."""

    since: Timestamp
    until: Timestamp
    people: tuple[str, ...]


def on_call(oncall: Oncall, people: People, rotation: str, at: Timestamp) -> tuple[str, ...]:
    """Who is on call in a rotation; empty in a gap, and where there is no such rotation."""
    found = oncall.rotations.get(rotation)
    return _Turns(oncall, people).of(found, at) if found is not None else ()


def pieces(
    oncall: Oncall, people: People, rotation: str, since: Timestamp, until: Timestamp
) -> tuple[Piece, ...]:
    """[since, until) cut wherever who is on call changes; gaps are pieces without people."""
    turns = _Turns(oncall, people)
    found = oncall.rotations[rotation]
    inside = {at for at in turns.changes(found, since, until) if since < at < until}
    edges = [since, *sorted(inside), until]
    cut: list[Piece] = []
    for start, end in pairwise(edges):
        who = turns.of(found, start)
        if cut and cut[-1].people == who:
            cut[-1] = Piece(cut[-1].since, end, who)
        else:
            cut.append(Piece(start, end, who))
    return tuple(cut)


def shift_ends(shift: Shift, day: int) -> tuple[Timestamp, Timestamp]:
    """When the shift that begins on this day begins and ends."""
    last = day + (shift.until <= shift.since)
    start = instant(day, shift.since, shift.timezone)
    return start, instant(last, shift.until, shift.timezone)


def holiday_ends(holiday: Holiday) -> tuple[Timestamp, Timestamp]:
    """From the midnight before its first day to the one after its last."""
    zone = holiday.timezone
    return instant(holiday.first, 0, zone), instant(holiday.last + 1, 0, zone)


def rotations_asked(
    oncall: Oncall, people: People, rotation: str, *, deep: bool = True
) -> frozenset[str]:
    """The other rotations that decide about this one through the teams it names.

    With `deep` also those that these ask; a rotation never counts as one that it asks itself.
    """
    found: set[str] = set()
    todo = [rotation]
    while todo:
        asking = todo.pop()
        for team in teams_asked(oncall.rotations[asking]):
            name = people.teams[team].rotation if team in people.teams else ""
            if name in oncall.rotations and name not in found and name != asking:
                found.add(name)
                todo += [name] if deep else []
    return frozenset(found)


def takes_part(rotation: Rotation, people: People) -> tuple[str, ...]:
    """Everybody whose turn it can be, by its own turns or those of a team it names."""
    found = [*rotation.people]
    for shift in rotation.shifts:
        team = people.teams.get(shift.team)
        found += shift.people if team is None else team.people
    return tuple(dict.fromkeys(found))


def teams_asked(rotation: Rotation) -> tuple[str, ...]:
    """The teams that a rotation leaves the choice to."""
    named = (
        *(each.team for each in rotation.shifts),
        *(each.team for each in rotation.overrides),
        *(each.team for each in rotation.holidays),
    )
    return tuple(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True, slots=True)
class _Turns:
    """Whose turn it is. No rotation asks itself by way of others: the reader refuses circles."""

    oncall: Oncall
    people: People

    def of(self, rotation: Rotation, at: Timestamp) -> tuple[str, ...]:
        overrides = [each for each in rotation.overrides if each.since <= at < each.until]
        if overrides:
            return _once(name for each in overrides for name in self._stand_in(rotation, each, at))
        who = self._swapped(rotation, self._by_turn(rotation, at), at)
        for holiday in rotation.holidays:
            start, end = holiday_ends(holiday)
            if start <= at < end:
                who = self._on_holiday(rotation, holiday, who, at)
        return who

    def changes(
        self, rotation: Rotation, since: Timestamp, until: Timestamp
    ) -> Iterator[Timestamp]:
        """Every moment in which who is on call may change, and some around them."""
        for override in rotation.overrides:
            yield from (override.since, override.until)
        for swap in rotation.swaps:
            yield from (swap.since, swap.until)
        for holiday in rotation.holidays:
            yield from holiday_ends(holiday)
        for day in _days(rotation.timezone, since, until):
            yield instant(day, rotation.handover, rotation.timezone)
        for shift in rotation.shifts:
            for day in _days(shift.timezone, since, until):
                yield from shift_ends(shift, day)
        for name in rotations_asked(self.oncall, self.people, rotation.name):
            yield from self.changes(self.oncall.rotations[name], since, until)

    def _by_turn(self, rotation: Rotation, at: Timestamp) -> tuple[str, ...]:
        if rotation.kind == FOLLOW_THE_SUN:
            return _once(
                name for shift in rotation.shifts for name in self._of_shift(rotation, shift, at)
            )
        elapsed = _handed_over(rotation, at) - rotation.starts
        return _turn(rotation.people, elapsed, rotation.kind)

    def _of_shift(self, rotation: Rotation, shift: Shift, at: Timestamp) -> tuple[str, ...]:
        today = shown_at(at, shift.timezone).day
        for day in range(today - 2, today + 2):
            if day < rotation.starts or weekday(day) not in shift.days:
                continue
            start, end = shift_ends(shift, day)
            if not start <= at < end:
                continue
            if shift.team:
                return self._of_team(rotation, shift.team, at, (day, shift.turn))
            return _turn(shift.people, day - rotation.starts, shift.turn)
        return ()

    def _of_team(
        self, rotation: Rotation, name: str, at: Timestamp, turn: tuple[int, str]
    ) -> tuple[str, ...]:
        """Asked in its own rotation, or else its people by turns: `turn` is the day and how."""
        team = self.people.teams.get(name)
        if team is None:
            return ()
        own = self.oncall.rotations.get(team.rotation)
        if own is not None and own.name != rotation.name:
            return self.of(own, at)
        day, how = turn
        return _turn(team.people, day - rotation.starts, how)

    def _stand_in(
        self, rotation: Rotation, entry: Override | Holiday, at: Timestamp
    ) -> tuple[str, ...]:
        if entry.person:
            return (entry.person,)
        day = _handed_over(rotation, at)
        return self._of_team(rotation, entry.team, at, (day, rotation.kind))

    def _on_holiday(
        self, rotation: Rotation, holiday: Holiday, who: tuple[str, ...], at: Timestamp
    ) -> tuple[str, ...]:
        instead = self._stand_in(rotation, holiday, at)
        if not holiday.instead_of:
            return instead
        return _once(
            name for each in who for name in (instead if each == holiday.instead_of else (each,))
        )

    @staticmethod
    def _swapped(rotation: Rotation, who: tuple[str, ...], at: Timestamp) -> tuple[str, ...]:
        for swap in rotation.swaps:
            if swap.since <= at < swap.until:
                other = {swap.one: swap.other, swap.other: swap.one}
                who = tuple(other.get(name, name) for name in who)
        return who


def _handed_over(rotation: Rotation, at: Timestamp) -> int:
    """The day of the last handover. One that has been stays so if the clocks then go back."""
    today = shown_at(at, rotation.timezone).day
    past = (
        day
        for day in (today + 1, today)
        if instant(day, rotation.handover, rotation.timezone) <= at
    )
    return next(past, today - 1)


def _turn(people: tuple[str, ...], elapsed: int, kind: str) -> tuple[str, ...]:
    """Whose turn it is so many days after the first; nobody's before."""
    if elapsed < 0 or not people:
        return ()
    turns = elapsed if kind == DAILY else elapsed // WEEK_DAYS
    return (people[turns % len(people)],)


def _days(zone: str, since: Timestamp, until: Timestamp) -> range:
    return range(shown_at(since, zone).day - 2, shown_at(until, zone).day + 2)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
