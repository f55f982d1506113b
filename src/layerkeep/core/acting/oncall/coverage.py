"""Where nobody is on call, where two are at once, and who is in two rotations at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.core.acting.oncall.model import Oncall, Rotation
from layerkeep.core.acting.oncall.rotation import Piece, on_call, pieces, rotations_asked
from layerkeep.core.acting.oncall.walltime import ahead_of_utc, instant, shown_at
from layerkeep.core.acting.people.model import People
from layerkeep.core.units import Timestamp

GAP = "gap"
OVERLAP = "overlap"
DOUBLE_BOOKED = "double-booked"

CLOCKS = "clocks"
NOT_STARTED = "not-started"
DECLARED = "declared"

MINUTE = 60_000
FAR_DAYS = 28
"""Four weeks: the same weekday, and longer than any two zones change their clocks apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """In [since, until) something is odd with these rotations.

    `gap`: nobody is on call. `overlap`: two or more are in one rotation. `double-booked`: one
    person is in two. `reason`: the rotation has not begun (`not-started`), it is so only while the
    clocks of its zones are nearer or further apart than usual, which four weeks before or after
    they are not (`clocks`), or it is `declared` so.
    """

    kind: str
    rotations: tuple[str, ...]
    since: Timestamp
    until: Timestamp
    people: tuple[str, ...] = ()
    reason: str = DECLARED


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is on call in [since, until) by rotation, and everything that is odd, by time."""

    since: Timestamp
    until: Timestamp
    pieces: dict[str, tuple[Piece, ...]]
    findings: tuple[Finding, ...]


def coverage(oncall: Oncall, people: People, since: Timestamp, until: Timestamp) -> Coverage:
    """All rotations over a stretch of time."""
    cut = {name: pieces(oncall, people, name, since, until) for name in oncall.rotations}
    found: list[Finding] = []
    for name, parts in cut.items():
        found += _of_rotation(oncall, people, oncall.rotations[name], parts)
    found += _double_booked(oncall, people, cut)
    order = sorted(found, key=lambda each: (each.since, each.kind, each.rotations))
    return Coverage(since, until, cut, tuple(order))


def _of_rotation(
    oncall: Oncall, people: People, rotation: Rotation, parts: Sequence[Piece]
) -> list[Finding]:
    return [
        Finding(
            OVERLAP if part.people else GAP,
            (rotation.name,),
            part.since,
            part.until,
            part.people,
            _reason(oncall, people, rotation, part),
        )
        for part in parts
        if len(part.people) != 1
    ]


def _reason(oncall: Oncall, people: People, rotation: Rotation, odd: Piece) -> str:
    zones = sorted({rotation.timezone, *(shift.timezone for shift in rotation.shifts)})
    if shown_at(Timestamp(odd.until - 1), rotation.timezone).day <= rotation.starts:
        return NOT_STARTED
    middle = Timestamp((odd.since + odd.until) // 2 // MINUTE * MINUTE)
    day, minute = shown_at(middle, zones[0])
    for far in (-FAR_DAYS, FAR_DAYS):
        then = instant(day + far, minute, zones[0])
        one = len(on_call(oncall, people, rotation.name, then)) == 1
        if one and _apart(zones, then) != _apart(zones, middle):
            return CLOCKS
    return DECLARED


def _apart(zones: Sequence[str], at: Timestamp) -> list[int]:
    """How far each zone's clocks are from the first one's, in ms."""
    first = ahead_of_utc(at, zones[0])
    return [ahead_of_utc(at, zone) - first for zone in zones]


def _double_booked(
    oncall: Oncall, people: People, cut: dict[str, tuple[Piece, ...]]
) -> list[Finding]:
    """One person in two rotations, unless one of them is decided by the other."""
    found: list[Finding] = []
    names = sorted(cut)
    asked = {name: rotations_asked(oncall, people, name) for name in names}
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            if one in asked[other] or other in asked[one] or asked[one] & asked[other]:
                continue
            found += _shared((one, cut[one]), (other, cut[other]))
    return found


def _shared(one: tuple[str, Sequence[Piece]], other: tuple[str, Sequence[Piece]]) -> list[Finding]:
    found: list[Finding] = []
    left, right = list(one[1]), list(other[1])
    while left and right:
        mine, theirs = left[0], right[0]
        since, until = max(mine.since, theirs.since), min(mine.until, theirs.until)
        both = tuple(name for name in mine.people if name in theirs.people)
        if both and found and (found[-1].until, found[-1].people) == (since, both):
            since = found.pop().since
        if both:
            found.append(Finding(DOUBLE_BOOKED, (one[0], other[0]), since, until, both))
        for queue in (left, right):
            if queue[0].until <= until:
                queue.pop(0)
    return found
