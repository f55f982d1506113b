"""What lists of messages add up to: how many match, what they carry, how long they have rested."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, literal_column, select

from layerkeep.edge.store.listing import (
    COUNTED,
    KIND_COLUMNS,
    LATE,
    NAMES,
    OVERDUE,
    Kind,
    Wanted,
    Way,
    by_state,
    conditions_of,
    is_one_of,
    matching,
    only,
    veiled,
)
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import one_reading, read_rows
from layerkeep.edge.store.records import amount_of
from layerkeep.edge.store.tables import ENDED, OPEN, messages, tallies

COLUMNS = [messages.c[name] for name in KIND_COLUMNS[:4]]

IN_PLACES = (messages.c.finished == literal_column("0"), messages.c.since >= literal_column("0"))
"""True of all that is open; found place by place by the one index that has how long it rests."""

Place = tuple[str, str, str, str]
"""Source, target, lifecycle and stage."""

SUMMED = COUNTED
"""So many rows at most are added up: what they carry is told to the last wei, by Python."""

LOOKED_AT = 5_000
"""Rows of all ends together that are looked at one by one, the newest of each end."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows match and what they carry; None where there are too many to add them up."""

    count: int | None
    amounts: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How many messages came to each end; of the ends in `more` at least so many."""

    counts: Counter[Place]
    more: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Resting:
    """Open messages of one place that have rested for up to the same bound.

    `bound` is the number of the first bound they do not pass. They are all `overdue`, or none is;
    so many are late. `oldest` is since when the one that has rested longest rests.
    """

    place: Place
    bound: int
    overdue: bool
    count: int
    late: int
    oldest: int


async def summed(store: Store, wanted: Wanted, way: Way) -> Sum:
    """How many rows match, exactly, and what they carry, to the last wei."""
    if way.count > SUMMED:
        return Sum(wanted.count if wanted.by_kind_only else None, None)
    count, amounts = 0, Counter[str]()
    carried = (messages.c.token, messages.c.value, messages.c.amount)
    async with one_reading(store):
        for query in matching(wanted, way.least, (*carried, func.count())):
            for token, value, amount, times in await read_rows(store, query.group_by(*carried)):
                count += times
                amounts[""] += times * amount_of(value)
                amounts[token] += times * amount_of(amount) if token else 0
    return Sum(count, {token: total for token, total in amounts.items() if total})


async def resting(store: Store, wanted: Wanted, way: Way, bounds: Sequence[int]) -> list[Resting]:
    """Open messages by where and how long they rest; `bounds` are durations, rising."""
    found = only(wanted, finished=False)
    if not found.kinds:
        return []
    now, since = wanted.now, messages.c.since
    bound = case(
        *((since >= now - until, number) for number, until in enumerate(bounds)),
        else_=len(bounds),
    )
    overdue = case((by_state(OVERDUE, now)[0], 1), else_=0)
    is_late, not_overdue = by_state(LATE, now)
    late = func.sum(case((is_late & not_overdue, 1), else_=0))
    keys: list[Any] = [*COLUMNS, bound.label("bound"), overdue.label("overdue")]
    columns = (*keys, func.count(), late, func.min(since))
    if way.is_narrow and way.least not in ("kinds", "order", "open"):
        queries = [each.where(OPEN) for each in matching(_side(wanted, found), way.least, columns)]
    else:
        here = and_(*(messages.c[name] == veiled(tallies.c[name]) for name in KIND_COLUMNS[:4]))
        by_place = select(*columns).join_from(tallies, messages, here).where(*IN_PLACES)
        queries = [by_place.where(is_one_of(found.kinds), *conditions_of(found, ""))]
    counted: dict[tuple[Any, ...], tuple[int, int, int]] = {}
    for query in queries:
        for *key, count, some, oldest in await read_rows(store, query.group_by(*keys)):
            before = counted.get(tuple(key), (0, 0, oldest))
            counted[tuple(key)] = (before[0] + count, before[1] + some, min(before[2], oldest))
    return [
        Resting((k[0], k[1], k[2], k[3]), k[4], bool(k[5]), *counts)
        for k, counts in sorted(counted.items())
    ]


def _side(wanted: Wanted, found: Wanted) -> Wanted:
    """What is open, or what has ended, where a query says so itself: all kinds need no naming."""
    return wanted if wanted.every else found


async def ended_since(store: Store, wanted: Wanted, way: Way, since: int) -> Ended:
    """How many messages came to each of their ends since then.

    Where rows have to be looked at one by one these are the newest only, and it is said which ends
    may have more.
    """
    found = only(wanted, finished=True)
    long_ago = wanted.rested is not None and wanted.rested < since
    if wanted.state or long_ago or not found.kinds:  # what has ended is neither late nor overdue
        return Ended(Counter({kind[:4]: 0 for kind in found.kinds}))
    if not wanted.by_kind_only and way.is_narrow:
        return Ended(await _looked_up(store, _side(wanted, found), way, since))
    everything = _by_end(await read_rows(store, _counting(found.kinds, _recent(since))))
    if wanted.by_kind_only:
        return Ended(everything)
    most = _each(everything.values())
    newest = _recent(since, messages.c.since, *(messages.c[name] for name in (*NAMES, "value")))
    part = newest.order_by(messages.c.since.desc()).limit(most).subquery()
    query = _counting(found.kinds, select(part).where(*conditions_of(found, "", part.c)))
    more = frozenset(place for place, count in everything.items() if count > most)
    return Ended(_by_end(await read_rows(store, query)), more)


async def _looked_up(store: Store, wanted: Wanted, way: Way, since: int) -> Counter[Place]:
    """Every row that matches, one by one."""
    counts = Counter[Place]()
    async with one_reading(store):
        for query in matching(wanted, way.least, (*COLUMNS, func.count())):
            ended = query.where(veiled(messages.c.finished) == 1, veiled(messages.c.since) >= since)
            for *place, count in await read_rows(store, ended.group_by(*COLUMNS)):
                counts[place[0], place[1], place[2], place[3]] += count
    return counts


def _recent(since: int, *columns: Any) -> "Select[Any]":
    """What came to the end that a tally counts since then."""
    here = [messages.c[name] == tallies.c[name] for name in KIND_COLUMNS[:4]]
    query = select(*(columns or (messages.c.since,))).where(ENDED, *here)
    return query.where(messages.c.since >= since).correlate(tallies)


def _counting(kinds: Sequence[Kind], rows: "Select[Any]") -> "Select[Any]":
    """The place of every one of these kinds, and how many rows a query gives of it."""
    counted = select(func.count()).select_from(rows.correlate(tallies).subquery())
    places = [tallies.c[name] for name in KIND_COLUMNS[:4]]
    return select(*places, counted.scalar_subquery()).where(is_one_of(kinds))


def _by_end(rows: Sequence[Any]) -> Counter[Place]:
    return Counter({(row[0], row[1], row[2], row[3]): row[4] for row in rows})


def _each(counts: Iterable[int]) -> int:
    """How many rows of each end may be looked at, so that they are not too many in all."""
    left, rest = LOOKED_AT, sorted(counts)
    for at, count in enumerate(rest):
        share = left // (len(rest) - at)
        if count > share:
            return share
        left -= count
    return LOOKED_AT
