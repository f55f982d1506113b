"""Wall clocks: which moment a time of day is in a time zone, and what a clock there shows.

The one place in the core that uses `datetime` and `zoneinfo`: for arithmetic, never for the time it
is now. The rules of time zones are IANA's, as `zoneinfo` reads them.
"""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from layerkeep.core.units import Timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
DAY_MINUTES = 24 * 60

Date = date
"""A day as TOML reads it."""


class Wall(NamedTuple):
    """What a clock on the wall shows: a day (1 is 0001-01-01), and minutes after midnight."""

    day: int
    minute: int


def zones() -> frozenset[str]:
    """The name of every time zone there is."""
    return frozenset(available_timezones())


def instant(day: int, minute: int, zone: str) -> Timestamp:
    """The first moment at which a clock in the zone shows this time or a later one.

    So an hour that is skipped begins and ends when the clocks change, an hour that comes twice
    counts from its first time, and later on the wall is never earlier in truth.
    """
    shown = datetime.fromordinal(day) + timedelta(minutes=minute)
    there = ZoneInfo(zone)
    early, late = (_utc(shown, there, fold) for fold in (0, 1))
    if early <= late:
        return _stamp(early)
    low, high = late - SECOND, early  # skipped: the clocks change between these two
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        if middle.astimezone(there).replace(tzinfo=None) >= shown:
            high = middle
        else:
            low = middle
    return _stamp(high)


def shown_at(at: Timestamp, zone: str) -> Wall:
    """What a clock in the zone shows at this moment, to the minute."""
    there = _local(at, zone)
    return Wall(there.toordinal(), there.hour * 60 + there.minute)


def ahead_of_utc(at: Timestamp, zone: str) -> int:
    """How far the zone's clocks are ahead of UTC at this moment, in ms; negative if behind."""
    return (_local(at, zone).utcoffset() or timedelta()) // MILLISECOND


def wall_text(at: Timestamp, zone: str) -> str:
    """A moment as a person in the zone says it: `Thu 2026-12-24 09:00 CET`."""
    return _local(at, zone).strftime("%a %Y-%m-%d %H:%M %Z")


def iso_text(at: Timestamp, zone: str) -> str:
    """A moment with its offset, as TOML writes it: `2026-12-24T09:00:00+01:00`."""
    return _local(at, zone).isoformat(timespec="seconds")


def weekday(day: int) -> int:
    """0 for Monday."""
    return (day - 1) % 7


def moment_of(value: object) -> Timestamp | None:
    """The moment of a date-time with an offset; None of anything else."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return _stamp(value)


def day_of(value: object) -> int | None:
    """The day of a date without a time; None of anything else."""
    if not isinstance(value, date) or isinstance(value, datetime):
        return None
    return value.toordinal()


def day_text(day: int) -> str:
    """A day as TOML writes it: `2026-12-24`."""
    return date.fromordinal(day).isoformat()


def _utc(shown: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _local(at: Timestamp, zone: str) -> datetime:
    return (EPOCH + at * MILLISECOND).astimezone(ZoneInfo(zone))


def _stamp(moment: datetime) -> Timestamp:
    return Timestamp((moment - EPOCH) // MILLISECOND)
