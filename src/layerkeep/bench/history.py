"""A store with years of history: how fast it starts, how much memory it takes, how fast it traces.

The history is written by SQL in the shape that the store itself writes: every fact with its block,
its mentions and a body of the usual length, every message with its row. What is looked up later, is
open, or is recent is real.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from layerkeep.bench import network
from layerkeep.bench.figures import Figure, Outcome, Skipped
from layerkeep.bench.recording import batches, facts_of, record
from layerkeep.bench.traffic import BLOCK, block_hash, make, named
from layerkeep.core.facts import Anchor, Claimed, ClaimMoved, Fact, Sent
from layerkeep.core.units import ChainName
from layerkeep.edge.store.log import ADD_CLAIM, ADD_FACT, ADD_MENTION, Store
from layerkeep.edge.store.mentions import digests
from layerkeep.edge.store.records import encoded

MESSAGES = 10_000_000
BYTES_EACH = 3_000
"""What a message takes in the store, for the look at the disk beforehand."""

BODY = 400
"""The usual length of a stored fact."""

MENTIONS = 5
"""Names by which a message's two facts are found."""

PER_HEIGHT = 8
"""Messages that begin in one block."""

USERS = 200_000
"""Who sends them, each many times."""

SLICE = 500_000
TRACED = 40
STUCK = 1_000
"""Withdrawals through all of history that nobody ever finalized."""

CLAIMS = 5_000
"""About each of two chains: seven months of hourly ones."""
RECENT = 8_000

START_S = 3.0
MEMORY_MB = 250.0
STORY_MS = 50.0

FACTS = """WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
INSERT INTO facts SELECT 4 * i + k, CASE k WHEN 0 THEN 'l1' ELSE 'l2' END, i / 8 + 9 * k,
(i / 8 + 9 * k) * :block, CASE k WHEN 0 THEN 'sent' ELSE 'reached' END, :body
FROM n, (SELECT 0 AS k UNION ALL SELECT 1)"""
NAMES = """WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
INSERT INTO mentions SELECT (i * :mentions + k) * :stride, 4 * ((i * 7919) % :count) + k % 2
FROM n, (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)
"""
ROWS = """WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
INSERT INTO messages (id, seq, lifecycle, source, target, stage, finished, sent, moved, value,
sender, recipient, since)
SELECT printf('0x%016x%048x', i * :stride, i), 4 * i, 'op_stack.deposit', 'l1', 'l2', 'executed', 1,
i / 8 * :block, (i / 8 + 9) * :block, printf('17%017d', (i * 7919) % 99991 + 10000000000000000),
printf('0x%040x', (i * 104729) % :users), printf('0x%040x', (i * 1299709) % :users),
(i / 8 + 9) * :block FROM n"""
ROW = """INSERT INTO messages (id, seq, lifecycle, source, target, stage, finished, sent, moved,
since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
INDEXES = """SELECT name, sql FROM sqlite_master
WHERE type = 'index' AND tbl_name = 'messages' AND sql IS NOT NULL"""


class Measured(msgspec.Struct):
    """What a fresh process found out about a store: times, and those of parsing alone."""

    start_s: float
    believe_s: float
    parse_start_s: float
    memory_mb: float
    story_ms: float
    slowest_ms: float
    coldest_ms: float
    parse_story_ms: float
    facts: int
    open_messages: int


def measure() -> list[Outcome]:
    """Start, memory and trace with millions of finished messages."""
    count = int(os.environ.get("BENCH_MESSAGES", MESSAGES))
    folder = Path(os.environ.get("BENCH_FOLDER", tempfile.gettempdir()))
    if not folder.is_dir():
        return [Skipped(f"{count:,} finished messages", f"{folder} is no folder")]
    free, needed = shutil.disk_usage(folder).free, count * BYTES_EACH
    if free < needed:
        why = f"{folder} has {free / 1e9:.0f} GB free, {needed / 1e9:.0f} GB are needed"
        return [Skipped(f"{count:,} finished messages", why)]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = str(Path(place) / "history.sqlite")
        names = build(path, count)
        found = _probe(path, names)
    title = f"with {count:,} messages: "
    return [
        Figure(
            title + "start",
            found.start_s,
            "s",
            START_S,
            ratio=found.start_s / found.parse_start_s,
        ),
        Figure(title + "believed", found.start_s + found.believe_s, "s", START_S),
        Figure(title + "memory", found.memory_mb, "MB", MEMORY_MB),
        Figure(
            title + "trace (95th percentile)",
            found.story_ms,
            "ms",
            STORY_MS,
            ratio=found.story_ms / found.parse_story_ms,
        ),
        Figure(title + "trace (slowest, told twice)", found.slowest_ms, "ms", STORY_MS),
        Figure(title + "trace (slowest, first time)", found.coldest_ms, "ms", STORY_MS),
    ]


def build(path: str, count: int) -> list[str]:
    """A store with so many finished messages; hashes to trace are returned."""
    asyncio.run(_create(path))
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
        connection.execute(f"PRAGMA {pragma}")
    stride = (1 << 62) // (count * MENTIONS)
    shape = {"block": BLOCK, "body": bytes(BODY), "mentions": MENTIONS, "count": count}
    shape |= {"users": USERS}
    indexes = connection.execute(INDEXES).fetchall()
    for name, _ in indexes:  # made once at the end: the same indexes, an hour earlier
        connection.execute(f"DROP INDEX {name}")
    for first in range(0, count, SLICE):
        part = {"first": first, "end": min(first + SLICE, count), "stride": stride, **shape}
        for statement in (FACTS, NAMES, ROWS):
            connection.execute(statement, part)
        connection.commit()
    for _, index in indexes:
        connection.execute(index)
    names = list(_add_real(connection, count))
    connection.commit()
    connection.close()
    asyncio.run(_add_recent(path, count // PER_HEIGHT + 10_000))
    return names


async def _create(path: str) -> None:
    await (await Store.open(path, "bench")).close()


def _add_real(connection: sqlite3.Connection, count: int) -> Iterator[str]:
    """Claims through all of history, withdrawals that nobody finalized, messages to be traced."""
    top = count // PER_HEIGHT
    claims = [fact for number in range(CLAIMS) for fact in _claims(number, top)]
    stuck = [fact for fact in _spread(STUCK, 10**7, top) if _is_withdrawal(fact)]
    traced = _spread(TRACED, 2 * 10**7, top)
    real = [*claims, *stuck, *traced]
    for index, fact in enumerate(real):
        seq = 4 * (index * count // len(real)) + 2
        _add(connection, seq, fact)
        if isinstance(fact.says, Sent):
            _add_row(connection, seq, fact, finished=fact not in stuck)
    for fact in traced:
        yield fact.says.message if isinstance(fact.says, Sent) else fact.anchor.tx


def _spread(count: int, first: int, top: int) -> list[Fact]:
    """All facts of so many messages of each route, begun at ten heights below the top."""
    return [
        fact
        for part in range(10)
        for fact in facts_of(
            make(4 * count // 10, first=first + part * count, height=1_000 + part * top // 11)
        )
    ]


def _is_withdrawal(fact: Fact) -> bool:
    return isinstance(fact.says, Sent) and fact.says.lifecycle == "op_stack.withdrawal"


def _claims(number: int, top: int) -> Iterator[Fact]:
    """One claim about each child, confirmed some time later."""
    height = (number + 1) * top // CLAIMS
    for chain, lane in ((network.L1, "l2/claims"), (network.L2, "l3/assertions")):
        claim = f"{lane}/{number}"
        made, confirmed = Claimed(claim, lane, height), ClaimMoved(claim, "confirmed")
        yield Fact(_place(chain, height, claim), made)
        yield Fact(_place(chain, height + 100, claim), confirmed)


def _place(chain: ChainName, height: int, name: str) -> Anchor:
    tx = named(chain, height, name)
    return Anchor(chain, height, block_hash(chain, height), height * BLOCK, tx)


def _add(connection: sqlite3.Connection, seq: int, fact: Fact) -> None:
    anchor, says = fact.anchor, fact.says
    kind = says.__struct_config__.tag
    row = (seq, anchor.chain, anchor.height, anchor.time, kind, encoded(fact))
    connection.execute(ADD_FACT, row)
    connection.executemany(ADD_MENTION, [(name, seq) for name in digests(fact)])
    if isinstance(says, Claimed):
        connection.execute(ADD_CLAIM, (seq, says.lane, says.covers))


def _add_row(connection: sqlite3.Connection, seq: int, fact: Fact, *, finished: bool) -> None:
    says, time = fact.says, fact.anchor.time
    assert isinstance(says, Sent), "what sent the message"
    stage = "executed" if finished else "initiated"
    row = (says.message, seq, says.lifecycle, says.source, says.target, stage, int(finished))
    connection.execute(ROW, (*row, time, time, time))


async def _add_recent(path: str, height: int) -> None:
    """The newest messages as the daemon records them; the last of them are still under way."""
    facts = facts_of(make(RECENT, first=3 * 10**7, height=height))
    until = height + RECENT // 4 // 4
    store = await Store.open(path, "bench")
    await record(store, batches([fact for fact in facts if fact.anchor.height < until]))
    await store.close()


def _probe(path: str, names: list[str]) -> Measured:
    """What a fresh process finds out."""
    told = subprocess.run(
        [sys.executable, "-m", "layerkeep.bench.history_probe", path],
        input=msgspec.json.encode(names),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(told.stdout, type=Measured)
