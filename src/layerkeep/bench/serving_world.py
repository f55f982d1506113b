"""Fifty chains with a store full of messages, and a daemon to which their blocks come by the clock.

Rows of finished messages are written through the store, as the daemon writes them. Open ones are
facts, which the daemon loads, believes and makes rows of itself.
"""

import asyncio
from collections.abc import Iterator
from hashlib import blake2b

import aiohttp

from layerkeep.app.daemon import Daemon
from layerkeep.bench.network import ADAPTERS, address
from layerkeep.bench.traffic import block_hash, named
from layerkeep.core.facts import (
    Anchor,
    Fact,
    HeadSeen,
    NodesSeen,
    NodeState,
    Reached,
    Says,
    Sent,
    Token,
)
from layerkeep.core.topology import Chain, Topology, Upstream
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, Address, ChainName, Duration, Key
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import BlockRow, Cursor, Entry, MessageRow

CHAINS = 50
ON_ROOT = 17
"""Children of the one root; all others are children of these."""

ROOT = ChainName("root")
AT_ONCE = 20_000
USERS = 100_000
CROWD = address(77)
"""A contract that sends one message in twenty."""
TOKENS = 30
OLDEST = 30 * DAY
FINAL_AFTER = 60 * SECOND
LOOK_EVERY = 2 * SECOND
EXECUTED_AFTER = 5
"""Blocks from a message's sending to its end."""
SENDS_EVERY = 5
"""Blocks of one chain from one message to the next: some five messages a second in all."""

KINDS = {
    "op_stack": ("op_stack.deposit", "op_stack.withdrawal"),
    "nitro": ("nitro.retryable", "nitro.send"),
}
"""Down and up, by stack."""
ENDS = {
    "op_stack.deposit": ("executed", "reverted"),
    "op_stack.withdrawal": ("finalized", "finalized-failed"),
    "nitro.retryable": ("redeemed", "expired"),
    "nitro.send": ("executed", "executed"),
}
"""How they end well, and how they fail."""


def topology() -> Topology:
    """The chains: a root, rollups of two stacks on it, and as many again on those."""
    chains = {ROOT: Chain(ROOT, 1, "ethereum", Duration(12 * SECOND), upstreams=_nodes(ROOT))}
    for number in range(1, CHAINS):
        stack = "nitro" if number % 3 == 0 else "op_stack"
        name = ChainName(f"{'nitro' if stack == 'nitro' else 'op'}-{number:02}")
        rollups = list(chains)[1 : ON_ROOT + 1]
        parent = ROOT if number <= ON_ROOT else rollups[(number - ON_ROOT - 1) % ON_ROOT]
        chains[name] = Chain(
            name,
            1_000 + number,
            stack,
            Duration(2 * SECOND),
            parent,
            upstreams=_nodes(name),
            contracts=_contracts(stack, parent, name, 0x1000 * number),
            actors={ADAPTERS[stack].jobs["batcher"]: address(0x1000 * number + 99)},
        )
    return Topology("bench", chains)


def _nodes(name: ChainName) -> tuple[Upstream, ...]:
    return tuple(Upstream(f"{name}-{which}", "http://127.0.0.1:1/") for which in "ab")


def _contracts(
    stack: str, parent: ChainName, child: ChainName, first: int
) -> dict[ChainName, dict[str, Address]]:
    """Addresses by chain and role, none of them twice."""
    roles: tuple[str, ...]
    roles = ("portal", "l1_messenger", "dispute_game_factory", "l1_standard_bridge")
    own: tuple[str, ...] = ("message_passer", "l2_messenger", "l2_standard_bridge")
    if stack == "nitro":
        roles = ("bridge", "inbox", "sequencer_inbox", "outbox")
        own = ("arb_sys", "arb_retryable_tx")
    return {
        parent: {role: address(first + at) for at, role in enumerate(roles)},
        child: {role: address(first + 50 + at) for at, role in enumerate(own)},
    }


def children(found: Topology) -> list[Chain]:
    """Every chain that settles on another."""
    return [chain for chain in found.chains.values() if chain.settles_on is not None]


async def fill(path: str, finished: int, still_open: int, now: int) -> None:
    """A store with so many messages that have finished, and so many that are under way."""
    store, known = await Store.open(path, "bench"), topology()
    try:
        rows: list[MessageRow] = []
        for number in range(finished):
            rows.append(_row(known, number, finished, now))
            if len(rows) == AT_ONCE:
                await store.save_messages(rows, (), number + 1)
                rows = []
        await store.save_messages(rows, (), finished + 1)
        facts = list(_open(known, still_open, now))
        for chain in known.chains.values():
            here = [fact for fact in facts if fact.anchor.chain == chain.name]
            await store.append(Entry(chain_cursor(chain, now), here, [chain_block(chain, now)]))
    finally:
        await store.close()


def _draws(*words: object) -> tuple[float, ...]:
    """Eight numbers from 0 to below 1 that are always the same for these words."""
    digest = blake2b(repr(words).encode(), digest_size=32).digest()
    return tuple(int.from_bytes(digest[at : at + 4]) / (1 << 32) for at in range(0, 32, 4))


def _ends_of(known: Topology, draws: tuple[float, ...]) -> tuple[str, ChainName, ChainName]:
    """Kind, source and target: a few chains have most of the traffic."""
    busy = children(known)
    chain = busy[int(len(busy) * draws[0] ** 2)]
    assert chain.settles_on is not None, "a child"
    down, up = KINDS[chain.stack]
    if draws[1] < 0.6:
        return down, chain.settles_on, chain.name
    return up, chain.name, chain.settles_on


def _people(draws: tuple[float, ...]) -> tuple[str, str, str]:
    """Sender, recipient and token."""
    user = address(10**9 + int(USERS * draws[2]))
    token = address(10**6 + int(TOKENS * draws[3] ** 2)) if draws[4] < 0.4 else ""
    return CROWD if draws[5] < 0.05 else user, user, token


def _row(known: Topology, number: int, count: int, now: int) -> MessageRow:
    """A message that has finished."""
    draws = _draws("finished", number)
    kind, source, target = _ends_of(known, draws)
    sender, recipient, token = _people(draws)
    sent = now - OLDEST + OLDEST * number // count
    ended = min(now - MINUTE, sent + int(HOUR * draws[6]))
    return MessageRow(
        id=named("finished", number),
        seq=number + 1,
        lifecycle=kind,
        source=source,
        target=target,
        stage=ENDS[kind][draws[7] < 0.005],
        finished=True,
        sent=sent,
        moved=ended,
        value=0 if token else int(10**20 * draws[7] ** 8),
        token=token,
        amount=int(10**24 * draws[7]) if token else 0,
        sender=sender,
        recipient=recipient,
        since=ended,
    )


def _open(known: Topology, count: int, now: int) -> Iterator[Fact]:
    """Messages under way: withdrawals that wait for a week, some that rest for too long."""
    for number in range(count):
        draws = _draws("open", number)
        kind, source, target = _ends_of(known, draws)
        slow = kind == "op_stack.withdrawal"
        age = int((6 * DAY if slow else 10 * MINUTE) * draws[6])
        if draws[7] < 0.05:
            age = int(2 * HOUR + DAY * draws[6])
        place = (source, now - age)
        yield _fact(known, place, _sent(kind, source, target, number, draws))
        if slow and age > HOUR:
            proven = Reached(_key(source, number), "proven")
            yield _fact(known, (target, now - age + HOUR // 2), proven)


def _key(chain: str, number: int) -> Key:
    return Key(f"{chain}/bench/{number}")


def _sent(
    kind: str, source: ChainName, target: ChainName, number: int, draws: tuple[float, ...]
) -> Sent:
    sender, recipient, token = _people(draws)
    return Sent(
        kind,
        named("open", number),
        (_key(source, number),),
        source,
        target,
        sender,
        recipient,
        value=0 if token else int(10**20 * draws[7] ** 8),
        token=Token(token, int(10**24 * draws[7])) if token else None,
    )


def _fact(known: Topology, place: tuple[ChainName, int], says: Says) -> Fact:
    """A fact of the block that a chain had at a moment."""
    name, time = place
    height = time // known.chains[name].block_time
    tx = named("tx", says)
    return Fact(Anchor(name, height, block_hash(name, height), time, tx), says)


def chain_cursor(chain: Chain, now: int) -> Cursor:
    """How far a chain is at a moment, its newest block just read."""
    height, final = now // chain.block_time, (now - FINAL_AFTER) // chain.block_time
    first = (now - OLDEST) // chain.block_time
    time = height * chain.block_time
    block = block_hash(chain.name, height)
    return Cursor(chain.name, height, block, time, first, height, height - 2, final)


def chain_block(chain: Chain, now: int) -> BlockRow:
    """The newest block of a chain at a moment."""
    height = now // chain.block_time
    return BlockRow(height, block_hash(chain.name, height), height * chain.block_time)


class Fed(Daemon):
    """A daemon like any other, but that blocks come to it by the clock and not from nodes."""

    async def _follow(self, chain: Chain, session: aiohttp.ClientSession) -> None:
        del session
        looked, told = 0, 0
        while not self.stop.is_set():
            now = int(self.now())
            if now // chain.block_time != told:
                told = now // chain.block_time
                await self.log_and_believe(self._entry(chain, now))
            if now - looked >= LOOK_EVERY:
                looked = now
                await self.observe(chain_looked(chain, now))
            due = min((told + 1) * chain.block_time, looked + LOOK_EVERY)
            await asyncio.sleep(max(1, due - int(self.now())) / SECOND)

    def _entry(self, chain: Chain, now: int) -> Entry:
        """The chain's newest block: now and then a message begins, another ends."""
        cursor, block = chain_cursor(chain, now), chain_block(chain, now)
        facts = [] if chain.settles_on is None else list(self._traffic(chain, cursor.height))
        assert cursor.safe is not None and cursor.finalized is not None, "known of every chain"
        final = cursor.finalized * chain.block_time
        says = HeadSeen(
            cursor.height, cursor.safe, cursor.finalized, cursor.safe * chain.block_time, final
        )
        head = Fact(Anchor(chain.name, cursor.height, cursor.hash, cursor.time), says)
        return Entry(cursor, facts, [block], noticed=now, observed=[head])

    def _traffic(self, chain: Chain, height: int) -> Iterator[Fact]:
        parent, down, known = chain.settles_on, KINDS[chain.stack][0], self.network.topology
        assert parent is not None, "a child"
        offset = (height + chain.chain_id) % SENDS_EVERY
        time = height * chain.block_time
        if offset == 0:
            number = (chain.chain_id << 40) + height
            draws = _draws("new", number)
            yield _fact(known, (parent, time), _sent(down, parent, chain.name, number, draws))
        if offset == EXECUTED_AFTER % SENDS_EVERY:
            number = (chain.chain_id << 40) + height - EXECUTED_AFTER
            reached = Reached(_key(parent, number), ENDS[down][0], executes=True)
            yield _fact(known, (chain.name, time), reached)


def chain_looked(chain: Chain, now: int) -> Fact:
    """All nodes of a chain answer, and agree."""
    height = now // chain.block_time
    compared = height - 4
    states = tuple(
        NodeState(node.name, True, height, block_hash(chain.name, compared), "geth/1")
        for node in chain.upstreams
    )
    return Fact(Anchor(chain.name, -1, "", now), NodesSeen(compared, states))
