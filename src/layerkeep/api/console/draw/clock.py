"""A linear clock: moments in milliseconds to percent, with its ticks. It breaks once at most.

Past 1 : 200 between what was and what is to come, the axis breaks at now: each side is linear
in itself, so that neither is squeezed to a line.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

LEFT, RIGHT = 1.5, 98.5
"""Percent kept free at both ends, so that a mark at an end is drawn whole."""

BREAK_RATIO = 200
BREAK_AT = 50.0

STEPS = (
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 7, 14, 30, 90, 365)),
)
"""Distances between ticks that a reader counts in without thought."""

CLEAR_OF_NOW = 7.5
"""Percent on both sides of now without the words of another tick."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line at `x` percent with its words."""

    x: float
    says: str


@dataclass(frozen=True, slots=True)
class Clock:
    """An axis from `start` to `end`, broken at `joint` if it is not None (its place in percent)."""

    start: int
    end: int
    joint: int | None = None
    joint_at: float = BREAK_AT
    left: float = LEFT
    right: float = RIGHT

    def at(self, moment: int) -> float:
        """Where a moment stands, in percent; clamped to the axis."""
        moment = min(max(moment, self.start), self.end)
        if self.joint is None:
            return _between(moment, (self.start, self.end), (self.left, self.right))
        if moment <= self.joint:
            return _between(moment, (self.start, self.joint), (self.left, self.joint_at))
        return _between(moment, (self.joint, self.end), (self.joint_at, self.right))

    def width(self, start: int, end: int) -> float:
        """How wide from one moment to another, in percent; never negative."""
        return round(max(0.0, self.at(end) - self.at(start)), 2)

    def holds(self, moment: int) -> bool:
        """True if the moment is on the axis, so that its place is its own."""
        return self.start <= moment <= self.end

    def ticks(self, now: int | None, count_max: int = 8) -> tuple[Tick, ...]:
        """Grid lines at round moments, none so near to `now` that their words would meet."""
        if self.joint is None:
            found = _ticks(self.start, self.end, count_max)
        else:
            half = max(2, count_max // 2)
            found = [
                *_ticks(self.start, self.joint, half),
                *_ticks(self.joint, self.end, half),
            ]
        shown: list[Tick] = []
        for moment, says in found:
            x = self.at(moment)
            near_now = now is not None and abs(x - self.at(now)) < CLEAR_OF_NOW
            if not near_now and not (shown and x - shown[-1].x < CLEAR_OF_NOW):
                shown.append(Tick(x, says))
        return tuple(shown)


def clock_between(start: int, now: int, end: int) -> Clock:
    """The axis for what began at `start` and ends at `end`, broken at `now` past 1 : 200."""
    end = max(end, start + SECOND)
    if not start < now < end:
        return Clock(start, end)
    gone, ahead = now - start, end - now
    if ahead >= MINUTE and max(gone, ahead) > BREAK_RATIO * min(gone, ahead):
        return Clock(start, end, joint=now)
    return Clock(start, end)


def _between(moment: int, span: tuple[int, int], ends: tuple[float, float]) -> float:
    share = (moment - span[0]) / max(1, span[1] - span[0])
    return round(ends[0] + (ends[1] - ends[0]) * share, 2)


def _ticks(start: int, end: int, count_max: int) -> list[tuple[int, str]]:
    span = end - start
    step = next((each for each in STEPS if span <= each * count_max), STEPS[-1])
    first = -(-start // step) * step
    days = start // DAY != end // DAY
    return [(each, _says(each, step, days=days)) for each in range(first, end + 1, step)]


def _says(moment: int, step: int, *, days: bool) -> str:
    then = datetime.fromtimestamp(moment // SECOND, UTC)
    if step >= DAY or (days and moment % DAY == 0):
        return f"{then.day}\u00a0{then:%b}"
    return f"{then:%H:%M:%S}" if step < MINUTE else f"{then:%H:%M}"
