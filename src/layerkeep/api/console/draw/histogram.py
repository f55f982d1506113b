"""Time in stage as a histogram on a logarithmic axis, with the usual band and the budget line.

Places are percent of the width, heights pixels of a drawing that is 70 high: bars stand on 48, the
band lies under them, words under that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from layerkeep.api.shapes.messages import Bucket, StagePanel
from layerkeep.core.units import SECOND

FLOOR = 48.0
TALL = 46.0
LEAST = 3.0
"""One message among thousands is still seen."""

LEFT, RIGHT = 1.0, 97.0
GAP = 0.8
APART = 24.0
"""Percent that two words under one drawing need between them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One bucket: place and width in percent, top and height in pixels."""

    x: float
    width: float
    y: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class Label:
    """A duration under the drawing, and on which side of its place its words stand."""

    x: float
    duration: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """The drawing; `usual` is the band's place and width."""

    columns: tuple[Column, ...]
    usual: tuple[float, float] | None
    budget: float | None
    labels: tuple[Label, ...]


def histogram(panel: StagePanel) -> Histogram:
    """The drawing of one panel."""
    edges = _edges(panel.buckets)
    known = [
        *(edge for pair in edges for edge in pair),
        *(each for each in (panel.usual_low, panel.usual_high, panel.budget) if each),
    ]
    low = max(SECOND, min(known, default=SECOND))
    high = max([low * 2, *known])
    highest = max((bucket.count for bucket in panel.buckets), default=0)
    columns = []
    for (start, end), bucket in zip(edges, panel.buckets, strict=True):
        start, end = _cut(start, end, bucket, panel.budget)
        if bucket.count:
            x, after = _at(start, low, high), _at(end, low, high)
            height = round(max(LEAST, TALL * bucket.count / highest), 1)
            width = round(max(GAP, after - x - GAP), 2)
            tone = "bad" if bucket.overdue else "ok"
            columns.append(Column(x, width, round(FLOOR - height, 1), height, tone))
    usual = None
    if panel.usual_high:
        begins = _at(max(SECOND, panel.usual_low or 0), low, high)
        usual = (begins, round(max(1.0, _at(panel.usual_high, low, high) - begins), 2))
    budget = _at(panel.budget, low, high) if panel.budget else None
    return Histogram(tuple(columns), usual, budget, _labels(panel, usual, budget))


def _edges(buckets: Sequence[Bucket]) -> list[tuple[int, int]]:
    """From where to where each bucket reaches; the first begins one step of the scale below."""
    if not buckets:
        return []
    step = buckets[1].until / max(1, buckets[0].until) if len(buckets) > 1 else 2.0
    starts = [int(buckets[0].until / max(1.1, step)), *(each.until for each in buckets[:-1])]
    return [(start, each.until) for start, each in zip(starts, buckets, strict=True)]


def _cut(start: int, end: int, bucket: Bucket, budget: int | None) -> tuple[int, int]:
    """A bucket across the budget is drawn on its own side of the line, where the colour changes."""
    if not budget or not start < budget < end:
        return start, end
    return (budget, end) if bucket.overdue else (start, budget)


def _at(duration: int, low: int, high: int) -> float:
    share = log(max(duration, low) / low) / log(high / low)
    return round(LEFT + (RIGHT - LEFT) * min(1.0, share), 2)


def _labels(
    panel: StagePanel, usual: tuple[float, float] | None, budget: float | None
) -> tuple[Label, ...]:
    """The budget always; the usual end where its words have room beside it."""
    found = []
    if usual is not None and panel.usual_high:
        middle = round(usual[0] + usual[1] / 2, 2)
        if budget is None or abs(budget - middle) >= APART:
            found.append(Label(middle, panel.usual_high, _anchor(middle)))
    if budget is not None and panel.budget:
        found.append(Label(budget, panel.budget, _anchor(budget)))
    return tuple(found)


def _anchor(x: float) -> str:
    if x > 88:
        return "end"
    return "start" if x < 12 else "middle"
