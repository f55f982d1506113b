"""Reorgs: what blocks said that left their chain is gone, and whatever pointed to it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.asks import asks_of
from layerkeep.core.facts import ClaimCovers, Described, Fact, Reached, Sent
from layerkeep.core.units import HOUR
from layerkeep.edge.store.mentions import digest, digests
from layerkeep.edge.store.records import Entry, decoded
from layerkeep.edge.store.saving import drop_rows
from layerkeep.edge.store.statements import many, parts, put_setting
from layerkeep.edge.store.tables import (
    JUDGED,
    blocks,
    claims,
    cursors,
    facts,
    mentions,
    reorgs,
    settings,
)

DOUBTFUL = "doubtful"
"""The numbers of the facts whose messages lost another fact, while no row has been saved since: a
restart looks at them again, even if their rows say that they are finished."""

JUDGED_BEFORE = HOUR
"""An answer's block may be older than the one that asked: chains tell time each for itself."""

DROP_MENTION = "DELETE FROM mentions WHERE name = ? AND seq = ?"


async def retract(connection: AsyncConnection, entry: Entry) -> None:
    """Every fact and block of the chain above a height is gone, and every mention of them."""
    chain, above = entry.cursor.chain, entry.retract_above
    assert above is not None, "a height to retract above"
    where = (facts.c.chain == chain) & (facts.c.height > above)
    query = select(facts.c.seq, facts.c.body).where(where)
    gone = {row[0]: decoded(row[1]) for row in await connection.execute(query)}
    await _doubt(connection, gone.values())
    await forget(connection, gone | await _judged(connection, gone.values()))
    await connection.execute(
        delete(blocks).where((blocks.c.chain == chain) & (blocks.c.height > above))
    )
    if not entry.noticed:
        return
    read_to = await connection.scalar(select(cursors.c.height).where(cursors.c.chain == chain))
    dropped = max(0, (read_to or 0) - above)  # not all of them need be remembered
    reorg = {"chain": chain, "ancestor": above, "dropped": dropped}
    await connection.execute(insert(reorgs), [{**reorg, "noticed": entry.noticed}])


async def _judged(connection: AsyncConnection, gone: Iterable[Fact]) -> dict[int, Fact]:
    """What was judged of these facts, on whatever chain: the answers to what they asked."""
    asked = {ask.id: fact.anchor.time for fact in gone for ask in asks_of(fact)}
    if not asked:
        return {}
    since = min(asked.values()) - JUDGED_BEFORE
    query = select(facts.c.seq, facts.c.body).where(JUDGED & (facts.c.time >= since))
    found = {row[0]: decoded(row[1]) for row in await connection.execute(query)}
    return {seq: fact for seq, fact in found.items() if fact.answers in asked}


async def forget(connection: AsyncConnection, gone: Mapping[int, Fact]) -> None:
    """These facts are gone, their mentions, claims and messages too."""
    covered = [digest(f.says.claim) for f in gone.values() if isinstance(f.says, ClaimCovers)]
    for part in parts(covered):
        named = select(mentions.c.seq).where(mentions.c.name.in_(part))
        unknown = update(claims).where(claims.c.seq.in_(named)).values(covers=None)
        await connection.execute(unknown)
    names = sorted({(name, seq) for seq, fact in gone.items() for name in digests(fact)})
    await many(connection, DROP_MENTION, names)
    for part in parts(list(gone)):
        await connection.execute(delete(claims).where(claims.c.seq.in_(part)))
        await connection.execute(delete(facts).where(facts.c.seq.in_(part)))
    sent = [(f.says.message, seq) for seq, f in gone.items() if isinstance(f.says, Sent)]
    await drop_rows(connection, sent)


async def _doubt(connection: AsyncConnection, gone: Iterable[Fact]) -> None:
    """Remember whose facts are going, until their messages' rows are derived again."""
    keys = {f.says.key for f in gone if isinstance(f.says, Reached | Described)}
    doubtful: set[int] = set()
    for part in parts(sorted(map(digest, keys))):
        named = select(mentions.c.seq).where(mentions.c.name.in_(part))
        query = select(facts.c.seq).where(facts.c.seq.in_(named) & (facts.c.kind == "sent"))
        doubtful.update((await connection.scalars(query)).all())
    if not doubtful:
        return
    query_known = select(settings.c.value).where(settings.c.name == DOUBTFUL)
    known = await connection.scalar(query_known)
    doubtful.update(map(int, known.split() if known else ()))
    await put_setting(connection, DOUBTFUL, " ".join(map(str, sorted(doubtful))))
