"""Observations: what is true of a moment and not of a block, in a log of their own.

No reorg takes them back, and nothing is derived from them but what rules say. Any process may
append to this log: that is how an operator's word reaches the daemon (docs/adr/0006).
"""

from sqlalchemy import func, select

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observing import OPERATED
from layerkeep.edge.store.reading import read_rows, read_setting
from layerkeep.edge.store.records import IncidentRow, Observation, decoded
from layerkeep.edge.store.tables import UNRESOLVED, incidents, observations

WORD = "operated"
"""The kind of an operator's word; it is of no chain."""


async def observations_since(
    store: Store, since: int, until: int | None = None
) -> list[Observation]:
    """What was observed from one moment to another, in milliseconds, in the order of the log."""
    query = select(observations.c.id, observations.c.time, observations.c.body)
    query = query.where(observations.c.time >= since).order_by(observations.c.id)
    if until is not None:
        query = query.where(observations.c.time <= until)
    return [_observation(row) for row in await read_rows(store, query)]


async def words_after(store: Store, last: int) -> list[Observation]:
    """Operators' words behind this id, in the order in which they were said."""
    query = select(observations.c.id, observations.c.time, observations.c.body).where(
        (observations.c.kind == WORD) & (observations.c.chain == "") & (observations.c.id > last)
    )
    return [_observation(row) for row in await read_rows(store, query.order_by(observations.c.id))]


async def last_operated(store: Store) -> int:
    """The id of the last operator's word that was carried out, 0 if none was."""
    return int(await read_setting(store, OPERATED) or 0)


async def nodes_seen(store: Store) -> dict[str, Observation]:
    """The newest look at each chain's upstreams."""
    return await _newest(store, "nodes")


async def heads_seen(store: Store) -> dict[str, Observation]:
    """The newest look at each chain's heads."""
    return await _newest(store, "head")


async def _newest(store: Store, kind: str) -> dict[str, Observation]:
    newest = select(func.max(observations.c.id)).where(observations.c.kind == kind)
    ids = newest.group_by(observations.c.chain)
    query = select(observations.c.id, observations.c.time, observations.c.body)
    rows = await read_rows(store, query.where(observations.c.id.in_(ids)))
    return {str(seen.fact.anchor.chain): seen for seen in map(_observation, rows)}


async def first_after(store: Store, since: int) -> int | None:
    """The id of the first observation made at this time or later, None if there is none."""
    rows = await read_rows(
        store,
        select(observations.c.id)
        .where(observations.c.time >= since)
        .order_by(observations.c.time, observations.c.id)
        .limit(1),
    )
    return rows[0][0] if rows else None


async def heads_from(store: Store, chain: str, first: int, count: int) -> list[Observation]:
    """The next looks at a chain's heads from the observation of this id on."""
    query = select(observations.c.id, observations.c.time, observations.c.body).where(
        (observations.c.kind == "head") & (observations.c.chain == chain)
    )
    query = query.where(observations.c.id >= first).order_by(observations.c.id).limit(count)
    return [_observation(row) for row in await read_rows(store, query)]


async def ended_incidents(store: Store, since: int, count: int) -> list[IncidentRow]:
    """Incidents that ended at this time or later, the last first."""
    query = select(incidents).where(incidents.c.resolved >= since)
    query = query.order_by(incidents.c.resolved.desc(), incidents.c.id).limit(count)
    return [IncidentRow(**row._mapping) for row in await read_rows(store, query)]


async def incidents_like(store: Store, prefix: str, count: int) -> list[IncidentRow]:
    """Incidents whose ids begin like this, the newest first."""
    query = select(incidents).where(incidents.c.id.startswith(prefix, autoescape=True))
    query = query.order_by(incidents.c.opened.desc(), incidents.c.id).limit(count)
    return [IncidentRow(**row._mapping) for row in await read_rows(store, query)]


async def read_incidents(
    store: Store, *, open_only: bool = False, since: int = 0, count: int = 1_000
) -> list[IncidentRow]:
    """Incidents, newest first: all that are open, and of the others opened since a time the newest.

    Only these others are counted: what is open is never left out.
    """
    newest = select(incidents).order_by(incidents.c.opened.desc(), incidents.c.id)
    rows = await read_rows(store, newest.where(UNRESOLVED))
    if not open_only:
        over = (incidents.c.resolved.is_not(None)) & (incidents.c.opened >= since)
        rows = [*rows, *await read_rows(store, newest.where(over).limit(count))]
    found = {row.id: IncidentRow(**row._mapping) for row in rows}
    return sorted(found.values(), key=lambda row: (-row.opened, row.id))


async def read_incident(store: Store, name: str) -> IncidentRow | None:
    """The incident of this id."""
    rows = await read_rows(store, select(incidents).where(incidents.c.id == name))
    return IncidentRow(**rows[0]._mapping) if rows else None


def _observation(row: tuple[int, int, bytes]) -> Observation:
    return Observation(row[0], row[1], decoded(row[2]))
