"""Whole messages and whole journeys: every fact of a message, of what it continues and leads to.

Facts of one message share its keys. Messages are linked by a transaction that executes one and
sends another; a transaction that only executes, or only sends, links nothing, however many
messages it settles, so it is not followed.
"""

from collections.abc import Iterable

from sqlalchemy import select

from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, Described, Fact, Reached, Sent
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import digest
from layerkeep.edge.store.reading import (
    BODIES,
    Numbered,
    claims_reaching,
    facts_mentioning,
    facts_numbered,
    facts_of,
    one_reading,
    read_lanes,
)
from layerkeep.edge.store.statements import parts
from layerkeep.edge.store.tables import facts, mentions

STORY_MAX = 4_000
"""Facts in one story at most: a transaction may settle hundreds of messages."""

REACHING = 8
"""Claims looked at for one message: the first that reaches it, and more in case some were voided.
A later claim that reaches less far comes first here, where the engine goes by time."""


async def story_of(store: Store, names: Iterable[str]) -> Numbered:
    """All facts that belong to the messages behind these names, to their journeys and claims."""
    async with one_reading(store):
        found = await facts_mentioning(store, names)
        await add_families(store, found, STORY_MAX)
        await add_claims(store, found)
    return found


async def add_families(store: Store, found: Numbered, facts_max: int | None = None) -> None:
    """Every message with one fact in `found` is there with all of them, and its whole journey."""
    keys_asked: set[str] = set()
    places_asked: set[tuple[str, str]] = set()
    fresh = list(found.values())
    while fresh and (facts_max is None or len(found) < facts_max):
        keys = {key for fact in fresh for key in keys_of(fact)} - keys_asked
        keys_asked |= keys
        new = await facts_mentioning(store, keys, found)
        members = [*fresh, *new.values()]
        found |= new
        places = {place for fact in members for place in _places(fact)} - places_asked
        places_asked |= places
        linked = await _linked(store, places, found)
        found |= linked
        fresh = [*new.values(), *linked.values()]


async def add_claims(store: Store, found: Numbered) -> None:
    """The claims that cover the messages in `found`, and what was said about those claims."""
    waiting: dict[str, list[int]] = {}
    names: set[str] = set()
    for fact in found.values():
        says = fact.says
        if isinstance(says, Sent) and says.position is not None:
            waiting.setdefault(says.keys[0].split("/", 1)[0], []).append(says.position)
        elif isinstance(says, Reached) and says.claim:
            names.add(says.claim)
    seqs: set[int] = set()
    for lane in await read_lanes(store) if waiting else ():
        positions = waiting.get(lane.split("/", 1)[0], ())
        seqs |= await _covering(store, lane, sorted(positions))
    found |= await facts_numbered(store, seqs - set(found))
    await add_words_on_claims(store, found, names)


async def add_words_on_claims(store: Store, found: Numbered, names: Iterable[str] = ()) -> None:
    """Everything said of the claims in `found`, and of those named."""
    wanted = {*names, *(claim for fact in found.values() if (claim := claim_of(fact)))}
    found |= await facts_mentioning(store, wanted, found)


async def _covering(store: Store, lane: str, positions: list[int]) -> set[int]:
    """The numbers of the first claims that reach each of these positions, which rise."""
    found: set[int] = set()
    lowest = -1
    for position in positions:
        if position <= lowest:
            continue
        reaching = await claims_reaching(store, lane, position, REACHING)
        if not reaching:
            break
        found.update(seq for _, seq in reaching)
        lowest = reaching[0][0]
    return found


async def _linked(store: Store, places: set[tuple[str, str]], known: Numbered) -> Numbered:
    """The facts in those transactions that execute one message and send another."""
    seen = {seq: fact for seq, fact in known.items() if _place(fact) in places}
    new = await facts_mentioning(store, {tx for _, tx in places}, known)
    sends: set[tuple[str, str]] = set()
    executes: set[tuple[str, str]] = set()
    for fact in (*seen.values(), *new.values()):
        if isinstance(fact.says, Sent):
            sends.add(_place(fact))
        elif isinstance(fact.says, Reached) and fact.says.executes:
            executes.add(_place(fact))
    linking = sends & executes & places
    return {seq: fact for seq, fact in new.items() if _place(fact) in linking and _places(fact)}


async def known_keys(store: Store, said: Iterable[Fact]) -> set[str]:
    """Which keys that these facts speak of belong to messages that were seen to be sent."""
    keys = {key for fact in said for key in keys_of(fact)}
    known = await _sent_keys(store, keys)
    named = await facts_mentioning(store, keys - known)
    described = [fact.says for fact in named.values() if isinstance(fact.says, Described)]
    sent = await _sent_keys(store, {says.key for says in described})
    return known | {key for says in described if says.key in sent for key in says.keys}


async def _sent_keys(store: Store, keys: set[str]) -> set[str]:
    found: set[str] = set()
    for part in parts(sorted(set(map(digest, keys)))):
        named = select(mentions.c.seq).where(mentions.c.name.in_(part))
        query = BODIES.where(facts.c.seq.in_(named) & (facts.c.kind == "sent"))
        for fact in (await facts_of(store, query)).values():
            found.update(keys_of(fact))
    return keys & found


def keys_of(fact: Fact) -> tuple[str, ...]:
    """The keys by which the rest of a fact's message is found."""
    says = fact.says
    if isinstance(says, Sent):
        return says.keys
    if isinstance(says, Reached):
        return (says.key,)
    if isinstance(says, Described):
        return (says.key, *says.keys)
    return ()


def _places(fact: Fact) -> tuple[tuple[str, str], ...]:
    """The transaction by which a fact may link its message to another."""
    says = fact.says
    if not fact.anchor.tx:
        return ()
    if isinstance(says, Sent) or (isinstance(says, Reached) and says.executes):
        return (_place(fact),)
    return ()


def _place(fact: Fact) -> tuple[str, str]:
    return fact.anchor.chain, fact.anchor.tx


def claim_of(fact: Fact) -> str:
    """The claim that a fact speaks of, empty if it speaks of none."""
    says = fact.says
    return says.claim if isinstance(says, Claimed | ClaimCovers | ClaimMoved) else ""
