"""The fall: why an incident is, as facts that fall through the layers. Down is deeper, right later.

Each row is one fact or line at the clock time at which it began, joined by an elbow to what it
follows from. Places are percent of the width, heights pixels of rows that are 36 high.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerkeep.api.console.draw.clock import Clock, Tick
from layerkeep.api.console.words import told
from layerkeep.api.shapes.incidents import IncidentPage, LineShown
from layerkeep.api.shapes.journeys import ProofShown
from layerkeep.core.units import SECOND

ROW = 36
MARK_Y = 13
START, NOW = 6.0, 89.0
EVENTS_END = 62.0
"""Where the last event stands if now is so far behind it that the axis breaks between."""

BREAK_RATIO = 3
BEFORE_MAX = 2
"""Facts before the cause that are drawn: what led to it, not all that was."""

CUT = 78
WIDTH_TYPICAL = 820.0
LETTER = 6.3
NOW_LEAST = 60.0
_MARK = 20
SLACK = 12
"""Pixels: a drawing as wide as most are, and the widest letters of its text on average."""


@dataclass(frozen=True, slots=True)
class Elbow:
    """A straight piece between two points, `tone` as the row it leads to."""

    x1: float
    x2: float
    y1: int
    y2: int
    pre: bool = False


@dataclass(slots=True)
class FallRow:
    """One row: `mark` is `cause`, `symp` or `fine`, `side` where its words stand.

    `edges` are the pieces of elbows that cross this row. `room` is the width of the ground under
    its words in pixels. `proof` is set on a fact, `line` on the root and its symptoms.
    """

    where: str
    first: bool
    time: int
    says: str
    mark: str
    x: float
    side: str
    room: int
    line: LineShown | None = None
    proof: ProofShown | None = None
    edges: list[Elbow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fall:
    """The drawing; `joint` is where its axis breaks, None if it does not."""

    ticks: tuple[Tick, ...]
    now: float
    joint: float | None
    rows: tuple[FallRow, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    key: str
    parent: str
    chain: str
    time: int
    line: LineShown | None = None
    proof: ProofShown | None = None


def fall(page: IncidentPage, now: int, order: Sequence[str]) -> Fall:
    """The rows of an incident; `order` has the chains as they settle, parents first."""
    points = _points(page, order)
    end = page.incident.resolved or now
    clock = _clock([point.time for point in points], end)
    clock = _with_room(clock, points)
    rows: list[FallRow] = []
    last = ""
    for point in points:
        rows.append(_row(clock, point, first=point.chain != last))
        last = point.chain
    places = {point.key: nth for nth, point in enumerate(points)}
    for nth, point in enumerate(points):
        above = places.get(point.parent)
        if above is not None and above != nth:
            _join(rows, above, nth, pre=point.proof is not None or _is_first(point))
    joint = None
    if clock.joint is not None:
        joint = round((clock.joint_at + clock.right) / 2, 2)
    return Fall(clock.ticks(end, 6), clock.at(end), joint, tuple(rows))


def _is_first(point: _Point) -> bool:
    return point.line is not None and point.line.role == "root"


def _points(page: IncidentPage, order: Sequence[str]) -> list[_Point]:
    """What led to the root, the root, and what follows, by layer and then by time."""
    depth = {chain: nth for nth, chain in enumerate(order)}
    roots = [line for line in page.lines if line.role == "root"]
    points = [_Point(line.key, line.parent, line.chain, line.since, line) for line in page.lines]
    if roots:
        points = [*_before(roots[0]), *(p for p in points if p.line not in roots), *_root(roots[0])]
    return sorted(points, key=lambda p: (depth.get(p.chain, len(depth)), p.time, p.key))


def _root(root: LineShown) -> list[_Point]:
    led = _led(root)
    parent = f"fact {len(led) - 1}" if led else ""
    return [_Point(root.key, parent, root.chain, root.since, root)]


def _before(root: LineShown) -> list[_Point]:
    return [
        _Point(f"fact {n}", f"fact {n - 1}" if n else "", proof.chain, proof.time, proof=proof)
        for n, proof in enumerate(_led(root))
    ]


def _led(root: LineShown) -> list[ProofShown]:
    """The newest facts that prove the root and stood before it began, each statement once."""
    earlier: Mapping[tuple[str, str], ProofShown] = {
        (proof.says, proof.chain): proof
        for proof in sorted(root.proofs, key=lambda proof: proof.time)
        if proof.time < root.since
    }
    return sorted(earlier.values(), key=lambda proof: proof.time)[-BEFORE_MAX:]


def _clock(times: Sequence[int], end: int) -> Clock:
    start, last = min(times, default=end), max(times, default=end)
    end = max(end, start + SECOND)
    reach = max(last - start, SECOND)
    if end - last > BREAK_RATIO * reach:
        return Clock(start, end, joint=start + reach, joint_at=EVENTS_END, left=START, right=NOW)
    return Clock(start, max(end, last), left=START, right=NOW)


def _with_room(clock: Clock, points: Sequence[_Point]) -> Clock:
    """Now moves to the left until the words of the newest rows have room to its right."""
    if clock.joint is not None:
        return clock
    right = NOW
    for point in points:
        share = (point.time - clock.start) / (clock.end - clock.start)
        free = 100 * (1 - _room(_says(point)) / WIDTH_TYPICAL) - START
        if share > 0:
            right = min(right, START + free / share)
    return replace(clock, right=max(NOW_LEAST, right))


def _says(point: _Point) -> str:
    if point.line is not None:
        says = told(point.line.summary)
    else:
        assert point.proof is not None
        says = point.proof.says.replace("-", " ")
    return _cut(says, CUT)


def _cut(says: str, letters: int) -> str:
    return says if len(says) <= letters else says[: letters - 1].rstrip() + "…"


def _room(says: str) -> int:
    return _MARK + int(len(says) * LETTER)


def _row(clock: Clock, point: _Point, *, first: bool) -> FallRow:
    says = _says(point)
    mark = "fine"
    if point.line is not None:
        mark = "cause" if point.line.role == "root" else "symp"
    x = clock.at(point.time)
    before = x / 100 * WIDTH_TYPICAL
    after = WIDTH_TYPICAL - before + SLACK
    side = "left" if after < _room(says) and before > after else "right"
    says = _cut(says, int((max(before, after) - _MARK) / LETTER))
    return FallRow(
        where=point.chain,
        first=first,
        time=point.time,
        says=says,
        mark=mark,
        x=x,
        side=side,
        room=_room(says),
        line=point.line,
        proof=point.proof,
    )


def _join(rows: list[FallRow], above: int, below: int, *, pre: bool) -> None:
    """An elbow: straight down (or up) from what it follows from, then across."""
    x = rows[above].x
    down = above < below
    pieces = {above: (MARK_Y, ROW) if down else (0, MARK_Y)}
    pieces |= dict.fromkeys(range(min(above, below) + 1, max(above, below)), (0, ROW))
    pieces[below] = (0, MARK_Y) if down else (MARK_Y, ROW)
    for nth, (y1, y2) in pieces.items():
        _put(rows[nth], Elbow(x, x, y1, y2, pre))
    _put(rows[below], Elbow(x, rows[below].x, MARK_Y, MARK_Y, pre))


def _put(row: FallRow, elbow: Elbow) -> None:
    if elbow not in row.edges:
        row.edges.append(elbow)
