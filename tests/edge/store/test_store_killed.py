"""A process killed at any moment leaves a store that nothing is missing from."""

import asyncio
import os
import random
import signal
import time
from collections import Counter

from sqlalchemy import select
from store_world import L1, named
from test_log import cursor, posted

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import digests
from layerkeep.edge.store.reading import facts_since, read_blocks, read_cursors, read_rows
from layerkeep.edge.store.records import BlockRow, Entry
from layerkeep.edge.store.tables import mentions

KILLS = 24
FACTS = 4
"""Facts in each entry."""


async def write_on(path: str, told: int) -> None:
    """Append one entry after the other, from where the store left off, and tell of each."""
    store = await Store.open(path, "net")
    read = await read_cursors(store)
    height = read[L1].height if read else 0
    while True:
        height += 1
        blocks = [BlockRow(height, named(height), 0)]
        await store.append(Entry(cursor(height), [posted(height)] * FACTS, blocks))
        os.write(told, height.to_bytes(4))


def killed_writer(path: str, seconds: float) -> int:
    """The last height that a writer told of before it was killed."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(write_on(path, send))
        finally:
            os._exit(1)
    os.close(send)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "the writer did not fail by itself"
    with os.fdopen(receive, "rb") as pipe:
        told = pipe.read()
    return int.from_bytes(told[len(told) // 4 * 4 - 4 : len(told) // 4 * 4]) if told else 0


async def check(path: str, told: int) -> int:
    """Nothing told is lost, nothing is there twice, nothing is there in part."""
    store = await Store.open(path, "net")
    read = await read_cursors(store)
    height = read[L1].height if read else 0
    facts = await facts_since(store, 0, 10**7)
    assert height in (told, told + 1)
    assert Counter(fact.anchor.height for fact in facts.values()) == dict.fromkeys(
        range(1, height + 1), FACTS
    )
    found = {tuple(row) for row in await read_rows(store, select(mentions))}
    assert found == {(name, seq) for seq, fact in facts.items() for name in digests(fact)}
    assert [block.height for block in await read_blocks(store, L1)] == list(range(1, height + 1))
    await store.close()
    return height


def test_writer__killed_again_and_again__loses_nothing(tmp_path):
    """Killed while it opens, migrates, writes or waits: what was told is there, once."""
    chance, path = random.Random(11), str(tmp_path / "net.sqlite")
    height = 0
    for _ in range(KILLS):
        told = killed_writer(path, chance.choice((0.01, 0.05, 0.1)) + chance.random() / 10)
        height = asyncio.run(check(path, max(told, height)))

    assert height > KILLS
