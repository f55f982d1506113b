"""Reading: cursors, blocks, lists, and facts by number, by name and by claim."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.facts import ClaimsVoided, Fact, Measured, Switched
from layerkeep.core.units import ChainName
from layerkeep.edge.store.log import PROJECTED, Store
from layerkeep.edge.store.mentions import digest, is_meant
from layerkeep.edge.store.opening import store_error
from layerkeep.edge.store.records import BlockRow, Cursor, MessageRow, amount_of, decoded
from layerkeep.edge.store.statements import parts
from layerkeep.edge.store.tables import (
    NAMED,
    OPEN,
    blocks,
    claims,
    cursors,
    facts,
    mentions,
    messages,
    reorgs,
    settings,
)

_held: ContextVar[AsyncConnection | None] = ContextVar("held", default=None)

Numbered = dict[int, Fact]

BODIES: "Select[tuple[int, bytes]]" = select(facts.c.seq, facts.c.body)


async def read_cursors(store: Store) -> dict[ChainName, Cursor]:
    """How far each chain has been read."""
    rows = await read_rows(store, select(cursors))
    return {row.chain: Cursor(**row._mapping) for row in rows}


async def read_blocks(store: Store, chain: ChainName) -> list[BlockRow]:
    """The remembered blocks of a chain, lowest first."""
    query = select(blocks.c.height, blocks.c.hash, blocks.c.time).where(blocks.c.chain == chain)
    return [BlockRow(*row) for row in await read_rows(store, query.order_by(blocks.c.height))]


async def read_reorgs(store: Store) -> list[tuple[str, int, int, int]]:
    """Every reorg noticed: chain, ancestor's height, blocks dropped, when."""
    query = select(reorgs.c.chain, reorgs.c.ancestor, reorgs.c.dropped, reorgs.c.noticed)
    return [tuple(row) for row in await read_rows(store, query.order_by(reorgs.c.id))]


async def read_setting(store: Store, name: str) -> str | None:
    """A named value of the store itself."""
    rows = await read_rows(store, select(settings.c.value).where(settings.c.name == name))
    return str(rows[0][0]) if rows else None


async def projected(store: Store) -> int:
    """The number of the last fact that the derived rows know."""
    return int(await read_setting(store, PROJECTED) or 0)


async def message_rows(
    store: Store, *, open_only: bool = False, since: int = 0, count: int = 1_000
) -> list[MessageRow]:
    """Messages, newest first."""
    query = select(messages).where(messages.c.sent >= since).order_by(messages.c.sent.desc())
    if open_only:
        query = query.where(OPEN)
    rows = await read_rows(store, query.limit(count))
    return list(map(message_row, rows))


def message_row(row: Any) -> MessageRow:
    """A row of the table as a plain value."""
    exact = {"value": amount_of(row.value), "amount": amount_of(row.amount)}
    return MessageRow(**{**row._mapping, **exact, "finished": bool(row.finished)})


# ---- facts


async def facts_since(store: Store, seq: int, count: int) -> Numbered:
    """The next facts of the log behind number `seq`, in order."""
    return await facts_of(store, BODIES.where(facts.c.seq > seq).order_by(facts.c.seq).limit(count))


async def facts_above(store: Store, chain: str, height: int) -> Numbered:
    """The facts of a chain above a height."""
    return await facts_of(store, BODIES.where((facts.c.chain == chain) & (facts.c.height > height)))


async def is_told(store: Store, fact: Fact) -> bool:
    """True if the log has exactly this fact."""
    here = (facts.c.chain == fact.anchor.chain) & (facts.c.height == fact.anchor.height)
    return fact in (await facts_of(store, BODIES.where(here))).values()


async def facts_numbered(store: Store, seqs: Iterable[int]) -> Numbered:
    """The facts of these numbers."""
    found: Numbered = {}
    for part in parts(sorted(seqs)):
        found |= await facts_of(store, BODIES.where(facts.c.seq.in_(part)))
    return found


async def facts_mentioning(
    store: Store, names: Iterable[str], known: Collection[int] = ()
) -> Numbered:
    """Every fact in which one of these names occurs, but those whose numbers are known already."""
    wanted = {name.lower() for name in names}
    seqs: set[int] = set()
    for part in parts(sorted(set(map(digest, wanted)))):
        query = select(mentions.c.seq).where(mentions.c.name.in_(part))
        seqs.update(row[0] for row in await read_rows(store, query))
    found = await facts_numbered(store, (seq for seq in seqs if seq not in known))
    return {seq: fact for seq, fact in found.items() if is_meant(fact, wanted)}


async def named_facts(store: Store) -> Numbered:
    """The last word on every switch and parameter, and every voiding of claims.

    A word that a reorg may still take back stands beside the one before it.
    """
    final = {chain: cursor.finalized for chain, cursor in (await read_cursors(store)).items()}
    found: Numbered = {}
    latest: dict[tuple[str, str], int] = {}
    for seq, fact in (await facts_of(store, BODIES.where(NAMED))).items():
        height = final.get(fact.anchor.chain)
        if isinstance(fact.says, ClaimsVoided) or height is None or fact.anchor.height > height:
            found[seq] = fact
            continue
        name = name_of(fact)
        before = found.get(latest.get(name, 0))
        if before is None or before.order <= fact.order:
            found.pop(latest.get(name, 0), None)
            found[seq], latest[name] = fact, seq
    return found


def name_of(fact: Fact) -> tuple[str, str]:
    """Which switch or parameter a fact is about."""
    says = fact.says
    assert isinstance(says, Switched | Measured), "a named value"
    return says.child, says.switch if isinstance(says, Switched) else says.name


async def stream(store: Store, count: int = 5_000) -> AsyncIterator[Numbered]:
    """The whole log in order, in parts."""
    seq = 0
    while part := await facts_since(store, seq, count):
        yield part
        seq = max(part)


# ---- claims


async def claims_reaching(
    store: Store, lane: str, position: int, count: int | None = None
) -> list[tuple[int, int]]:
    """(how far, number of the fact) of the claims that reach a position, least far first."""
    reach = (claims.c.lane == lane) & (claims.c.covers >= position)
    query = select(claims.c.covers, claims.c.seq).where(reach)
    rows = await read_rows(store, query.order_by(claims.c.covers, claims.c.seq).limit(count))
    return [(row[0], row[1]) for row in rows]


async def newest_claims(store: Store, lane: str, count: int) -> list[int]:
    """The numbers of the claims made last in a lane."""
    query = select(claims.c.seq).where(claims.c.lane == lane).order_by(claims.c.seq.desc())
    return [row[0] for row in await read_rows(store, query.limit(count))]


async def claims_of_unknown_reach(store: Store, lane: str) -> list[int]:
    """The numbers of the claims of which nobody has said yet how far they reach."""
    unknown = select(claims.c.seq).where((claims.c.lane == lane) & claims.c.covers.is_(None))
    return [row[0] for row in await read_rows(store, unknown)]


async def read_lanes(store: Store) -> list[str]:
    """Every lane that has claims, found by leaps: claims are many, lanes are few."""
    lanes = select(func.min(claims.c.lane).label("lane")).cte("lanes", recursive=True)
    later = select(func.min(claims.c.lane)).where(claims.c.lane > lanes.c.lane)
    leaps = lanes.union_all(select(later.scalar_subquery()).where(lanes.c.lane.is_not(None)))
    query = select(leaps.c.lane).where(leaps.c.lane.is_not(None))
    return [row[0] for row in await read_rows(store, query)]


# ---- rows


async def facts_of(store: Store, query: "Select[tuple[int, bytes]]") -> Numbered:
    """The facts whose numbers and bodies a query gives, in its order."""
    return {row[0]: decoded(row[1]) for row in await read_rows(store, query)}


async def read_rows(store: Store, query: "Select[Any]") -> Sequence[Any]:
    """Every row a query gives; StoreError if the database fails."""
    try:
        held = _held.get()
        rows: Sequence[Any]
        if held is not None:
            rows = (await held.execute(query)).fetchall()
            return rows
        async with store.engine.connect() as connection:
            rows = (await connection.execute(query)).fetchall()
            return rows
    except SQLAlchemyError as error:
        raise store_error(error, "read") from error


@asynccontextmanager
async def one_reading(store: Store) -> AsyncIterator[None]:
    """Everything read inside is read through one connection: a story takes dozens of queries."""
    async with store.engine.connect() as connection:
        token = _held.set(connection)
        try:
            yield
        finally:
            _held.reset(token)
