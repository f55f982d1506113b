"""From facts to the engine and into the store, in entries and rows as the daemon makes them."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from layerkeep.app.daemon import WRITE_EVERY_S
from layerkeep.app.projection import Projection
from layerkeep.bench import network
from layerkeep.bench.decoding import Decoder, parse
from layerkeep.bench.figures import Figure, Outcome, best
from layerkeep.bench.traffic import BLOCK, LATER, Traffic, block_hash, encoded, make
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Anchor, ClaimCovers, Claimed, Fact, HeadSeen, Reached, Sent
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import BlockRow, Cursor, Entry

MESSAGES = 20_000
BLOCKS = 32
"""Blocks in one entry: a range far from the newest block, with a thousand facts."""

FACTS_PER_S = 15_000
OBSERVE_US = 15.0
WATCH_US = 50.0
"""Twenty thousand facts a second on one core with every rule: more than any network says."""

Batch = tuple[Entry, Fact]
"""What one chain's next blocks say, and how far the chain is then."""


@dataclass
class Recorded:
    """What was believed."""

    engine: Engine = field(default_factory=network.engine)
    facts: int = 0

    def observe(self, facts: list[Fact], projection: Projection | None = None) -> None:
        """Believe facts; note which messages moved."""
        for fact in facts:
            effects = self.engine.observe(fact, Timestamp(fact.anchor.time))
            if projection is not None:
                projection.mark(effects)
        self.facts += len(facts)


def answers(facts: list[Fact]) -> Iterator[Fact]:
    """What probes add to the logs: receipts, and how far a claim reaches."""
    for fact in facts:
        says, anchor = fact.says, fact.anchor
        if not isinstance(says, Sent | Reached | Claimed) or not says.asks or says.asks[0].every:
            continue
        ask, height = says.asks[0], anchor.height + 1
        if isinstance(says, Sent):
            height = anchor.height + LATER + 1
        elif isinstance(says, Reached) and not says.awaits:
            continue
        tx = ask.subject if ask.subject.startswith("0x") else anchor.tx
        place = Anchor(ask.chain, height, block_hash(ask.chain, height), height * BLOCK, tx)
        if isinstance(says, Claimed):
            yield Fact(place, ClaimCovers(says.claim, height), answers=ask.id)
        elif "/ticket/" not in ask.key:
            stage = "executed" if isinstance(says, Sent) else "redeemed"
            yield Fact(place, Reached(ask.key, stage, executes=True), answers=ask.id)


def batches(facts: list[Fact]) -> list[Batch]:
    """Entries of some blocks of one chain each, in order of time."""
    by_range: dict[tuple[int, ChainName], list[Fact]] = {}
    for fact in facts:
        by_range.setdefault((fact.anchor.height // BLOCKS, fact.anchor.chain), []).append(fact)
    return [
        _batch(chain, part * BLOCKS + BLOCKS - 1, sorted(by_range[part, chain], key=_order))
        for part, chain in sorted(by_range)
    ]


def _order(fact: Fact) -> tuple[int, int, int, int]:
    return fact.order


def _batch(chain: ChainName, height: int, facts: list[Fact]) -> Batch:
    final = height - 2 * BLOCKS
    block = BlockRow(height, block_hash(chain, height), height * BLOCK)
    cursor = Cursor(chain, height, block.hash, block.time, 0, height, None, final)
    says = HeadSeen(height, None, final, None, final * BLOCK)
    return Entry(cursor, facts, [block]), Fact(Anchor(chain, height, block.hash, block.time), says)


async def record(store: Store, entries: list[Batch]) -> Recorded:
    """Log and believe these entries, and write the messages' rows now and then."""
    recorded, projection = Recorded(), Projection()
    heads: dict[ChainName, Fact] = {}
    written = time.perf_counter()
    for entry, head in entries:
        projection.note(entry.facts, await store.append(entry))
        recorded.observe(list(entry.facts), projection)
        heads[head.anchor.chain] = head
        if time.perf_counter() - written > WRITE_EVERY_S:
            await write_rows(store, recorded, projection, heads)
            written = time.perf_counter()
    await write_rows(store, recorded, projection, heads)
    return recorded


async def timed(path: str, entries: list[Batch]) -> tuple[float, Recorded]:
    """The time it takes to record these entries in a new store, which is open already."""
    store = await Store.open(path, "bench")
    began = time.perf_counter()
    recorded = await record(store, entries)
    taken = time.perf_counter() - began
    await store.close()
    return taken, recorded


def facts_of(traffic: Traffic) -> list[Fact]:
    """All that logs and probes tell."""
    decoded = Decoder(traffic.heights).facts(encoded(traffic))
    facts = [fact for chain in decoded.values() for fact in chain]
    return facts + list(answers(facts))


async def write_rows(
    store: Store, recorded: Recorded, projection: Projection, heads: dict[ChainName, Fact]
) -> None:
    """The rows of what moved are written; then what is finished and final is let go."""
    rows, gone = projection.take(recorded.engine.view)
    await store.save_messages(rows, gone, projection.last_seq)
    recorded.observe(list(heads.values()))


def measure() -> list[Outcome]:
    """Facts of messages recorded a second, and what the engine takes of that for each fact."""
    traffic = make(MESSAGES)
    texts = encoded(traffic)
    parsing, _ = best(lambda: parse(texts))
    entries = batches(facts_of(traffic))
    observing, believed = best(lambda: believe(entries, network.engine()), 3)
    watching, watched = best(lambda: believe(entries, network.watching()), 3)
    runs = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(asyncio.run(timed(str(Path(folder) / "bench.sqlite"), entries)))
    taken = min(run[0] for run in runs)
    left = len(runs[0][1].engine.view.messages)
    assert left < traffic.messages / 4, f"{left} of {traffic.messages} messages are never let go"
    return [
        Figure(
            "facts to engine to SQLite",
            runs[0][1].facts / taken,
            "facts/s",
            FACTS_PER_S,
            more_is_better=True,
            ratio=taken / parsing,
        ),
        Figure(
            "engine observes",
            observing / believed.facts * 1e6,
            "us/fact",
            OBSERVE_US,
            ratio=observing / parsing,
        ),
        Figure(
            "engine observes, every rule watching",
            watching / watched.facts * 1e6,
            "us/fact",
            WATCH_US,
            ratio=watching / parsing,
        ),
    ]


def believe(entries: list[Batch], engine: Engine) -> Recorded:
    """An engine that was told all of this, and nothing else."""
    recorded = Recorded(engine)
    for entry, head in entries:
        recorded.observe([*entry.facts, head])
    return recorded
