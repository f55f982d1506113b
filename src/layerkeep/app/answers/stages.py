"""Stages as they are shown: how final they are, how long messages rest there, whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from layerkeep.api.shapes.messages import FILLS, Bucket
from layerkeep.app.stories import Teller
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.outlook import clock_of, usual_band
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Duration
from layerkeep.core.view import View
from layerkeep.edge.store.summing import Resting

HOLLOW, QUARTER, HALF, FULL = FILLS
UP = "child-to-parent"

BOUNDS = (
    *(SECOND, 4 * SECOND, 15 * SECOND, MINUTE, 4 * MINUTE, 15 * MINUTE),
    *(HOUR, 4 * HOUR, 12 * HOUR, 2 * DAY, 7 * DAY),
)
"""Where histograms part the time in a stage: about alike on a logarithmic axis. What is longer is
told as up to twice the last."""


def fill_of(lifecycle: Lifecycle, name: str) -> str:
    """How final a stage is: it may still vanish, is claimed, is bound on the target, has ended."""
    stage = lifecycle.stage(name)
    if stage.final:
        return FULL
    if stage.claim == "confirmed" or stage.on_target:
        return HALF
    rank = lifecycle.rank(name)
    claimed = any(each.claim for each in lifecycle.stages[: rank + 1])
    return QUARTER if claimed else HOLLOW


@dataclass(frozen=True, slots=True)
class Spot:
    """One stage of one kind of message on one route."""

    source: str
    target: str
    lifecycle: Lifecycle
    stage: Stage

    @property
    def child(self) -> ChainName:
        """Whose bridge it is."""
        return ChainName(self.source if self.lifecycle.direction == UP else self.target)

    @property
    def place(self) -> tuple[str, str, str]:
        """What experience calls it."""
        return self.lifecycle.name, f"{self.source}->{self.target}", self.stage.name


def band_of(teller: Teller, view: View, spot: Spot) -> tuple[Duration, Duration] | None:
    """How long messages usually rest there: 5th to 95th percentile, or what is expected."""
    terms = teller.terms(spot.child)
    least = clock_of(view, spot.child, spot.stage, terms)
    return usual_band(least, spot.stage, teller.experience.band(spot.place))


def middle_of(teller: Teller, view: View, spot: Spot) -> Duration | None:
    """How long a message usually rests there; None where nobody knows."""
    least = clock_of(view, spot.child, spot.stage, teller.terms(spot.child))
    known = teller.experience.usual(spot.place)
    usual = max(least, known if known is not None else spot.stage.usual)
    return Duration(usual) if usual or known is not None else None


def whole_way(teller: Teller, view: View, spot: Spot) -> Duration | None:
    """How long the whole happy path usually takes; None while one step of it is not known."""
    total = 0
    for name in spot.lifecycle.happy:
        stage = spot.lifecycle.stage(name)
        if stage.final:
            continue
        usual = middle_of(teller, view, Spot(spot.source, spot.target, spot.lifecycle, stage))
        if usual is None:
            return None
        total += usual
    return Duration(total)


def budget_of(teller: Teller, spot: Spot) -> Duration | None:
    """How long a message may rest there; the topology's word counts before the stack's."""
    if spot.stage.final:
        return None
    own = teller.terms(spot.child).budgets
    return own.get(f"{spot.lifecycle.name}.{spot.stage.name}", spot.stage.budget)


def buckets_of(resting: Iterable[Resting]) -> tuple[Bucket, ...]:
    """The histogram of one stage: only bounds between the first and the last that hold any."""
    ends = (*BOUNDS, 2 * BOUNDS[-1])
    counts: dict[tuple[int, bool], int] = {}
    for each in resting:
        key = each.bound, each.overdue
        counts[key] = counts.get(key, 0) + each.count
    return tuple(
        Bucket(until=ends[bound], count=count, overdue=overdue)
        for (bound, overdue), count in sorted(counts.items())
    )
