"""After a stop: exactly the facts that make a fresh engine equal to the one before.

What is finished and final stays in the store. Everything else is read: what is not final, messages
that are open, deliveries of messages that were never seen to be sent, the claims that open messages
may need, the last word on every switch and parameter, and what the derived rows do not know yet.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from layerkeep.core.facts import Fact, Sent
from layerkeep.core.units import DAY, ChainName
from layerkeep.core.view import SLACK
from layerkeep.edge.store.family import (
    add_families,
    add_words_on_claims,
    keys_of,
    known_keys,
)
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import batches_of, digest
from layerkeep.edge.store.reading import (
    BODIES,
    Numbered,
    claims_of_unknown_reach,
    claims_reaching,
    facts_above,
    facts_numbered,
    facts_of,
    facts_since,
    named_facts,
    newest_claims,
    projected,
    read_cursors,
    read_lanes,
    read_rows,
    read_setting,
)
from layerkeep.edge.store.records import Cursor
from layerkeep.edge.store.retracting import DOUBTFUL
from layerkeep.edge.store.saving import drop_rows
from layerkeep.edge.store.tables import (
    JUDGED,
    OPEN,
    blocks,
    cursors,
    facts,
    mentions,
    messages,
)

PART = 5_000
"""Facts read at once: a few megabytes."""

DISPUTABLE = 256
"""A week of hourly claims: what is older is decided, or an open message needs it anyway."""

JUDGED_WITHIN = DAY
"""Judgements older than this have been read by people."""

FINALITY_MAX = DAY
"""A block of a chain in order is final before this; looked further back where it is not known."""


async def load(store: Store) -> Numbered:
    """The facts that a fresh engine has to believe at start, by their numbers."""
    read = await read_cursors(store)
    found: Numbered = {}
    for cursor in read.values():
        found |= await facts_above(store, cursor.chain, _final(cursor))
    seq = await projected(store)
    while part := await facts_since(store, seq, PART):
        found |= part
        seq = max(part)
    found |= await facts_numbered(store, await _open(store) - set(found))
    found |= await _recent(store, read, found)
    await add_families(store, found)
    found |= await _claims(store, found)
    await add_words_on_claims(store, found)
    found |= await named_facts(store)
    found |= await last_batches(store, read)
    found |= await _judged(store, read)
    return dict(sorted(found.items()))


def _final(cursor: Cursor) -> int:
    return -1 if cursor.finalized is None else cursor.finalized


async def _final_time(store: Store, cursor: Cursor) -> int:
    """The time up to which a chain is read and cannot change."""
    if cursor.finalized is None or cursor.height <= cursor.finalized:
        return cursor.time
    here = (blocks.c.chain == cursor.chain) & (blocks.c.height <= cursor.finalized)
    rows = await read_rows(store, select(func.max(blocks.c.time)).where(here))
    return cursor.time - FINALITY_MAX if rows[0][0] is None else int(rows[0][0])


async def _open(store: Store) -> set[int]:
    """The numbers of the facts that sent messages of which more is awaited, or in doubt."""
    async with store.writing("read") as connection:
        logged = select(facts.c.seq).where(facts.c.seq == messages.c.seq).exists()
        lost = select(messages.c.id, messages.c.seq).where(OPEN, ~logged)
        await drop_rows(connection, [(r[0], r[1]) for r in await connection.execute(lost)])
    rows = await read_rows(store, select(messages.c.seq).where(OPEN))
    doubtful = await read_setting(store, DOUBTFUL)
    return {row[0] for row in rows} | set(map(int, (doubtful or "").split()))


async def _recent(store: Store, read: Mapping[ChainName, Cursor], known: Numbered) -> Numbered:
    """What recent blocks say of claims, and of messages that were never seen to be sent."""
    found: Numbered = {}
    since = min([await _final_time(store, cursor) for cursor in read.values()], default=0) - SLACK
    kinds = facts.c.kind.in_(("reached", "described", "claimed", "claim-covers", "claim-moved"))
    last = (since, 0)
    while True:
        later = (facts.c.time > last[0]) | ((facts.c.time == last[0]) & (facts.c.seq > last[1]))
        query = select(facts.c.time, facts.c.seq).where((facts.c.time >= last[0]) & later & kinds)
        rows = await read_rows(store, query.order_by(facts.c.time, facts.c.seq).limit(PART))
        if not rows:
            return found
        part = await facts_numbered(store, (row[1] for row in rows if row[1] not in known))
        known_there = await known_keys(store, part.values())
        found |= {s: fact for s, fact in part.items() if known_there.isdisjoint(keys_of(fact))}
        last = rows[-1][0], rows[-1][1]


async def _claims(store: Store, found: Numbered) -> Numbered:
    """The claims that reach as far as an open message or nobody knows how far, and the newest."""
    wanted = lowest_positions(found.values())
    seqs: set[int] = set()
    for lane in await read_lanes(store):
        seqs.update(await claims_of_unknown_reach(store, lane))
        seqs.update(await newest_claims(store, lane, DISPUTABLE))
        lowest = wanted.get(lane.split("/", 1)[0])
        if lowest is not None:
            seqs.update(seq for _, seq in await claims_reaching(store, lane, lowest))
    return await facts_numbered(store, seqs - set(found))


async def _judged(store: Store, read: Mapping[ChainName, Cursor]) -> Numbered:
    """What was judged lately: a forgery stays one when its block is final."""
    since = max((cursor.time for cursor in read.values()), default=0) - JUDGED_WITHIN
    return await facts_of(store, BODIES.where(JUDGED & (facts.c.time >= since)))


def lowest_positions(sent: Iterable[Fact]) -> dict[str, int]:
    """The lowest position that a claim has to reach for one of these messages, by child."""
    lowest: dict[str, int] = {}
    for fact in sent:
        if isinstance(fact.says, Sent) and fact.says.position is not None:
            child = fact.says.keys[0].split("/", 1)[0]
            lowest[child] = min(lowest.get(child, fact.says.position), fact.says.position)
    return lowest


async def last_batches(store: Store, read: Iterable[str]) -> Numbered:
    """The last batch of each of these chains that cannot leave its parent any more."""
    found: Numbered = {}
    for child in read:
        newest = (
            BODIES.join(mentions, mentions.c.seq == facts.c.seq)
            .join(cursors, cursors.c.chain == facts.c.chain)
            .where((mentions.c.name == digest(batches_of(child))) & (facts.c.kind == "posted"))
            .where(facts.c.height <= cursors.c.finalized)
            .order_by(mentions.c.seq.desc())
        )
        found |= await facts_of(store, newest.limit(1))
    return found
