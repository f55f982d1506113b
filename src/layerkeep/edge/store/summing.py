"""What lists of messages add up to: how many match, what they carry, how long they have rested."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, literal, select

from layerkeep.edge.store.listing import (
    FEW,
    KIND_COLUMNS,
    LATE,
    OVERDUE,
    Kind,
    Wanted,
    Way,
    by_state,
    matching,
    of_kinds,
    only,
)
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import one_reading, read_rows
from layerkeep.edge.store.records import amount_of
from layerkeep.edge.store.tables import ENDED, OPEN, messages

COLUMNS = [messages.c[name] for name in KIND_COLUMNS[:4]]

Place = tuple[str, str, str, str]
"""Source, target, lifecycle and stage."""

SUMMED = 10_000
"""So many rows at most are added up: what they carry is told to the last wei, by Python."""

ANY = Way("order")


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows match and what they carry; None where there are too many to add them up."""

    count: int | None
    amounts: dict[str, int] | None


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
        for conditions in matching(wanted, way):
            query = select(*carried, func.count()).where(*conditions).group_by(*carried)
            for token, value, amount, times in await read_rows(store, query):
                count += times
                amounts[""] += times * amount_of(value)
                amounts[token] += times * amount_of(amount) if token else 0
    return Sum(count, {token: total for token, total in amounts.items() if total})


async def resting(store: Store, wanted: Wanted, way: Way, bounds: Sequence[int]) -> list[Resting]:
    """Open messages by where and how long they rest; `bounds` are durations, rising."""
    now, found = wanted.now, wanted if wanted.every else only(wanted, finished=False)
    if not found.every and not found.kinds:
        return []
    since = messages.c.since
    bound = case(
        *((since >= now - until, number) for number, until in enumerate(bounds)),
        else_=len(bounds),
    )
    overdue = case((by_state(OVERDUE, now)[0], 1), else_=0)
    is_late, not_overdue = by_state(LATE, now)
    late = func.sum(case((is_late & not_overdue, 1), else_=0))
    keys: list[Any] = [*COLUMNS, bound.label("bound"), overdue.label("overdue")]
    how = way if way.by not in ("kinds", "order") else ANY
    counted: dict[tuple[Any, ...], tuple[int, int, int]] = {}
    for conditions in matching(found, how):
        query = select(*keys, func.count(), late, func.min(since)).where(OPEN, *conditions)
        for *key, count, some, oldest in await read_rows(store, query.group_by(*keys)):
            before = counted.get(tuple(key), (0, 0, oldest))
            counted[tuple(key)] = (before[0] + count, before[1] + some, min(before[2], oldest))
    return [
        Resting((k[0], k[1], k[2], k[3]), k[4], bool(k[5]), *counts)
        for k, counts in sorted(counted.items())
    ]


async def ended_since(store: Store, wanted: Wanted, way: Way, since: int) -> Counter[Place]:
    """How many messages came to each of their ends since then; of one end no more than FEW are
    counted where rows have to be looked at one by one."""
    found, counts = only(wanted, finished=True), Counter[Place]()
    async with one_reading(store):
        for kind in found.kinds:
            if way.by in ("kinds", "order"):
                counts[kind[:4]] += await _ended(store, found, kind, since)
        if way.by in ("kinds", "order") or not found.kinds:
            return counts
        for conditions in matching(found, way):
            query = select(*COLUMNS, func.count()).where(
                *conditions, of_kinds(found.kinds), messages.c.since + 0 >= since
            )
            for *place, count in await read_rows(store, query.group_by(*COLUMNS)):
                counts[place[0], place[1], place[2], place[3]] += count
    return counts


async def _ended(store: Store, wanted: Wanted, kind: Kind, since: int) -> int:
    """How many of one kind came to their end since then."""
    here = [column == value for column, value in zip(COLUMNS, kind, strict=False)]
    query = select(literal(1)).select_from(messages)
    query = query.where(ENDED, *here, messages.c.since >= since)
    if not wanted.by_kind_only:
        alone = [kind]
        narrow = only(wanted, finished=True)
        (conditions,) = matching(narrow, ANY)
        query = query.where(*conditions, of_kinds(alone)).limit(FEW)
    return int((await read_rows(store, select(func.count()).select_from(query.subquery())))[0][0])
