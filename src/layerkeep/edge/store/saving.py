"""Rows into the store and out of it, and how many there are of each kind.

Counting ten million rows takes seconds, so the tallies are kept with every row that changes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.edge.store.records import MessageRow, sortable
from layerkeep.edge.store.statements import many, parts
from layerkeep.edge.store.tables import messages, tallies

DROP_MESSAGE = "DELETE FROM messages WHERE id = ? AND seq = ?"
SAVE_MESSAGE = """INSERT INTO messages
(id, seq, lifecycle, source, target, stage, finished, sent, moved, previous,
value, token, amount, sender, recipient, since, late_at, due)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, stage = excluded.stage,
finished = excluded.finished, moved = excluded.moved, previous = excluded.previous,
value = excluded.value, token = excluded.token, amount = excluded.amount,
sender = excluded.sender, recipient = excluded.recipient,
since = excluded.since, late_at = excluded.late_at, due = excluded.due"""
"""When a message was sent never changes: its row goes with the fact that sent it."""
OUTDATED = "outdated-rows"
"""Set while the rows are those of an earlier schema: they have to be derived again."""
ADD_TALLY = """INSERT INTO tallies (source, target, lifecycle, stage, finished, total)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source, target, lifecycle, stage, finished)
DO UPDATE SET total = tallies.total + excluded.total"""

KIND = (
    messages.c.source,
    messages.c.target,
    messages.c.lifecycle,
    messages.c.stage,
    messages.c.finished,
)

Kind = tuple[str, str, str, str, int]
Found = tuple[str, int, Kind]
"""A row's id, the number of the fact that sent the message, and what the tallies count it as."""


async def save_rows(
    connection: AsyncConnection, rows: Iterable[MessageRow], gone: Iterable[str]
) -> None:
    """These rows are in the store, those with the ids in `gone` are not."""
    by_id, lost = {row.id: row for row in rows}, set(gone)
    before = await _found(connection, sorted(lost | set(by_id)))
    drop = [(message, seq) for message, seq, _ in before if message in lost]
    await many(connection, DROP_MESSAGE, drop)
    values = [
        (
            *(row.id, row.seq, row.lifecycle, row.source, row.target, row.stage),
            *(int(row.finished), row.sent, row.moved, row.previous),
            *(sortable(row.value), row.token, sortable(row.amount), row.sender, row.recipient),
            *(row.since, row.late_at, row.due),
        )
        for row in by_id.values()
    ]
    await many(connection, SAVE_MESSAGE, values)
    changes = Counter(
        (row.source, row.target, row.lifecycle, row.stage, int(row.finished))
        for row in by_id.values()
    )
    changes.subtract(kind for _, _, kind in before)
    await _count(connection, changes)


async def drop_rows(connection: AsyncConnection, rows: Iterable[tuple[str, int]]) -> None:
    """These rows, by id and number, are gone; a row of an equal message logged again stays."""
    meant = set(rows)
    found = await _found(connection, sorted({message for message, _ in meant}))
    gone = [each for each in found if each[:2] in meant]
    await many(connection, DROP_MESSAGE, [(message, seq) for message, seq, _ in gone])
    changes: Counter[Kind] = Counter()
    changes.subtract(kind for _, _, kind in gone)
    await _count(connection, changes)


async def recount(connection: AsyncConnection) -> None:
    """The tallies are what the rows say."""
    await connection.execute(delete(tallies))
    counted: Select[Any] = select(*KIND, func.count()).group_by(*KIND)
    columns = [column.name for column in tallies.columns]
    await connection.execute(insert(tallies).from_select(columns, counted))


async def _found(connection: AsyncConnection, ids: Sequence[str]) -> list[Found]:
    found: list[Found] = []
    for part in parts(ids):
        query = select(messages.c.id, messages.c.seq, *KIND).where(messages.c.id.in_(part))
        rows = (await connection.execute(query)).fetchall()
        found += [(row[0], row[1], (row[2], row[3], row[4], row[5], row[6])) for row in rows]
    return found


async def _count(connection: AsyncConnection, changes: Counter[Kind]) -> None:
    await many(connection, ADD_TALLY, [(*kind, by) for kind, by in changes.items() if by])
