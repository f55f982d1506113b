"""What is said of messages: one row each, and all of them in one sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.api.console.draw.bar import Bar, bar
from layerkeep.api.console.draw.histogram import Histogram, histogram
from layerkeep.api.console.tell.filters import Asked
from layerkeep.api.console.tell.trim import whole
from layerkeep.api.console.tell.worth import Worth, summed, worth
from layerkeep.api.console.words import count, kind, many, short, stage
from layerkeep.api.shapes.messages import Bucket, MessagePage, MessageShown, StagePanel

MARKS = {
    "overdue": ("cause", "bad", "overdue"),
    "failed": ("cause", "bad", "failed"),
    "late": ("late", "late", "late"),
    "finished": ("f4", "", "finished"),
}
UP = ("child-to-parent", "up")
FILL_MARKS = {"hollow": "f0", "quarter": "f1", "half": "f2", "full": "f4"}


@dataclass(frozen=True, slots=True)
class Row:
    """A message with its bar; `over` is how long past its budget (a duration), None if inside."""

    message: MessageShown
    worth: Worth
    bar: Bar | None
    rested: int
    over: int | None
    mark: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One stage of one direction, all routes together, with its drawing."""

    shown: StagePanel
    drawing: Histogram
    href: str
    on: bool


@dataclass(frozen=True, slots=True)
class Direction:
    """The stages of one direction, in the order in which messages pass them."""

    word: str
    panels: tuple[Panel, ...]


def row(message: MessageShown, now: int) -> Row:
    """One line of the table. A finished message has no bar: it rests no more."""
    rested = whole(now - message.since)
    budget = message.due - message.since if message.due is not None else None
    drawn = bar(rested, message.usual, budget) if message.state != "finished" else None
    over = whole(now - message.due) if message.due is not None and now > message.due else None
    mark, tone, word = MARKS.get(message.state, ("fine", "dim3", "inside usual"))
    if message.state == "overdue" and message.incident:
        mark, word = "symp", "overdue, symptom"
    over = over if message.state == "overdue" else None
    return Row(message, worth(message), drawn, rested, over, mark, tone, word)


def sentence_of(asked: Asked, found: MessagePage) -> str:
    """`41 overdue through op-main`: how many, of what, where; uncounted is `at least`."""
    wanted = asked.wanted
    total = found.total if found.total is not None else len(found.items)
    state = "" if wanted.state == "open" else wanted.state
    noun = kind(wanted.kind) if wanted.kind else "message"
    said = many(total, noun) if not state else f"{count(total)} {state}"
    if state and wanted.kind:
        said = f"{count(total)} {state} {noun}{'' if total == 1 else 's'}"
    said += " open" if wanted.state == "open" else ""
    said += f" in {stage(wanted.stage)}" if wanted.stage else ""
    said += f" from {wanted.source}" if wanted.source else ""
    said += f" to {wanted.target}" if wanted.target else ""
    said += f" through {wanted.via}" if wanted.via else ""
    said += f" with {short(wanted.token)}" if wanted.token else ""
    return said if found.total is not None else f"at least {said}"


def carried(found: MessagePage) -> str:
    """What they carry together, empty if that was not counted."""
    return summed(found.amounts)


def shared_incident(items: Sequence[MessageShown]) -> str:
    """The incident behind which each of these stands, empty if they differ."""
    names = {each.incident for each in items}
    return names.pop() if len(names) == 1 else ""


def directions(panels: Iterable[StagePanel], asked: Asked) -> tuple[Direction, ...]:
    """Panels by direction; those of one stage and one kind of word are one, all routes together."""
    merged: dict[tuple[str, str, str], StagePanel] = {}
    for panel in panels:
        word = "withdrawals" if panel.direction in UP else "deposits"
        key = (word, panel.stage, panel.fill)
        merged[key] = _joined(merged[key], panel) if key in merged else panel
    told = []
    for word in ("withdrawals", "deposits"):
        mine = [panel for (of, _, _), panel in merged.items() if of == word]
        if mine:
            told.append(Direction(word, tuple(_panel(each, asked) for each in mine)))
    return tuple(told)


def _panel(shown: StagePanel, asked: Asked) -> Panel:
    on = asked.wanted.stage == shown.stage
    href = asked.address(stage="" if on else shown.stage)
    return Panel(shown, histogram(shown), href, on)


def _joined(one: StagePanel, other: StagePanel) -> StagePanel:
    """Both as one: counts add up, the band spans both, the nearer budget is drawn."""
    heights: dict[tuple[int, bool], int] = {}
    for bucket in (*one.buckets, *other.buckets):
        spot = (bucket.until, bucket.overdue)
        heights[spot] = heights.get(spot, 0) + bucket.count
    buckets = tuple(
        Bucket(until=until, count=height, overdue=over)
        for (until, over), height in sorted(heights.items())
    )
    return _replaced(
        one,
        {
            "count": one.count + other.count,
            "late": one.late + other.late,
            "overdue": one.overdue + other.overdue,
            "usual_low": _least(one.usual_low, other.usual_low),
            "usual_high": max(one.usual_high or 0, other.usual_high or 0) or None,
            "budget": _least(one.budget, other.budget),
            "buckets": buckets,
            "more": one.more or other.more,
        },
    )


def _replaced(panel: StagePanel, changes: Mapping[str, object]) -> StagePanel:
    fields = {name: getattr(panel, name) for name in panel.__struct_fields__}
    return StagePanel(**{**fields, **changes})


def _least(*durations: int | None) -> int | None:
    return min((each for each in durations if each is not None), default=None)
