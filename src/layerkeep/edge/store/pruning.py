"""Retention: finished messages older than a cut-off go, with all that was said of them; and what
was observed, and what people were told of what is over.

What is open stays, however old, and so do the journeys it belongs to. Everything goes in slices of
a few milliseconds, so that what is being learned meanwhile hardly waits.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select

from layerkeep.core.acting.paging.model import PLANNED, SENDING
from layerkeep.core.claims import Claim
from layerkeep.core.facts import Claimed, Fact
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.core.view import SLACK
from layerkeep.edge.store.family import add_words_on_claims, claim_of, keys_of, known_keys
from layerkeep.edge.store.loading import last_batches, lowest_positions
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import WORD
from layerkeep.edge.store.reading import (
    Numbered,
    facts_mentioning,
    facts_numbered,
    named_facts,
    read_cursors,
    read_rows,
)
from layerkeep.edge.store.records import Cursor
from layerkeep.edge.store.retracting import forget
from layerkeep.edge.store.statements import parts
from layerkeep.edge.store.tables import (
    OPEN,
    calls,
    facts,
    incidents,
    messages,
    notices,
    observations,
)

SLICE = 200
"""Messages or facts that go at once: some ten milliseconds."""


async def prune(store: Store, before: Timestamp) -> int:
    """Finished messages that last moved before a time are gone; how many facts went is returned."""
    read = await read_cursors(store)
    count = await _prune_messages(store, before, read)
    return count + await _prune_rest(store, before, read)


async def prune_observations(store: Store, before: Timestamp) -> int:
    """What was observed before a time is gone; how many observations went is returned.

    Operators' words stay: they are few, they may still count, and who said what may be asked later.
    """
    async with store.writing("prune") as connection:
        old = (observations.c.time < before) & (observations.c.kind != WORD)
        return (await connection.execute(delete(observations).where(old))).rowcount


async def prune_notices(store: Store, before: Timestamp, standing: Collection[str] = ()) -> int:
    """Notices that were settled before a time are gone; how many went is returned.

    What is pending stays, and whatever is about an incident that is open, or was later than that;
    so does what is about `standing`, which the store does not keep as incidents.
    """
    mine = select(calls.c.notice).where(calls.c.notice == notices.c.id)
    about = mine.join(incidents, incidents.c.id == calls.c.matter)
    late = incidents.c.resolved.is_(None) | (incidents.c.resolved >= before)
    old = (notices.c.changed < before) & notices.c.state.not_in((PLANNED, SENDING))
    old &= ~about.where(late).exists() & ~mine.where(calls.c.matter.in_(standing)).exists()
    query = select(notices.c.time, notices.c.id).where((notices.c.time < before) & old)
    count, last = 0, (-1, "")
    while True:
        later = (notices.c.time > last[0]) | (
            (notices.c.time == last[0]) & (notices.c.id > last[1])
        )
        rows = await read_rows(
            store, query.where(later).order_by(notices.c.time, notices.c.id).limit(SLICE)
        )
        if not rows:
            return count
        gone = [row.id for row in rows]
        async with store.writing("prune") as connection:
            await connection.execute(delete(calls).where(calls.c.notice.in_(gone)))
            await connection.execute(delete(notices).where(notices.c.id.in_(gone)))
        count, last = count + len(gone), (rows[-1].time, rows[-1].id)
        await asyncio.sleep(0)


async def _prune_messages(store: Store, before: Timestamp, read: Mapping[ChainName, Cursor]) -> int:
    kept = await _kept_journeys(store)
    count, last = 0, (-1, "")
    while True:
        later = (messages.c.sent > last[0]) | (
            (messages.c.sent == last[0]) & (messages.c.id > last[1])
        )
        columns = (messages.c.sent, messages.c.id, messages.c.seq, messages.c.finished)
        query = select(*columns, messages.c.moved).where(
            (messages.c.sent >= last[0]) & (messages.c.sent < before) & later
        )
        rows = await read_rows(store, query.order_by(messages.c.sent, messages.c.id).limit(SLICE))
        if not rows:
            return count
        old = [r.seq for r in rows if r.finished and r.moved < before and r.id not in kept]
        count += await _forget_messages(store, old, read)
        last = rows[-1].sent, rows[-1].id
        await asyncio.sleep(0)


async def _kept_journeys(store: Store) -> set[str]:
    """The messages that lead up to an open one."""
    linked = messages.c.previous.is_not(None)
    query = select(messages.c.previous).where(OPEN, linked)
    fresh = {row[0] for row in await read_rows(store, query)}
    found: set[str] = set()
    while fresh:
        found |= fresh
        before: set[str] = set()
        for part in parts(sorted(fresh)):
            query = select(messages.c.previous).where(messages.c.id.in_(part) & linked)
            before.update(row[0] for row in await read_rows(store, query))
        fresh = before - found
    return found


async def _forget_messages(
    store: Store, sent: Iterable[int], read: Mapping[ChainName, Cursor]
) -> int:
    """The messages sent by these facts are gone, unless one of their facts is not final."""
    found = await facts_numbered(store, sent)
    while True:
        keys = {key for fact in found.values() for key in keys_of(fact)}
        more = await facts_mentioning(store, keys, found)
        told = {seq: fact for seq, fact in more.items() if keys_of(fact)}
        if not told:
            break
        found |= told
    young = {key for f in found.values() if not _is_final(f, read) for key in keys_of(f)}
    while True:
        near = [keys_of(fact) for fact in found.values() if not young.isdisjoint(keys_of(fact))]
        grown = young.union(*near)
        if grown == young:
            break
        young = grown
    gone = {seq: fact for seq, fact in found.items() if young.isdisjoint(keys_of(fact))}
    await _forget(store, gone)
    return len(gone)


async def _forget(store: Store, gone: Numbered) -> None:
    if gone:
        async with store.writing("prune") as connection:
            await forget(connection, gone)


def _is_final(fact: Fact, read: Mapping[ChainName, Cursor]) -> bool:
    cursor = read.get(fact.anchor.chain)
    return cursor is not None and fact.anchor.height <= (cursor.finalized or -1)


# ---- what no message needs


async def _prune_rest(store: Store, before: Timestamp, read: Mapping[ChainName, Cursor]) -> int:
    """Old facts that no message needs any more."""
    needed = await named_facts(store) | await last_batches(store, read)
    sweep = _Sweep(store, before, read, await _lowest_wanted(store, before))
    count, last = 0, (-1, 0)
    while True:
        later = (facts.c.time > last[0]) | ((facts.c.time == last[0]) & (facts.c.seq > last[1]))
        query = select(facts.c.time, facts.c.seq).where(
            (facts.c.time >= last[0]) & (facts.c.time < before) & later & (facts.c.kind != "sent")
        )
        rows = await read_rows(store, query.order_by(facts.c.time, facts.c.seq).limit(SLICE))
        if not rows:
            return count
        part = await facts_numbered(store, (row.seq for row in rows if row.seq not in needed))
        gone = await sweep.useless(part)
        await _forget(store, gone)
        count += len(gone)
        last = rows[-1].time, rows[-1].seq
        await asyncio.sleep(0)


async def _lowest_wanted(store: Store, before: Timestamp) -> dict[str, int]:
    """The lowest position of any message that was sent before a time and is still here."""
    query = select(messages.c.seq).where(messages.c.sent < before)
    seqs = [row[0] for row in await read_rows(store, query)]
    lowest: dict[str, int] = {}
    for part in parts(seqs):
        for child, position in lowest_positions(
            (await facts_numbered(store, part)).values()
        ).items():
            lowest[child] = min(lowest.get(child, position), position)
    return lowest


@dataclass(frozen=True, slots=True)
class _Sweep:
    """What decides whether somebody still needs an old fact."""

    store: Store
    before: Timestamp
    read: Mapping[ChainName, Cursor]
    wanted: Mapping[str, int]

    async def useless(self, part: Numbered) -> Numbered:
        """Those of these facts, and what is said of the same claims, that nobody needs."""
        old = {seq: fact for seq, fact in part.items() if _is_final(fact, self.read)}
        told = {seq: fact for seq, fact in old.items() if keys_of(fact)}
        known = await known_keys(self.store, told.values())
        gone = {seq: fact for seq, fact in told.items() if known.isdisjoint(keys_of(fact))}
        gone |= {s: f for s, f in old.items() if not keys_of(f) and not claim_of(f)}
        return gone | await self._useless_claims(old)

    async def _useless_claims(self, old: Numbered) -> Numbered:
        said = {seq: fact for seq, fact in old.items() if claim_of(fact)}
        await add_words_on_claims(self.store, said)
        by_claim: dict[str, Numbered] = {}
        for seq, fact in said.items():
            by_claim.setdefault(claim_of(fact), {})[seq] = fact
        gone: Numbered = {}
        for words in by_claim.values():
            if all(map(self._is_old, words.values())) and self._is_passed(words.values()):
                gone |= words
        return gone

    def _is_old(self, fact: Fact) -> bool:
        return fact.anchor.time < self.before and _is_final(fact, self.read)

    def _is_passed(self, words: Collection[Fact]) -> bool:
        """True if the claim reaches no message that is here or can still come."""
        makings = [fact for fact in words if isinstance(fact.says, Claimed)]
        if not makings:
            return True
        said = [fact for fact in words if not isinstance(fact.says, Claimed)]
        claim = Claim(claim_of(makings[0]), lane_of(makings[0]), makings, said)
        child = ChainName(claim.lane.split("/", 1)[0])
        cursor, covers = self.read.get(child), claim.covers
        if cursor is None or covers is None or claim.made.anchor.time + SLACK >= cursor.time:
            return False
        return covers < self.wanted.get(child, covers + 1)


def lane_of(making: Fact) -> str:
    """The lane of a claim by the fact that made it."""
    assert isinstance(making.says, Claimed), "what made the claim"
    return making.says.lane
