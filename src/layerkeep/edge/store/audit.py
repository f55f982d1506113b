"""The log of what people did and of what was done for them. Nothing is ever taken out of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.acting.audit import EMPTY, Anchor, Break, Entry, Head, Walk, linked
from layerkeep.edge.store.log import NETWORK, Store
from layerkeep.edge.store.reading import read_rows, read_setting
from layerkeep.edge.store.tables import audit, audit_head

AT_ONCE = 5_000
"""Entries read in one go."""

KEPT = select(audit_head.c.entries, audit_head.c.last, audit_head.c.hash)

SHOWN = ("id", "time", "who", "role", "action", "target", "outcome", "detail")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry: who, with which role, did what to what, and what came of it.

    `time` in milliseconds since the epoch; `id` rises with the order in which they came. `detail`
    says more, never a secret's value.
    """

    time: int
    who: str
    role: str
    action: str
    target: str
    outcome: str
    id: int = 0
    detail: str = ""


async def add_audit(store: Store, *rows: AuditRow) -> None:
    """The entries are in the store, each chained to the one before, and the end is moved.

    Once begun it is carried through, even if nobody waits for it any more.
    """
    await asyncio.shield(_add_audit(store, rows))


async def _add_audit(store: Store, rows: Iterable[AuditRow]) -> None:
    async with store.writing("audit") as connection:
        await chain_entries(connection, rows)


async def chain_entries(connection: AsyncConnection, rows: Iterable[AuditRow]) -> None:
    """The same inside a transaction that does more: all of it is there afterwards, or nothing."""
    entries = [_entry(row) for row in rows]
    if not entries:
        return
    head = await _held_head(connection)
    for place, entry in enumerate(entries):
        entries[place], head = linked(entry, head)
    await connection.execute(insert(audit), [asdict(entry) for entry in entries])
    await connection.execute(update(audit_head).values(asdict(head)))


async def read_audit(store: Store, before: int | None, count: int) -> Sequence[AuditRow]:
    """The newest entries first, those with an id below `before`."""
    columns = [audit.c[name] for name in SHOWN]
    query = select(*columns).order_by(audit.c.id.desc()).limit(count)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [AuditRow(**row._mapping) for row in await read_rows(store, query)]


async def read_head(store: Store) -> Head:
    """Where the log ends, as kept apart from its entries."""
    rows = await read_rows(store, KEPT)
    return Head(*rows[0]) if rows else Head(0, 0, "")


async def audit_entries(store: Store, upto: int) -> AsyncIterator[Entry]:
    """Every entry up to an id, in order, with its hashes."""
    last: int | None = None
    while True:
        query = select(audit).where(audit.c.id <= upto).order_by(audit.c.id).limit(AT_ONCE)
        if last is not None:
            query = query.where(audit.c.id > last)
        rows = await read_rows(store, query)
        for row in rows:
            yield Entry(**row._mapping)
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id


async def verify_audit(store: Store, anchors: Iterable[Anchor] = ()) -> tuple[Head, Break | None]:
    """Where the log ends and the first place where it is not what it was, None if there is none.

    An entry that comes meanwhile moves the kept end in the same write, and is no fault.
    """
    newest = await read_rows(store, select(func.max(audit.c.id)))
    kept = await read_head(store)
    walk = Walk(anchors)
    async for entry in audit_entries(store, max(kept.last, newest[0][0] or 0)):
        walk.take(entry)
    broken = walk.end(kept)
    return walk.head, broken


async def read_anchor(store: Store, time: int) -> Anchor:
    """The log's end at this moment (milliseconds), to be kept elsewhere."""
    head = await read_head(store)
    network = await read_setting(store, NETWORK)
    return Anchor(network or "", head.entries, head.hash, time)


async def _held_head(connection: AsyncConnection) -> Head:
    """The end of the log; whoever else would move it waits until this transaction is over.

    Where somebody took the end away or put entries behind it, writing goes on in such a way that
    `verify_audit` finds the place.
    """
    await connection.execute(update(audit_head).values(entries=audit_head.c.entries))
    found = (await connection.execute(KEPT)).one_or_none()
    if found is None:
        await connection.execute(insert(audit_head).values(id=1, **asdict(EMPTY)))
    head = EMPTY if found is None else Head(*found)
    newest = await connection.scalar(select(func.max(audit.c.id)))
    return replace(head, last=max(head.last, newest or 0))


def _entry(row: AuditRow) -> Entry:
    """The row with texts that every database takes."""
    values = asdict(row)
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = value.encode(errors="backslashreplace").decode().replace("\0", "\\0")
    return Entry(**values)
