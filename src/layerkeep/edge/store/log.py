"""Writing: one answer of one chain becomes one transaction, or nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple
from sqlite3 import Error as SqliteError

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from layerkeep.core.errors import StoreError
from layerkeep.core.facts import ClaimCovers, Claimed, Fact
from layerkeep.edge.store.mentions import digest, digests
from layerkeep.edge.store.observing import OPERATED, add_observations, save_incidents
from layerkeep.edge.store.opening import make_engine, migrate, store_error, store_url
from layerkeep.edge.store.records import Entry, IncidentRow, MessageRow, encoded
from layerkeep.edge.store.retracting import DOUBTFUL, retract
from layerkeep.edge.store.saving import save_rows
from layerkeep.edge.store.statements import many, put_setting
from layerkeep.edge.store.tables import facts, settings

PROJECTED = "projected"
NETWORK = "network"

ADD_FACT = "INSERT INTO facts (seq, chain, height, time, kind, body) VALUES (?, ?, ?, ?, ?, ?)"
ADD_MENTION = "INSERT INTO mentions (name, seq) VALUES (?, ?)"
ADD_CLAIM = "INSERT INTO claims (seq, lane, covers) VALUES (?, ?, ?)"
REACH_CLAIM = """UPDATE claims SET covers = ?
WHERE seq IN (SELECT seq FROM mentions WHERE name = ?)"""
DROP_CURSOR = "DELETE FROM cursors WHERE chain = ?"
ADD_CURSOR = """INSERT INTO cursors (chain, height, hash, time, started, latest, safe, finalized)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
DROP_BLOCKS = "DELETE FROM blocks WHERE chain = ? AND (height >= ? OR height < ?)"
ADD_BLOCK = "INSERT INTO blocks (chain, height, hash, time) VALUES (?, ?, ?, ?)"


class Store:
    """The log of facts of one network, and what is derived from it.

    Everything is written through one lock, so that no transaction waits inside another's. `saved`
    counts how often rows for lists were written since it was opened.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._lock = asyncio.Lock()
        self._next_seq = 0
        self.saved = 0

    @classmethod
    async def open(cls, path_or_url: str, network: str | None) -> "Store":
        """The store, its schema brought up to date; StoreError if it cannot be used.

        Without a network's name, whichever network it holds.
        """
        store = cls(make_engine(store_url(path_or_url)))
        try:
            await migrate(store.engine)
            if network is not None:
                async with store.writing("use") as connection:
                    await _claim_network(connection, network)
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Nothing is under way or open any more."""
        async with self._lock:
            await self.engine.dispose()

    @asynccontextmanager
    async def writing(self, doing: str = "write") -> AsyncIterator[AsyncConnection]:
        """A transaction: all of it is in the store afterwards, or nothing and a StoreError."""
        async with self._lock:
            try:
                async with self.engine.begin() as connection:
                    yield connection
            except (SQLAlchemyError, SqliteError, OSError) as error:
                raise store_error(error, doing) from error

    async def append(self, entry: Entry) -> list[int]:
        """Log what was learned, all or nothing; the facts' numbers are returned.

        Once begun it is carried through, even if nobody waits for it any more.
        """
        return await asyncio.shield(self._append(entry))

    async def save_messages(
        self, rows: Sequence[MessageRow], gone: Sequence[str], projected: int
    ) -> None:
        """The derived rows are those of the facts up to number `projected`."""
        await asyncio.shield(self._save_messages(rows, gone, projected))

    async def observe(self, observed: Sequence[Fact], time: int) -> None:
        """Log what is true of a moment; no cursor moves. `time` in milliseconds."""
        await asyncio.shield(self._observe(observed, time))

    async def save_incidents(self, rows: Sequence[IncidentRow], operated: int = 0) -> None:
        """These incidents are in the diary; operators' words up to `operated` are carried out."""
        await asyncio.shield(self._save_incidents(rows, operated))

    async def keep_setting(self, name: str, value: str) -> None:
        """A named value is kept beside the facts."""
        await asyncio.shield(self._keep_setting(name, value))

    async def _append(self, entry: Entry) -> list[int]:
        async with self.writing() as connection:
            first = self._next_seq or await _first_free(connection)
            self._next_seq = 0
            seqs = list(range(first, first + len(entry.facts)))
            if entry.projected:
                await save_rows(connection, entry.messages, entry.gone)
                await _is_projected(connection, entry.projected)
            if entry.retract_above is not None:
                await retract(connection, entry)
            await _add_facts(connection, seqs, entry.facts)
            await add_observations(connection, entry.observed, entry.noticed)
            await _move_cursor(connection, entry)
        self._next_seq = first + len(seqs)
        return seqs

    async def _save_messages(
        self, rows: Sequence[MessageRow], gone: Sequence[str], projected: int
    ) -> None:
        async with self.writing() as connection:
            await save_rows(connection, rows, gone)
            await _is_projected(connection, projected)
        self.saved += 1

    async def _observe(self, observed: Sequence[Fact], time: int) -> None:
        async with self.writing("observe") as connection:
            await add_observations(connection, observed, time)

    async def _save_incidents(self, rows: Sequence[IncidentRow], operated: int) -> None:
        async with self.writing() as connection:
            await save_incidents(connection, rows)
            if operated:
                await put_setting(connection, OPERATED, str(operated))

    async def _keep_setting(self, name: str, value: str) -> None:
        async with self.writing() as connection:
            await put_setting(connection, name, value)


async def _first_free(connection: AsyncConnection) -> int:
    """A number above every fact's, those that a reorg took away again included."""
    newest = await connection.scalar(select(func.max(facts.c.seq)))
    query = select(settings.c.value).where(settings.c.name == PROJECTED)
    return max(newest or 0, int(await connection.scalar(query) or 0)) + 1


async def _claim_network(connection: AsyncConnection, network: str) -> None:
    """The store belongs to one network: two never share one."""
    owner = await connection.scalar(select(settings.c.value).where(settings.c.name == NETWORK))
    if owner is None:
        await put_setting(connection, NETWORK, network)
    elif owner != network:
        raise StoreError(
            f"other-network: the store holds the network {owner!r}, the topology is of "
            f"{network!r}; point to another store"
        )


async def _add_facts(connection: AsyncConnection, seqs: Sequence[int], new: Sequence[Fact]) -> None:
    rows, found, made, reached = [], [], [], []
    for seq, fact in zip(seqs, new, strict=True):
        anchor, says = fact.anchor, fact.says
        kind = says.__struct_config__.tag
        rows.append((seq, anchor.chain, anchor.height, anchor.time, kind, encoded(fact)))
        found += [(name, seq) for name in digests(fact)]
        if isinstance(says, Claimed):
            made.append((seq, says.lane, says.covers))
        elif isinstance(says, ClaimCovers):
            reached.append((says.covers, digest(says.claim)))
    await many(connection, ADD_FACT, rows)
    await many(connection, ADD_MENTION, found)
    await many(connection, ADD_CLAIM, made)
    await many(connection, REACH_CLAIM, reached)


async def _move_cursor(connection: AsyncConnection, entry: Entry) -> None:
    cursor = entry.cursor
    await many(connection, DROP_CURSOR, [(cursor.chain,)])
    await many(connection, ADD_CURSOR, [astuple(cursor)])
    if entry.blocks:
        first = min(block.height for block in entry.blocks)
        await many(connection, DROP_BLOCKS, [(cursor.chain, first, cursor.finalized or 0)])
        rows = [(cursor.chain, b.height, b.hash, b.time) for b in entry.blocks]
        await many(connection, ADD_BLOCK, rows)


async def _is_projected(connection: AsyncConnection, seq: int) -> None:
    await put_setting(connection, PROJECTED, str(seq))
    await connection.execute(delete(settings).where(settings.c.name == DOUBTFUL))
