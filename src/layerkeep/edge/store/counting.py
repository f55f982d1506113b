"""Counts over all messages ever seen, and the links between them."""

from collections import Counter

from sqlalchemy import select

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_rows
from layerkeep.edge.store.tables import LINKED, messages, tallies

LINKS_MAX = 2_000
"""The newest links that a count of journeys looks at."""


async def stage_counts(store: Store) -> list[tuple[str, str, str, str, bool, int]]:
    """(source, target, lifecycle, stage, finished, how many), for every combination seen."""
    query = select(tallies).where(tallies.c.total > 0).order_by(*tallies.columns)
    return [(*row[:4], bool(row[4]), row[5]) for row in await read_rows(store, query)]


async def journey_paths(store: Store) -> Counter[tuple[tuple[str, ...], bool]]:
    """How many journeys of two hops or more took which path, and whether they are finished."""
    linked = select(messages).where(LINKED)
    recent = await read_rows(store, linked.order_by(messages.c.sent.desc()).limit(LINKS_MAX))
    rows = {row.id: row for row in recent}
    missing = {row.previous for row in recent} - set(rows)
    for row in await read_rows(store, select(messages).where(messages.c.id.in_(missing))):
        rows[row.id] = row
    continued = {row.previous for row in rows.values() if row.previous}
    counts: Counter[tuple[tuple[str, ...], bool]] = Counter()
    for row in rows.values():
        if row.id in continued or not row.previous:
            continue
        path = [row.target]
        each = row
        while each is not None:
            path.append(each.source)
            each = rows.get(each.previous) if each.previous else None
        counts[tuple(reversed(path)), bool(row.finished)] += 1
    return counts
