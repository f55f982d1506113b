"""The waterfall: every step of a journey as a bar on one linear clock.

A bar is ink to the end of its usual range, `late` from there to its budget, `bad` behind it, and
dashed to where it should end. A step that kept inside usual, or has no budget to be measured by,
is ink. All places are percent of the drawing's width, all moments milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.api.console.draw.clock import Clock, Tick, clock_between
from layerkeep.api.shapes.journeys import HopShown, JourneyShown, StepShown
from layerkeep.api.shapes.messages import MessageShown

THIN = 0.5
"""The least width of a bar that was there: a step of no length is still a step."""

ROOM = 40
"""Of the axis one part in so many stays free behind the last bar."""

BUDGET_STRETCH = 2
"""A budget may make the axis this many times longer; one further out is told in words only."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a bar: `x` and `width` in percent, `tone` is `ok`, `late`, `bad` or `eta`."""

    x: float
    width: float
    tone: str = "ok"


@dataclass(frozen=True, slots=True)
class Row:
    """One step. `layer` is set on the first row of a chain; `begun` is false for what lies ahead.

    `enters` and `leaves` are where the connectors from the step before and to the next stand.
    """

    step: StepShown
    message: MessageShown
    hop: int
    layer: str
    first: bool
    begun: bool
    rests: bool
    usual: Span | None = None
    bars: tuple[Span, ...] = ()
    budget: float | None = None
    enters: float | None = None
    leaves: float | None = None


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The drawing: `now` is None when all was over before; `joint` is where the axis breaks."""

    ticks: tuple[Tick, ...]
    now: float | None
    joint: float | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Timed:
    """A step with when it began, or should begin (`begin` and `planned`), and when it ends."""

    step: StepShown
    hop: HopShown
    number: int
    begin: int | None
    end: int | None
    planned: int | None
    expected_end: int | None
    rests: bool


def waterfall(journey: JourneyShown, now: int, layers: Mapping[str, str]) -> Waterfall:
    """The rows of a journey; `layers` has each chain's layer in words (`L2`)."""
    timed = list(_timed(journey, now))
    clock = _clock(journey, now, timed)
    rows = []
    last = ""
    for nth, each in enumerate(timed):
        before = timed[nth - 1] if nth else None
        behind = timed[nth + 1] if nth + 1 < len(timed) else None
        rows.append(_row(clock, now, each, (before, behind), _layer(each.step, last, layers)))
        last = each.step.chain
    alive = clock.holds(now) and journey.ended is None
    return Waterfall(
        ticks=clock.ticks(now if alive else None),
        now=clock.at(now) if alive else None,
        joint=clock.at(clock.joint) if clock.joint is not None else None,
        rows=tuple(rows),
    )


def _layer(step: StepShown, last: str, layers: Mapping[str, str]) -> str:
    return layers.get(step.chain, step.chain) if step.chain != last else ""


def _timed(journey: JourneyShown, now: int) -> Iterator[_Timed]:
    """Each step with its times. What lies ahead is planned from the usual end of what was."""
    flat = [(n, hop, step) for n, hop in enumerate(journey.hops, 1) for step in hop.steps]
    reached = [step for _, _, step in flat if step.time is not None and step.counts]
    resting = reached[-1] if reached and journey.ended is None else None
    planned: int | None = None
    for nth, (number, hop, step) in enumerate(flat):
        rests = step is resting
        begin = step.time
        end = None if begin is None else _end(step, now, rests=rests)
        planned = begin if begin is not None else planned
        yield _Timed(step, hop, number, begin, end, planned, _next_expected(flat[nth + 1 :]), rests)
        planned = None if planned is None or step.usual is None else planned + step.usual


def _end(step: StepShown, now: int, *, rests: bool) -> int:
    assert step.time is not None
    if step.took is not None:
        return step.time + max(0, step.took)
    return max(now, step.time) if rests else step.time


def _next_expected(behind: Sequence[tuple[int, HopShown, StepShown]]) -> int | None:
    return next((step.expected for _, _, step in behind if step.expected is not None), None)


def _clock(journey: JourneyShown, now: int, timed: Sequence[_Timed]) -> Clock:
    begins = [each.begin for each in timed if each.begin is not None]
    start = min([journey.began, *begins])
    ends = [each.end for each in timed if each.end is not None]
    if journey.ended is not None:
        return clock_between(start, now, max([journey.ended, *ends]))
    for each in timed:
        ahead = (each.step.expected, each.expected_end)
        ends += [moment for moment in ahead if moment is not None]
        if each.planned is not None and each.step.usual is not None:
            ends.append(each.planned + each.step.usual)
    reach = max([now, *ends])
    far = start + BUDGET_STRETCH * (reach - start)
    budgets = [
        each.begin + each.step.budget
        for each in timed
        if each.begin is not None and each.step.budget is not None and each.rests
    ]
    end = max([reach, *(each for each in budgets if each <= far)])
    return clock_between(start, now, end + (end - start) // ROOM if end > now else end)


def _row(
    clock: Clock,
    now: int,
    timed: _Timed,
    around: tuple[_Timed | None, _Timed | None],
    layer: str,
) -> Row:
    step = timed.step
    before, behind = around
    begun = timed.begin is not None
    bars = _begun(clock, now, timed) if begun else _ahead(clock, now, timed)
    leaves = None
    if begun and step.counts and behind is not None and behind.begin is not None:
        leaves = clock.at(behind.begin)
    joined = begun and step.counts and before is not None and before.begin is not None
    usual = None
    if timed.planned is not None and step.usual and clock.holds(timed.planned):
        usual = _span(clock, timed.planned, timed.planned + step.usual, "usual")
    line = None
    if timed.begin is not None and step.budget is not None and step.counts:
        limit = timed.begin + step.budget
        line = clock.at(limit) if clock.holds(limit) else None
    return Row(
        step=step,
        message=timed.hop.message,
        hop=timed.number,
        layer=layer,
        first=bool(layer),
        begun=begun,
        rests=timed.rests,
        usual=usual,
        bars=tuple(bars),
        budget=line,
        enters=clock.at(timed.begin) if joined and timed.begin is not None else None,
        leaves=leaves,
    )


def _begun(clock: Clock, now: int, timed: _Timed) -> Iterator[Span]:
    """The bar of a step that began, cut at its usual end and at its budget."""
    step, begin, end = timed.step, timed.begin, timed.end
    assert begin is not None
    assert end is not None
    if not step.counts:
        return
    usual = end if step.usual is None or step.mark in ("usual", "failed") else begin + step.usual
    limit = end if step.budget is None or step.mark != "overdue" else begin + step.budget
    usual = min(usual, limit, end)
    yield _span(clock, begin, usual, "ok")
    if usual < min(limit, end):
        yield _span(clock, usual, min(limit, end), "late")
    if limit < end:
        yield _span(clock, limit, end, "bad")
    if timed.rests and timed.expected_end is not None and timed.expected_end > now:
        yield _span(clock, now, timed.expected_end, "eta")


def _ahead(clock: Clock, now: int, timed: _Timed) -> Iterator[Span]:
    """The dashed bar of a step that is still to come; none where nobody knows when."""
    expected = timed.step.expected
    if expected is None or expected < now:
        return
    end = timed.expected_end if timed.expected_end is not None else expected
    yield _span(clock, expected, max(expected, end), "eta")


def _span(clock: Clock, start: int, end: int, tone: str) -> Span:
    x, width = clock.at(start), clock.width(start, end)
    if width < THIN and tone in ("ok", "eta"):
        width = THIN
    return Span(min(x, 100 - width), width, tone)
