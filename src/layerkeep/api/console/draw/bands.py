"""The band of routes between a chain and its parent: two pipes, and the messages by stage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerkeep.api.shapes.chains import ChainShown
from layerkeep.api.shapes.messages import RouteShown, StagePanel

DOTS_MAX = 34
"""Above, one dot stands for ten."""

NOTE_DOTS_MAX = 18
"""With more dots there is no room for the usual time beside them."""

_FILLS = {"hollow": "f0s", "quarter": "f1s", "half": "f2s", "full": "f4s"}
_DOT_FIRST, _DOT_STEP = 4.5, 7.6


@dataclass(frozen=True, slots=True)
class Dot:
    """One open message, or ten: where it stands in pixels, and its colour class."""

    x: float
    tone: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One stage of one lane. `tone` colours its note; `each` is how many one dot stands for."""

    lane: str
    panel: StagePanel
    mark: str
    dots: tuple[Dot, ...]
    tone: str
    each: int
    usual: int | None


@dataclass(frozen=True, slots=True)
class Band:
    """Both directions between a chain and its parent; `down` and `up` colour the pipes."""

    parent: str
    child: str
    down: str
    up: str
    shelves: tuple[Shelf, ...]


def band(chain: ChainShown, routes: Sequence[RouteShown]) -> Band:
    """The routes of a chain to its parent. What a blind chain's hold is what was last seen."""
    blind = chain.blind_since is not None
    down = [r for r in routes if (r.source, r.target) == (chain.parent, chain.name)]
    up = [r for r in routes if (r.source, r.target) == (chain.name, chain.parent)]
    return Band(
        parent=chain.parent,
        child=chain.name,
        down=_pipe(down, blind),
        up=_pipe(up, blind),
        shelves=tuple(
            _shelf(panel, lane, blind)
            for route, climbing in ((down, False), (up, True))
            for lane, panel in _rows(route, climbing)
        ),
    )


def _rows(routes: Sequence[RouteShown], climbing: bool) -> Iterator[tuple[bool, StagePanel]]:
    """The stages that hold messages, and each lane's first: nearest the upper layer uppermost."""
    rested = [panel for route in routes for panel in route.stages if not panel.final]
    kinds = list(dict.fromkeys(panel.kind for panel in rested))
    for nth, kind in enumerate(kinds):
        stages = [panel for panel in rested if panel.kind == kind]
        kept = [p for p in stages if p.count or (nth == 0 and p is stages[0])]
        for place, panel in enumerate(reversed(kept) if climbing else kept):
            yield place == 0, panel


def _shelf(panel: StagePanel, is_first: bool, blind: bool) -> Shelf:
    each = 10 if panel.count > DOTS_MAX else 1
    total = -(-panel.count // each)
    bad = -(-panel.overdue // each)
    late = -(-panel.late // each)
    tones = ["bad"] * bad + ["late"] * late + [""] * total
    dots = tuple(
        Dot(round(_DOT_FIRST + _DOT_STEP * nth, 1), "blind" if blind else tone)
        for nth, tone in enumerate(tones[: min(total, DOTS_MAX)])
    )
    tone = "blind" if blind else "bad" if panel.overdue else "late" if panel.late else ""
    roomy = len(dots) <= NOTE_DOTS_MAX and not tone
    return Shelf(
        lane=panel.kind if is_first else "",
        panel=panel,
        mark=_FILLS[panel.fill],
        dots=dots,
        tone=tone,
        each=each,
        usual=panel.usual_high if roomy else None,
    )


def _pipe(routes: Sequence[RouteShown], blind: bool) -> str:
    if blind or any(route.mark == "blind" for route in routes):
        return "blind"
    if any(route.overdue or route.mark in ("cause", "symptom", "false") for route in routes):
        return "bad"
    late = any(panel.late for route in routes for panel in route.stages)
    return "late" if late else "dim3"
