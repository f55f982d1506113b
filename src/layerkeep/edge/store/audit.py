"""The log of what people did through the API. Nothing is ever taken out of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_rows
from layerkeep.edge.store.tables import audit


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One write: who, with which role, did what to what, and what came of it.

    `time` in milliseconds since the epoch; `id` rises with the order in which they came.
    """

    time: int
    who: str
    role: str
    action: str
    target: str
    outcome: str
    id: int = 0


async def add_audit(store: Store, row: AuditRow) -> None:
    """The entry is in the store, under an id of the store's own."""
    values = asdict(row)
    del values["id"]
    async with store.writing("audit") as connection:
        await connection.execute(insert(audit).values(values))


async def read_audit(store: Store, before: int | None, count: int) -> Sequence[AuditRow]:
    """The newest entries first, those with an id below `before`."""
    query = select(audit).order_by(audit.c.id.desc()).limit(count)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [AuditRow(**row._mapping) for row in await read_rows(store, query)]
