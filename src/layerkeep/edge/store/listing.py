"""Lists of messages: the rows that match, a page at a time.

A page is found by the one index that leaves the fewest rows to look at; what else is asked is
looked up row by row, so the other indexes are veiled from the planner. Pages follow each other by
the last row's sort key and number, so rows that come or go meanwhile neither repeat nor hide
others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, func, select, tuple_

from layerkeep.core.units import HOUR
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import message_row, one_reading, read_rows
from layerkeep.edge.store.records import MessageRow, sortable
from layerkeep.edge.store.statements import parts
from layerkeep.edge.store.tables import DUE, OPEN, PAID, messages, tallies

FEW = 5_000
"""So many rows are looked at one by one and sorted within some ten milliseconds. Of a million
messages a page in another order takes about as many looks, if so many of them match."""

COUNTED = 5_000
"""Rows that match are counted up to this."""

NAMED_FEW = 20_000
"""Rows with one name that are sorted by something else: that takes a tenth of a second. In order
they might all come last, as what carries a token is worth nothing in the chain's own."""

OPEN_FEW = 100_000
"""If no more are open, all open ones are gone through by their own index where that helps."""

ALONE = 8
"""So many kinds are asked for one by one, each by its own part of the index."""

PASSED_MAX = 10_000
"""Rows of other kinds that may be passed on the way to a full page."""

PAGE = 32
"""Rows of a usual page."""

SKEW = HOUR
"""No chain's clock is so far ahead of another's: a message was sent before it reached its stage, by
the clock of whichever chain."""

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
    a row may have reached its stage. `state` is `late` or `overdue` at the moment `now`. So many
    messages are `seen` in all, so many of them are `under_way`; 0 where nobody counted.
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
    seen: int = 0
    under_way: int = 0

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
    """How rows are found: by `order`, `kinds`, `open`, `ids`, `value` or a name's index.

    Pages are found by `by`. All that match are found by `least`, which leaves at most `count` rows
    to look at, more than COUNTED where that is not known.
    """

    by: str
    least: str
    count: int = COUNTED + 1

    @property
    def is_narrow(self) -> bool:
        """True if all that match can be looked at one by one."""
        return self.least == "ids" or self.count <= COUNTED


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an order: rows with this condition, by a column and then by their numbers."""

    column: Any
    falling: bool
    where: Any = None


async def way_to(store: Store, wanted: Wanted) -> Way:
    """The way that leaves the fewest rows."""
    if wanted.ids is not None:
        return Way("ids", "ids", len(wanted.ids))
    found = [(wanted.count, "order" if wanted.every else "kinds")]
    narrow = [(name, _named(name, asked)) for name in NAMES if (asked := getattr(wanted, name))]
    if wanted.value_min:
        narrow.append(("value", [messages.c.value >= sortable(wanted.value_min)]))
    if _is_open(wanted) and (wanted.state or wanted.rested is not None):
        narrow.append(("open", [OPEN, *conditions_of(wanted, "open")]))
    for by, conditions in narrow:
        rows = select(messages.c.seq).where(*conditions).limit(max(COUNTED, NAMED_FEW) + 1)
        count = select(func.count()).select_from(rows.subquery())
        found.append(((await read_rows(store, count))[0][0], by))
    fewest, least = min(found)
    return Way(_paged(wanted, found), least, min(fewest, COUNTED + 1))


def _paged(wanted: Wanted, found: list[tuple[int, str]]) -> str:
    """How a page is found: rows looked at in order if few have to be passed, else the fewest."""
    by_sent = wanted.sort.endswith("sent")
    fewest, least = min(found)
    in_order = "open" if _is_open(wanted) and by_sent else "order"
    if least == "kinds" and len(wanted.kinds) > ALONE and _is_dense(wanted):
        return in_order
    if fewest <= FEW:
        return least
    named = sorted(each for each in found if each[1] in NAMES)
    if named and (by_sent or named[0][0] <= NAMED_FEW):
        return named[0][1]
    return "kinds" if in_order == "order" and by_sent and not wanted.every else in_order


def _is_open(wanted: Wanted) -> bool:
    """True if only open messages match, and all that are open are not too many."""
    kinds = wanted.kinds
    return bool(kinds) and not any(k[4] for k in kinds) and wanted.under_way <= OPEN_FEW


def _is_dense(wanted: Wanted) -> bool:
    """True if messages of these kinds are found often enough among all."""
    pool = wanted.under_way if _is_open(wanted) else wanted.seen
    return PAGE * pool <= PASSED_MAX * wanted.count


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


def matching(wanted: Wanted, by: str, columns: Sequence[Any]) -> "list[Select[Any]]":
    """These columns of the rows that match: all that any of these queries gives."""
    plain = conditions_of(wanted, by)
    if by == "kinds" and len(wanted.kinds) > ALONE:
        query = select(*columns).join_from(tallies, messages, _of_tally())
        return [query.where(is_one_of(wanted.kinds), *plain)]
    if by == "kinds":
        return [select(*columns).where(*_of_kind(kind), *plain) for kind in wanted.kinds]
    if by == "open":
        plain.append(OPEN)
    if not (wanted.every or (by == "open" and wanted.count == wanted.under_way)):
        plain.append(of_kinds(wanted.kinds))
    if by == "ids":
        ids = parts(sorted(wanted.ids or ()))
        return [select(*columns).where(messages.c.id.in_(part), *plain) for part in ids]
    return [select(*columns).where(*plain)]


def is_one_of(kinds: Sequence[Kind]) -> ColumnElement[bool]:
    """True of the tallies of these kinds."""
    return tuple_(*(tallies.c[name] for name in KIND_COLUMNS)).in_(_values(kinds))


def _of_tally() -> ColumnElement[bool]:
    """True of a row and the tally it is counted in; rows are found by tallies, not they by rows."""
    return and_(*(messages.c[name] == veiled(tallies.c[name]) for name in KIND_COLUMNS))


def of_kinds(kinds: Sequence[Kind]) -> ColumnElement[bool]:
    """True of rows of these kinds; no index is used for it."""
    columns = tuple_(*(veiled(messages.c[name]) for name in KIND_COLUMNS))
    return columns.in_(_values(kinds))


def _values(kinds: Sequence[Kind]) -> list[tuple[str, str, str, str, int]]:
    return [(*kind[:4], int(kind[4])) for kind in kinds]


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


def conditions_of(wanted: Wanted, by: str, columns: Any = messages.c) -> list[Any]:
    """All that is asked besides kinds and ids, of a message's columns."""
    found: list[Any] = []
    for name in NAMES:
        if asked := getattr(wanted, name):
            found += _named(name, asked) if by == name else [veiled(columns[name]) == asked]
    if wanted.value_min:
        worth = columns.value
        by_worth = by == "value" or (by == "order" and wanted.sort.endswith("value"))
        found.append((worth if by_worth else veiled(worth)) >= sortable(wanted.value_min))
    if wanted.rested is not None:
        found.append(veiled(columns.since) <= wanted.rested)
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
    by_sent = way.by in (*NAMES, "kinds", "open") and segment.column.name == "sent"
    key = segment.column if way.by == "order" or by_sent else veiled(segment.column)
    found: list[Any] = []
    for query in matching(wanted, way.by, list(messages.columns)):
        if segment.where is not None:
            query = query.where(segment.where)
        if wanted.rested is not None and key is messages.c.sent:
            query = query.where(key <= wanted.rested + SKEW)
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
