"""The gauge of a chain: three rails with usual ranges, budgets and heads, joined by the keel."""

from dataclasses import dataclass
from itertools import pairwise

from layerkeep.api.console.draw.axis import TICKS, position
from layerkeep.api.console.words import duration
from layerkeep.api.shapes.chains import ChainShown, HeadShown
from layerkeep.core.units import SECOND

ROW = 17.0
"""Pixels from one rail to the next."""

GRID = tuple((position(age), word) for age, word in TICKS)
"""Where the grid lines stand, with their words."""

_TAGS = {"latest": "f0", "safe": "f2", "finalized": "f4"}
_TONES = {"late": "late", "overdue": "bad"}


@dataclass(frozen=True, slots=True)
class Rail:
    """One head on its rail: places in percent, `y` in pixels, the age (a duration) or None.

    `band` is the usual range (left, width), `drag` the coloured line from the band to the head.
    """

    tag: str
    mark: str
    tone: str
    state: str
    y: float
    x: float | None
    age: int | None
    band: tuple[float, float] | None
    budget: float | None
    drag: tuple[float, float] | None
    title: str


@dataclass(frozen=True, slots=True)
class Joint:
    """A piece of the keel, from one head to the next; `tone` is `bad` where it bends."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """A drawn gauge; `said` tells it to who cannot see it."""

    rails: tuple[Rail, ...]
    keel: tuple[Joint, ...]
    grid: tuple[tuple[float, str], ...]
    height: float
    said: str


def gauge(chain: ChainShown, now: int, row: float = ROW) -> Gauge:
    """The gauge of a chain that is seen. Rows stand `row` pixels apart."""
    rails = tuple(_rail(head, now, row * (nth + 0.5)) for nth, head in enumerate(chain.heads))
    shown = [rail for rail in rails if rail.x is not None]
    said = ", ".join(_said(rail) for rail in rails)
    joints = tuple(_joint(*pair) for pair in pairwise(shown))
    return Gauge(rails, joints, GRID, row * len(rails), said)


def _rail(head: HeadShown, now: int, y: float) -> Rail:
    known = head.time is not None and head.state not in ("blind", "untold")
    age = max(0, now - head.time) // SECOND * SECOND if known and head.time is not None else None
    x = position(age) if age is not None else None
    band = drag = None
    tone = _TONES.get(head.state, "")
    if head.usual_low is not None and head.usual_high is not None:
        left, right = position(head.usual_high), position(head.usual_low)
        band = (left, round(right - left, 2))
        if tone and x is not None and x < left:
            drag = (x, left)
    return Rail(
        tag=head.tag,
        mark=_TAGS.get(head.tag, "f0"),
        tone=tone,
        state=head.state if known else "",
        y=y,
        x=x,
        age=age,
        band=band,
        budget=position(head.budget) if head.budget is not None else None,
        drag=drag,
        title=_title(head),
    )


def _joint(upper: Rail, lower: Rail) -> Joint:
    assert upper.x is not None, "only what is seen is joined"
    assert lower.x is not None, "only what is seen is joined"
    bent = lower.state == "overdue" and lower.x != upper.x
    return Joint(upper.x, upper.y, lower.x, lower.y, "bad" if bent else "")


def _said(rail: Rail) -> str:
    if rail.age is None:
        return f"{rail.tag} not seen"
    word = f" {rail.state}" if rail.state in _TONES else ""
    return f"{rail.tag} {duration(rail.age)}{word}"


def _title(head: HeadShown) -> str:
    """The figures of the band and the budget: the band alone is too faint to be read from."""
    parts = []
    if head.height is not None:
        parts.append(f"block {head.height:,}")
    if head.usual_low is not None and head.usual_high is not None:
        parts.append(f"usual {duration(head.usual_low)} to {duration(head.usual_high)}")
    if head.budget is not None:
        parts.append(f"budget {duration(head.budget)}")
    return ", ".join(parts)
