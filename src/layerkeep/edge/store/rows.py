"""From messages in memory to the rows that lists show, and into the store."""

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.facts import Reached
from layerkeep.core.journeys import following, previous
from layerkeep.core.messages import Message
from layerkeep.core.view import View
from layerkeep.edge.store.records import MessageRow
from layerkeep.edge.store.statements import many

DROP_MESSAGE = "DELETE FROM messages WHERE id = ?"
SAVE_MESSAGE = """INSERT INTO messages
(id, seq, lifecycle, source, target, stage, finished, sent, moved, previous)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, stage = excluded.stage,
finished = excluded.finished, moved = excluded.moved, previous = excluded.previous"""
"""What a message is sent at never changes: its row goes with the fact that sent it."""


def rows_of(view: View, moved: Iterable[Message], seqs: Mapping[str, int]) -> list[MessageRow]:
    """The rows of messages that moved, and of those that continue them.

    `seqs` tells under which number each message's first fact was logged.
    """
    found: dict[str, MessageRow] = {}
    for message in moved:
        for each in (message, *following(view, message)):
            found[each.id] = row_of(view, each, seqs[each.id])
    return list(found.values())


def row_of(view: View, message: Message, seq: int) -> MessageRow:
    """The row of one message."""
    before = previous(view, message)
    return MessageRow(
        id=message.id,
        seq=seq,
        lifecycle=message.lifecycle.name,
        source=message.says.source,
        target=message.says.target,
        stage=message.stage,
        finished=message.finished,
        sent=message.sent.anchor.time,
        moved=max(_reached_at(message)),
        previous=before.id if before is not None else None,
    )


def _reached_at(message: Message) -> list[int]:
    """When it was sent, and when anything was said of its stage."""
    reached = [fact.anchor.time for fact in message.facts if isinstance(fact.says, Reached)]
    return [message.sent.anchor.time, *reached]


async def save_rows(
    connection: AsyncConnection, rows: Iterable[MessageRow], gone: Iterable[str]
) -> None:
    """These rows are in the store, those with the ids in `gone` are not."""
    await many(connection, DROP_MESSAGE, [(message,) for message in gone])
    values = [
        (
            *(row.id, row.seq, row.lifecycle, row.source, row.target, row.stage),
            *(int(row.finished), row.sent, row.moved, row.previous),
        )
        for row in rows
    ]
    await many(connection, SAVE_MESSAGE, values)
