"""Rotations, and who stands in for whom.

Days are counted as in the proleptic Gregorian calendar, 1 is 0001-01-01. Times of the day are
minutes after midnight on the wall clock of a time zone. Moments are milliseconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerkeep.core.units import Timestamp

WEEKLY = "weekly"
DAILY = "daily"
FOLLOW_THE_SUN = "follow-the-sun"
KINDS = (WEEKLY, DAILY, FOLLOW_THE_SUN)

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Shift:
    """Part of each day that a team, or people by turns, has; `until` <= `since` ends a day later.

    `days` are the weekdays on which it begins, 0 is Monday. A team that has another rotation of its
    own is asked there; else its people take turns, as `people` do, by `turn` weekly or daily.
    """

    since: int
    until: int
    timezone: str
    team: str = ""
    people: tuple[str, ...] = ()
    days: tuple[int, ...] = EVERY_DAY
    turn: str = WEEKLY


@dataclass(frozen=True, slots=True)
class Override:
    """A person, or whoever is on call in a team, has [since, until) whatever the turns say."""

    since: Timestamp
    until: Timestamp
    person: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Swap:
    """In [since, until) `one` has what would be the turn of `other`, and the other way round."""

    since: Timestamp
    until: Timestamp
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days, the last one included, on which somebody stands in; midnight to midnight at `timezone`.

    With `instead_of` only where that person's turn is.
    """

    first: int
    last: int
    timezone: str
    person: str = ""
    team: str = ""
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Who is on call by turns from the day `starts` on, changing at `handover` at `timezone`.

    A rotation that follows the sun has `shifts` in place of `people`.
    """

    name: str
    kind: str
    timezone: str
    starts: int
    handover: int = 0
    people: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    swaps: tuple[Swap, ...] = ()
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, slots=True)
class Oncall:
    """Every rotation by name."""

    rotations: Mapping[str, Rotation] = field(default_factory=dict)
