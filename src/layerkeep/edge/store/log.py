"""Writing: one answer of one chain becomes one transaction, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from layerkeep.core.facts import ClaimCovers, Claimed, Fact
from layerkeep.edge.store.mentions import digests
from layerkeep.edge.store.opening import make_engine, migrate, store_error, store_url
from layerkeep.edge.store.records import Entry, MessageRow
from layerkeep.edge.store.tables import (
    blocks,
    claims,
    cursors,
    facts,
    mentions,
    messages,
    reorgs,
    settings,
)

PROJECTED = "projected"
NETWORK = "network"

UPDATED = """ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, stage = excluded.stage,
finished = excluded.finished, sent = excluded.sent, moved = excluded.moved,
previous = excluded.previous"""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fact)


def encoded(fact: Fact) -> bytes:
    """A fact as the store keeps it."""
    return _encoder.encode(fact)


def decoded(body: bytes) -> Fact:
    """A fact as the store gave it back."""
    return _decoder.decode(body)


class Store:
    """The log of facts of one network, and what is derived from it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.next_seq = 1

    @classmethod
    async def open(cls, path_or_url: str, network: str) -> "Store":
        """The store, its schema brought up to date; StoreError if it cannot be used."""
        store = cls(make_engine(store_url(path_or_url)))
        await migrate(store.engine)
        try:
            async with store.engine.begin() as connection:
                await _claim_network(connection, network)
                newest = await connection.scalar(select(func.max(facts.c.seq)))
        except SQLAlchemyError as error:
            raise store_error(error, "read") from error
        store.next_seq = (newest or 0) + 1
        return store

    async def close(self) -> None:
        """Nothing is open any more."""
        await self.engine.dispose()

    async def append(self, entry: Entry) -> list[int]:
        """Log what was learned, all or nothing; the facts' numbers are returned."""
        seqs = list(range(self.next_seq, self.next_seq + len(entry.facts)))
        try:
            async with self.engine.begin() as connection:
                if entry.retract_above is not None:
                    await _retract(connection, entry, entry.retract_above)
                await _add_facts(connection, seqs, entry.facts)
                await _move_cursor(connection, entry)
                await _save_messages(connection, entry.messages, entry.gone)
        except (SQLAlchemyError, OSError) as error:
            raise store_error(error, "write") from error
        self.next_seq += len(seqs)
        return seqs

    async def save_messages(
        self, rows: Sequence[MessageRow], gone: Sequence[str], projected: int
    ) -> None:
        """The derived rows are those of the facts up to number `projected`."""
        try:
            async with self.engine.begin() as connection:
                await _save_messages(connection, rows, gone)
                await put_setting(connection, PROJECTED, str(projected))
        except (SQLAlchemyError, OSError) as error:
            raise store_error(error, "write") from error

    async def forget_messages(self) -> None:
        """Every derived row is gone, to be derived again from the facts."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(messages))
            await put_setting(connection, PROJECTED, "0")


async def put_setting(connection: AsyncConnection, name: str, value: str) -> None:
    """A named value of the store itself."""
    await connection.execute(delete(settings).where(settings.c.name == name))
    await connection.execute(insert(settings), [{"name": name, "value": value}])


async def _claim_network(connection: AsyncConnection, network: str) -> None:
    """The store belongs to one network: two never share one."""
    owner = await connection.scalar(select(settings.c.value).where(settings.c.name == NETWORK))
    if owner is None:
        await put_setting(connection, NETWORK, network)
        return
    if owner != network:
        raise store_error(
            ValueError(f"it holds the network {owner!r}, the topology is of {network!r}"), "use"
        )


async def _add_facts(connection: AsyncConnection, seqs: Sequence[int], new: Sequence[Fact]) -> None:
    if not new:
        return
    rows, found, reaches = [], [], []
    for seq, fact in zip(seqs, new, strict=True):
        anchor, says = fact.anchor, fact.says
        kind = type(says).__struct_config__.tag
        rows.append((seq, anchor.chain, anchor.height, anchor.time, kind, encoded(fact)))
        found += [(digest, seq) for digest in digests(fact)]
        if isinstance(says, Claimed | ClaimCovers) and says.covers is not None and says.lane:
            reaches.append((says.lane, says.covers, seq))
    await many(connection, "INSERT INTO facts VALUES", rows)
    await many(connection, "INSERT INTO mentions VALUES", found)
    await many(connection, "INSERT INTO claims VALUES", reaches)


async def many(
    connection: AsyncConnection,
    statement: str,
    rows: Sequence[tuple],  # type: ignore[type-arg]
    tail: str = "",
) -> None:
    """Run `statement (values) tail` for every row, by the driver itself: several times faster."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(rows[0]))
    else:
        marks = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
    await connection.exec_driver_sql(f"{statement} ({marks}) {tail}", list(rows))


async def _retract(connection: AsyncConnection, entry: Entry, above: int) -> None:
    """Every fact and block of the chain above a height is gone, and every mention of them."""
    chain = entry.cursor.chain
    gone = (facts.c.chain == chain) & (facts.c.height > above)
    found = await connection.execute(select(facts.c.seq, facts.c.body).where(gone))
    stale = [(digest, seq) for seq, body in found for digest in digests(decoded(body))]
    for digest, seq in stale:
        await connection.execute(
            delete(mentions).where((mentions.c.hash == digest) & (mentions.c.seq == seq))
        )
    await connection.execute(
        delete(claims).where(claims.c.seq.in_(select(facts.c.seq).where(gone).scalar_subquery()))
    )
    await connection.execute(delete(facts).where(gone))
    dropped = await connection.execute(
        delete(blocks).where((blocks.c.chain == chain) & (blocks.c.height > above))
    )
    reorg = {"chain": chain, "ancestor": above, "dropped": dropped.rowcount}
    await connection.execute(insert(reorgs), [{**reorg, "noticed": entry.noticed}])


async def _move_cursor(connection: AsyncConnection, entry: Entry) -> None:
    cursor = entry.cursor
    await connection.execute(delete(cursors).where(cursors.c.chain == cursor.chain))
    await connection.execute(insert(cursors), [asdict(cursor)])
    if entry.blocks:
        first = min(block.height for block in entry.blocks)
        stale = (blocks.c.height >= first) | (blocks.c.height < (cursor.finalized or 0))
        await connection.execute(delete(blocks).where((blocks.c.chain == cursor.chain) & stale))
        rows = [(cursor.chain, b.height, b.hash, b.time) for b in entry.blocks]
        await many(connection, "INSERT INTO blocks VALUES", rows)


async def _save_messages(
    connection: AsyncConnection, rows: Iterable[MessageRow], gone: Iterable[str]
) -> None:
    await many(connection, "DELETE FROM messages WHERE id =", [(message,) for message in gone])
    values = [
        (
            *(row.id, row.seq, row.lifecycle, row.source, row.target, row.stage),
            *(int(row.finished), row.sent, row.moved, row.previous),
        )
        for row in rows
    ]
    await many(connection, "INSERT INTO messages VALUES", values, UPDATED)
