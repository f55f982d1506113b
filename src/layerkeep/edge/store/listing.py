"""Lists of messages: the rows that match, a page at a time.

A page is found by the one index that leaves the fewest rows; what else is asked is looked up row by
row, so the other indexes are veiled from the planner. Pages follow each other by the last row's
sort key and number, so rows that come or go meanwhile neither repeat nor hide others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, select, tuple_

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import message_row, one_reading, read_rows
from layerkeep.edge.store.records import MessageRow, sortable
from layerkeep.edge.store.statements import parts
from layerkeep.edge.store.tables import DUE, PAID, messages

FEW = 20_000
"""So many rows are looked at one by one and sorted within some ten milliseconds."""

NAMES = ("sender", "recipient", "token")
SORTS = ("sent", "-sent", "value", "-value", "due", "-due")
LATE, OVERDUE = "late", "overdue"

Kind = tuple[str, str, str, str, bool, int]
"""Source, target, lifecycle, stage, whether that is its end, and how many messages are there."""

Position = tuple[int, int | str, int]
"""Where a page ended: the segment of the order, the last row's sort key and its number."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows, and in which order; what is empty or None asks for nothing.

    `kinds` are those that match, `every` is true if all do. `rested` is the latest moment at which
    a row may have reached its stage. `state` is `late` or `overdue` at the moment `now`.
    """

    kinds: tuple[Kind, ...]
    every: bool
    now: int
    token: str = ""
    sender: str = ""
    recipient: str = ""
    value_min: int = 0
    rested: int | None = None
    state: str = ""
    ids: frozenset[str] | None = None
    sort: str = "-sent"

    @property
    def count(self) -> int:
        """How many messages are of a kind that matches."""
        return sum(kind[5] for kind in self.kinds)

    @property
    def by_kind_only(self) -> bool:
        """True if the kinds decide alone which rows match."""
        narrow = (self.token, self.sender, self.recipient, self.value_min, self.state)
        return not any(narrow) and self.rested is None and self.ids is None


@dataclass(frozen=True, slots=True)
class Way:
    """How rows are found: by `order`, `kinds`, `ids`, `sender`, `recipient` or `token`.

    That leaves at most `count` rows, more than FEW where that is not known.
    """

    by: str
    count: int = FEW + 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an order: rows with this condition, by a column and then by their numbers."""

    column: Any
    falling: bool
    where: Any = None


async def way_to(store: Store, wanted: Wanted) -> Way:
    """The way that leaves the fewest rows."""
    if wanted.ids is not None:
        return Way("ids", len(wanted.ids))
    found = [(wanted.count, "order" if wanted.every else "kinds")]
    for name in NAMES:
        if asked := getattr(wanted, name):
            rows = select(messages.c.seq).where(*_named(name, asked)).limit(FEW + 1)
            count = select(func.count()).select_from(rows.subquery())
            found.append(((await read_rows(store, count))[0][0], name))
    fewest, by = min(found)
    if fewest <= FEW:
        return Way(by, fewest)
    return Way("kinds" if not wanted.every and wanted.sort.endswith("sent") else "order")


async def page(
    store: Store, wanted: Wanted, way: Way, after: Position | None, count: int
) -> tuple[list[MessageRow], Position | None]:
    """The next rows in order, and where they end; None if none are behind them."""
    found: list[tuple[Position, Any]] = []
    async with one_reading(store):
        for number, segment in enumerate(_segments(wanted)):
            if after is not None and number < after[0]:
                continue
            start = after if after is not None and number == after[0] else None
            left = count + 1 - len(found)
            rows = await _rows(store, wanted, way, segment, start, left)
            found += [((number, row._mapping[segment.column.name], row.seq), row) for row in rows]
            if len(found) > count:
                return [message_row(row) for _, row in found[:count]], found[count - 1][0]
    return [message_row(row) for _, row in found], None


def matching(wanted: Wanted, way: Way) -> list[list[Any]]:
    """The conditions under which rows match: any of these, each of them all at once."""
    plain = [*_conditions(wanted, way)]
    if way.by == "kinds":
        return [[*_of_kind(kind), *plain] for kind in wanted.kinds]
    if not wanted.every:
        plain.append(of_kinds(wanted.kinds))
    if way.by == "ids":
        ids = sorted(wanted.ids or ())
        return [[messages.c.id.in_(part), *plain] for part in parts(ids)]
    return [plain]


def of_kinds(kinds: Sequence[Kind]) -> ColumnElement[bool]:
    """True of rows of these kinds; no index is used for it."""
    columns = tuple_(*(veiled(messages.c[name]) for name in KIND_COLUMNS))
    return columns.in_([(*kind[:4], int(kind[4])) for kind in kinds])


def veiled(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column's value, by which no index is chosen."""
    return column.concat("") if isinstance(column.type, String) else column + 0


def by_state(state: str, now: int) -> list[ColumnElement[bool]]:
    """What `late` and `overdue` mean at a moment: past the usual time, past the budget."""
    due, late_at = veiled(messages.c.due), veiled(messages.c.late_at)
    if state == OVERDUE:
        return [due < now]
    return [late_at < now, due.is_(None) | (due >= now)]


KIND_COLUMNS = ("source", "target", "lifecycle", "stage", "finished")


def _of_kind(kind: Kind) -> list[Any]:
    values = (*kind[:4], int(kind[4]))
    return [messages.c[name] == value for name, value in zip(KIND_COLUMNS, values, strict=True)]


def _named(name: str, asked: str) -> list[Any]:
    """What an index by this name is chosen by."""
    return [messages.c[name] == asked, *([PAID] if name == "token" else [])]


def _conditions(wanted: Wanted, way: Way) -> list[Any]:
    """All that is asked besides kinds and ids."""
    found: list[Any] = []
    for name in NAMES:
        if asked := getattr(wanted, name):
            found += _named(name, asked) if way.by == name else [veiled(messages.c[name]) == asked]
    if wanted.value_min:
        worth = messages.c.value
        by_worth = way.by == "order" and wanted.sort.endswith("value")
        found.append((worth if by_worth else veiled(worth)) >= sortable(wanted.value_min))
    if wanted.rested is not None:
        found.append(veiled(messages.c.since) <= wanted.rested)
    if wanted.state:
        found += by_state(wanted.state, wanted.now)
    return found


def _segments(wanted: Wanted) -> list[Segment]:
    """The order in parts: what is never due comes behind all that is, newest first."""
    name, falling = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    if name != "due":
        return [Segment(messages.c[name], falling)]
    never = Segment(messages.c.sent, falling=True, where=veiled(messages.c.due).is_(None))
    ended = not wanted.every and all(kind[4] for kind in wanted.kinds)
    return [never] if ended else [Segment(messages.c.due, falling, DUE), never]


async def _rows(
    store: Store,
    wanted: Wanted,
    way: Way,
    segment: Segment,
    *where: Any,
) -> list[Any]:
    """The first rows of a segment behind a position."""
    start, count = where
    by_index = way.by == "order" or (way.by in (*NAMES, "kinds") and segment.column.name == "sent")
    key = segment.column if by_index else veiled(segment.column)
    found: list[Any] = []
    for conditions in matching(wanted, way):
        query = select(messages).where(*conditions)
        if segment.where is not None:
            query = query.where(segment.where)
        found += await read_rows(store, _behind(query, key, segment, start).limit(count))
    found.sort(key=lambda r: (r._mapping[segment.column.name], r.seq), reverse=segment.falling)
    return found[:count]


def _behind(
    query: "Select[Any]", key: Any, segment: Segment, start: Position | None
) -> "Select[Any]":
    """The query in a segment's order, from behind a position on."""
    seq = messages.c.seq
    if start is not None:
        here, last = tuple_(key, seq), tuple_(*start[1:])
        query = query.where(here < last if segment.falling else here > last)
    if segment.falling:
        return query.order_by(key.desc(), seq.desc())
    return query.order_by(key, seq)


def only(wanted: Wanted, *, finished: bool) -> Wanted:
    """The same of what is finished or of what is not."""
    kinds = tuple(kind for kind in wanted.kinds if kind[4] is finished)
    return replace(wanted, kinds=kinds, every=False)
