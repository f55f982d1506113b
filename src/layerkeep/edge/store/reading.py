"""Reading: what a restart loads, the story around a hash, the lists."""

from collections.abc import AsyncIterator, Iterable, Sequence

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, Fact, Reached, Sent
from layerkeep.core.units import ChainName
from layerkeep.edge.store.log import PROJECTED, Store, decoded
from layerkeep.edge.store.mentions import digest, mentioned
from layerkeep.edge.store.opening import store_error
from layerkeep.edge.store.records import BlockRow, Cursor, MessageRow
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

STORY_MAX = 4_000
"""Facts in one story at most: a transaction that settles hundreds of messages links them all."""

NAMES_AT_ONCE = 500
"""Parameters in one statement; SQLite takes 999 in its oldest supported versions."""

Numbered = dict[int, Fact]


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
    rows = await read_rows(store, select(settings.c.value).where(settings.c.name == PROJECTED))
    return int(rows[0][0]) if rows else 0


async def facts_since(store: Store, seq: int, count: int) -> Numbered:
    """The next facts of the log behind number `seq`, in order."""
    query = select(facts.c.seq, facts.c.body).where(facts.c.seq > seq)
    return await _facts(store, query.order_by(facts.c.seq).limit(count))


async def named_facts(store: Store) -> Numbered:
    """Every switch, parameter and voiding ever said."""
    kinds = ("switched", "measured", "claims-voided")
    found: Numbered = {}
    for kind in kinds:
        found |= await _facts(store, select(facts.c.seq, facts.c.body).where(facts.c.kind == kind))
    return found


async def facts_above(store: Store, chain: str, height: int) -> Numbered:
    """The facts of a chain above a height."""
    where = (facts.c.chain == chain) & (facts.c.height > height)
    return await _facts(store, select(facts.c.seq, facts.c.body).where(where))


async def facts_after(store: Store, time: int) -> Numbered:
    """The facts whose block is not older than a time in milliseconds."""
    return await _facts(store, select(facts.c.seq, facts.c.body).where(facts.c.time >= time))


async def claims_reaching(store: Store, lane: str, position: int, count: int) -> Numbered:
    """The first claims logged in a lane that reach a position."""
    where = (claims.c.lane == lane) & (claims.c.covers >= position)
    query = select(claims.c.seq).where(where).order_by(claims.c.seq).limit(count)
    return await _facts(store, select(facts.c.seq, facts.c.body).where(facts.c.seq.in_(query)))


async def message_rows(
    store: Store, *, open_only: bool = False, since: int = 0, count: int = 1_000
) -> list[MessageRow]:
    """Messages, newest first."""
    query = select(messages).where(messages.c.sent >= since).order_by(messages.c.sent.desc())
    if open_only:
        query = query.where(messages.c.finished == 0)
    rows = await read_rows(store, query.limit(count))
    return [MessageRow(**{**row._mapping, "finished": bool(row.finished)}) for row in rows]


async def facts_numbered(store: Store, seqs: Iterable[int]) -> Numbered:
    """The facts of these numbers."""
    found: Numbered = {}
    for part in _parts(list(seqs)):
        found |= await _facts(store, select(facts.c.seq, facts.c.body).where(facts.c.seq.in_(part)))
    return found


async def facts_mentioning(store: Store, names: Iterable[str]) -> Numbered:
    """Every fact in which one of these names occurs: a hash, a key, a claim."""
    found: Numbered = {}
    for part in _parts([digest(name) for name in names]):
        query = (
            select(facts.c.seq, facts.c.body)
            .join(mentions, mentions.c.seq == facts.c.seq)
            .where(mentions.c.hash.in_(bindparam("names", expanding=True)))
        )
        found |= await _facts(store, query.params(names=part))
    return found


async def story_of(store: Store, names: Iterable[str]) -> Numbered:
    """All facts that belong to the messages behind these names, to their journeys and claims."""
    found: Numbered = {}
    asked: set[str] = set()
    frontier = set(names)
    while frontier and len(found) < STORY_MAX:
        asked |= frontier
        new = await facts_mentioning(store, sorted(frontier))
        fresh = [fact for seq, fact in new.items() if seq not in found]
        found |= new
        frontier = {name for fact in fresh for name in _leads(fact)} - asked
    return found | await _claims_behind(store, found)


def _leads(fact: Fact) -> set[str]:
    """The names that lead from a fact to more of the same story."""
    says = fact.says
    names = mentioned(fact)
    if not isinstance(says, Sent) and not (isinstance(says, Reached) and says.executes):
        names.discard(fact.anchor.tx)
    return names


async def _claims_behind(store: Store, story: Numbered) -> Numbered:
    """The claims that cover the story's messages, and what was said about those claims."""
    found: Numbered = {}
    names: set[str] = set()
    for fact in story.values():
        says = fact.says
        if isinstance(says, Reached) and says.claim:
            names.add(says.claim)
        if isinstance(says, Sent) and says.position is not None:
            child = says.keys[0].split("/", 1)[0]
            for lane in await _lanes(store, child):
                found |= await claims_reaching(store, lane, says.position, 2)
    for fact in found.values():
        if isinstance(fact.says, Claimed | ClaimCovers | ClaimMoved):
            names.add(fact.says.claim)
    return found | await facts_mentioning(store, sorted(names))


async def _lanes(store: Store, child: str) -> list[str]:
    query = select(claims.c.lane).where(
        (claims.c.lane >= f"{child}/") & (claims.c.lane < f"{child}0")
    )
    return [row[0] for row in await read_rows(store, query.distinct())]


async def _facts(store: Store, query: "Select[tuple[int, bytes]]") -> Numbered:
    return {row[0]: decoded(row[1]) for row in await read_rows(store, query)}


async def read_rows(store: Store, query: "Select[tuple]") -> Sequence:  # type: ignore[type-arg]
    """Every row a query gives; StoreError if the database fails."""
    try:
        async with store.engine.connect() as connection:
            rows: Sequence[tuple] = (await connection.execute(query)).fetchall()  # type: ignore[type-arg]
            return rows
    except SQLAlchemyError as error:
        raise store_error(error, "read") from error


def _parts(names: list) -> Iterable[list]:  # type: ignore[type-arg]
    for start in range(0, len(names), NAMES_AT_ONCE):
        yield names[start : start + NAMES_AT_ONCE]


async def stream(store: Store, count: int = 10_000) -> AsyncIterator[Numbered]:
    """The whole log in order, in parts."""
    seq = 0
    while part := await facts_since(store, seq, count):
        yield part
        seq = max(part)
