"""Three chains that make messages, journeys, claims and reorgs by chance, and what records them."""

import random
import sqlite3
from dataclasses import dataclass, field
from hashlib import blake2b

from layerkeep.core.engine import Engine
from layerkeep.core.facts import (
    Anchor,
    ClaimCovers,
    Claimed,
    ClaimMoved,
    Described,
    Fact,
    HeadSeen,
    Measured,
    Posted,
    Reached,
    Says,
    Sent,
    Switched,
    Token,
)
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.units import HOUR, MINUTE, SECOND, ChainName, Key, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import BlockRow, Cursor, Entry
from layerkeep.edge.store.rows import rows_of

CHAINS = (L1, L2, L3) = (ChainName("l1"), ChainName("l2"), ChainName("l3"))
BLOCK = 12 * SECOND
LAG = 40
"""Blocks between a chain's newest block and its newest final one."""

DOWN = Lifecycle(
    "down",
    "parent-to-child",
    (
        Stage("initiated", "sequencer", None, "a rule"),
        Stage("failed", "user", None, "anyone may retry", failed=True),
        Stage("executed", "nobody", None, "done", final=True),
    ),
    happy=("initiated", "executed"),
)
UP = Lifecycle(
    "up",
    "child-to-parent",
    (
        Stage("initiated", "proposer", None, "a rule"),
        Stage("claimed", "user", None, "whenever they like", claim="proposed"),
        Stage("proven", "clock", None, "a rule"),
        Stage("finalized", "nobody", None, "done", final=True),
    ),
    happy=("initiated", "claimed", "proven", "finalized"),
    lane="claims",
)
LIFECYCLES = (DOWN, UP)


def named(*words: object) -> str:
    """A hash that stands for these words."""
    return "0x" + blake2b(repr(words).encode(), digest_size=32).hexdigest()


def parent(chain: ChainName) -> ChainName:
    """What a chain settles on."""
    return L1 if chain == L2 else L2


def engine() -> Engine:
    """An engine that believes nothing yet."""
    return Engine(LIFECYCLES, CHAINS)


@dataclass
class World:
    """What happens on three chains; `step` adds one block to one of them."""

    seed: int
    chance: random.Random = field(init=False)
    now: int = 10 * HOUR
    count: int = 0
    txs: int = 0
    blocks: dict[ChainName, list[tuple[int, str, int]]] = field(init=False)
    finals: dict[ChainName, int] = field(default_factory=lambda: dict.fromkeys(CHAINS, 0))
    due: list[tuple[int, ChainName, str, Says]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.blocks = {chain: [(0, named(chain, 0), self.now)] for chain in CHAINS}

    def later(self, chain: ChainName, says: Says, *, least: int = 1) -> None:
        """This chain will say so, some minutes from now."""
        self.txs += 1
        time = self.now + self.chance.randrange(least, least + 20) * MINUTE
        self.due.append((time, chain, named(self.seed, "tx", self.txs), says))

    def step(self) -> tuple[ChainName, list[Fact]]:
        """One more block of one of the chains, and what it says."""
        self.now += BLOCK
        chain = self.chance.choice(CHAINS)
        height = self.blocks[chain][-1][0] + 1
        block = (height, named(self.seed, chain, height, self.now), self.now)
        self.blocks[chain].append(block)
        self.finals[chain] = max(self.finals[chain], height - LAG)
        self._begin(chain, height)
        ripe = [each for each in self.due if each[0] <= self.now and each[1] == chain]
        self.due = [each for each in self.due if each not in ripe]
        facts = []
        for index, (_, _, tx, says) in enumerate(ripe):
            anchor = Anchor(chain, height, block[1], self.now, tx, index, 2 * index)
            facts.append(Fact(anchor, says))
        return chain, facts

    def reorg(self) -> tuple[ChainName, int]:
        """Some blocks that are not final leave one of the chains; the ancestor is returned."""
        chain = self.chance.choice(CHAINS)
        drop = self.chance.randrange(1, LAG // 2)
        kept = self.blocks[chain][: max(1 + self.final(chain), len(self.blocks[chain]) - drop)]
        self.blocks[chain] = kept
        return chain, kept[-1][0]

    def final(self, chain: ChainName) -> int:
        """The height of a chain's newest final block."""
        return self.finals[chain]

    def _begin(self, chain: ChainName, height: int) -> None:
        """Something new begins in this block, now and then."""
        kind = self.chance.randrange(12)
        self.count += 1
        if kind < 4 and chain != L3:
            self._down(chain, named(self.seed, "down", self.count))
        elif kind < 7 and chain != L1:
            self._up(chain, height, named(self.seed, "up", self.count))
        elif kind == 7 and chain != L1:
            self._claim(chain, height)
        elif kind == 8:
            self.later(L1, Measured(L2, self.chance.choice("ab"), self.count))
        elif kind == 9:
            self.later(L1, Switched(L2, "paused", bool(self.count % 2)))
        elif kind == 10 and chain != L3:
            self.later(chain, Posted(L2 if chain == L1 else L3, str(self.count)))
        elif kind == 11 and chain != L1:
            never = Key(f"{chain}/msg/{named(self.seed, 'never', self.count)}")
            self.later(chain, Reached(never, "executed", executes=True))

    def _down(self, source: ChainName, message: str, *, goes_on: bool = False) -> None:
        child = L2 if source == L1 else L3
        key, number = Key(f"{child}/msg/{message}"), Key(f"{child}/number/0x{self.count:064x}")
        sent = Sent("down", message, (key, number), source, child, "0xa", "0xb", value=5)
        if goes_on:
            time, _, tx, _ = self.due[-1]
            self.due.append((time, source, tx, sent))
        else:
            self.later(source, sent)
        if self.chance.random() < 0.2:
            self.later(child, Reached(key, "failed"), least=3)
        if self.chance.random() < 0.2:
            self.later(source, Described(number, Token("0xt", 7)))
        if self.chance.random() < 0.9:
            self.later(child, Reached(key, "executed", executes=True), least=20)
            if child == L2 and self.chance.random() < 0.5:
                self.count += 1
                self._down(L2, named(self.seed, "onward", self.count), goes_on=True)

    def _up(self, source: ChainName, height: int, message: str) -> None:
        key, alias = Key(f"{source}/msg/{message}"), Key(f"{source}/tx/{named(message)}")
        to = parent(source)
        self.later(source, Sent("up", message, (key,), source, to, "0xa", "0xb", position=height))
        if self.chance.random() < 0.7:
            self.later(to, Described(key, keys=(alias,)), least=20)
            self.later(to, Reached(alias, "proven", claim="a claim"), least=25)
        if self.chance.random() < 0.7:
            self.later(to, Reached(key, "finalized", executes=True), least=60)

    def _claim(self, child: ChainName, height: int) -> None:
        name, there = f"{child}/game/{self.count}", parent(child)
        known = self.chance.random() < 0.5
        self.later(there, Claimed(name, f"{child}/claims", height if known else None))
        if not known and self.chance.random() < 0.9:
            self.later(child, ClaimCovers(name, height), least=21)
        if self.chance.random() < 0.7:
            status = self.chance.choice(("confirmed", "confirmed", "voided"))
            self.later(there, ClaimMoved(name, status), least=60)


def as_second_schema(connection: sqlite3.Connection) -> None:
    """An SQLite store is as one that was written before messages could be filtered."""
    by = ("time", "kind", "value", "due", "sender", "recipient", "token")
    made = [*(f"by_{each}" for each in by), "open", "ended", "resting"]
    for index in [*(f"messages_{each}" for each in made), "claims_by_lane"]:
        connection.execute(f"DROP INDEX {index}")
    for column in ("value", "token", "amount", "sender", "recipient", "since", "late_at", "due"):
        connection.execute(f"ALTER TABLE messages DROP COLUMN {column}")
    connection.execute("CREATE INDEX messages_open ON messages (sent) WHERE finished = 0")
    connection.execute("CREATE INDEX messages_by_time ON messages (sent)")
    for table in ("audit", "audit_head", "notices", "calls", "runs", "run_holds", "sent"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute("UPDATE alembic_version SET version_num = '0002'")


@dataclass
class Recorder:
    """Records a world as the daemon does: log it, believe it, write rows now and then."""

    world: World
    store: Store
    engine: Engine = field(default_factory=engine)
    seqs: dict[str, int] = field(default_factory=dict)
    moved: dict[str, None] = field(default_factory=dict)
    logged: dict[int, Fact] = field(default_factory=dict)
    last: int = 0

    def cursor(self, chain: ChainName) -> Cursor:
        """How far the chain has been read."""
        height, block, time = self.world.blocks[chain][-1]
        return Cursor(chain, height, block, time, 0, height, None, self.world.final(chain))

    async def step(self) -> None:
        """One more block is logged and believed."""
        chain, facts = self.world.step()
        blocks = [BlockRow(*self.world.blocks[chain][-1])]
        seqs = await self.store.append(Entry(self.cursor(chain), facts, blocks))
        for seq, fact in zip(seqs, facts, strict=True):
            self.believe(seq, fact)

    def believe(self, seq: int, fact: Fact) -> None:
        """A fact that is in the log is part of the view."""
        self.logged[seq] = fact
        self.last = max(self.last, seq)
        if isinstance(fact.says, Sent):
            self.seqs.setdefault(fact.says.message, seq)
        for effect in self.engine.observe(fact, Timestamp(fact.anchor.time)):
            self.moved[effect.message] = None

    async def reorg(self) -> None:
        """Some blocks leave a chain."""
        chain, ancestor = self.world.reorg()
        entry = Entry(self.cursor(chain), retract_above=ancestor, noticed=self.world.now)
        await self.store.append(entry)
        self.logged = {
            seq: fact
            for seq, fact in self.logged.items()
            if fact.anchor.chain != chain or fact.anchor.height <= ancestor
        }
        for effect in self.engine.retract(chain, ancestor, Timestamp(self.world.now)):
            self.moved[effect.message] = None

    async def write_rows(self) -> None:
        """The rows are those of what is believed now; then heads let go of what is over."""
        messages = self.engine.view.messages
        self.moved |= self.engine.view.told
        self.engine.view.told.clear()
        there = [messages[name] for name in self.moved if name in messages]
        gone = [name for name in self.moved if name not in messages]
        await self.store.save_messages(rows_of(self.engine.view, there, self.seqs), gone, self.last)
        self.moved.clear()
        see_heads(self.engine, self)
        self.seqs = {name: seq for name, seq in self.seqs.items() if name in messages}

    async def run(self, steps: int) -> None:
        """Many blocks, a reorg now and then."""
        for _ in range(steps):
            await self.step()
            if self.world.chance.random() < 0.01:
                await self.reorg()
            if self.world.chance.random() < 0.05:
                await self.write_rows()


def see_heads(target: Engine, recorder: Recorder, *, ahead: int = 0) -> None:
    """Tell an engine how far each chain is; `ahead` milliseconds later with everything final."""
    for chain in CHAINS:
        height, block, time = recorder.world.blocks[chain][-1]
        final = recorder.world.final(chain)
        final_time = next(t for h, _, t in recorder.world.blocks[chain] if h == final)
        if ahead:
            height, final = height + ahead, height + ahead
            final_time = time
        says = HeadSeen(height, None, final, None, final_time + ahead)
        anchor = Anchor(chain, height, block, time + ahead)
        target.observe(Fact(anchor, says), Timestamp(time + ahead))
