"""Reorgs of every depth on every layer: what is believed afterwards is what the chains say."""

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

import aiohttp
import pytest
from following import (
    LAYERS,
    Watch,
    assert_equal,
    assert_memory_equal,
    devnet,
    freeze,
    heads,
    picture,
    until,
)

from layerkeep.devnet.system import System

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

DEPTH_MAX = 20
SETTLE_S = 5.0
PAUSE_S = {"l1": 0.8, "l2": 0.8, "l3": 0.4}
TRIES_MAX = 10
UNREAD_MAX = 2
"""Blocks that were made just before a reorg took them back, and never read."""


async def reorg(system: System, layer: str, depth: int) -> None:
    """Asked of the devnet from outside, until the chain is long enough."""
    url = f"{system.description.root_url}/admin/reorg/{layer}"

    async def is_done() -> bool:
        async with session.post(url, json={"depth": depth}) as answer:
            said = await answer.text()
            assert answer.status == 200 or "block" in said, said
            return answer.status == 200

    async with aiohttp.ClientSession() as session:
        await until(is_done, 60.0, f"{layer} is not {depth} blocks long")


async def reorganise(system: System, watch: Watch, layer: str) -> None:
    """A reorg of every depth, each as soon as the one before was noticed.

    One that takes back less than the follower has read, or is made anew with the same blocks, is
    none to it and is made once more.
    """
    poster = system.actors["l3_batch_poster"]
    poster.enabled = layer != "l3"  # what is posted cannot leave the L3 by itself
    feed = watch.daemon.feeds[layer]
    for depth in range(1, DEPTH_MAX + 1):
        before, tries = feed.reorgs, 0
        while feed.reorgs == before:
            tries += 1
            assert tries <= TRIES_MAX, (layer, depth, watch.cursors())
            await until(lambda: watch.is_at_head(system, layer), 20.0, watch.cursors)
            await reorg(system, layer, depth)
            await asyncio.sleep(PAUSE_S[layer])
    poster.enabled = True


def noticed(store_path: Path) -> dict[str, Counter[int]]:
    """How many reorgs of each depth were logged, by chain."""
    found: dict[str, Counter[int]] = {layer: Counter() for layer in LAYERS}
    with sqlite3.connect(store_path) as connection:
        for chain, dropped in connection.execute("SELECT chain, dropped FROM reorgs"):
            found[chain][dropped] += 1
    return found


def test_reorgs__of_depth_1_to_20_on_each_layer__leave_what_a_fresh_follower_sees(
    tmp_path: Path,
) -> None:
    """Under traffic 60 reorgs go through three layers; facts, rows and views are as if none had."""
    followed, fresh = tmp_path / "followed.sqlite", tmp_path / "fresh.sqlite"
    topology = tmp_path / "devnet.toml"

    async def scenario() -> None:
        async with devnet(tmp_path) as system, Watch(topology, followed) as watch:
            await until(lambda: len(watch.daemon.feeds) == len(LAYERS))
            await watch.at_heads(system)
            for layer in reversed(LAYERS):
                await reorganise(system, watch, layer)
            await freeze(system, SETTLE_S)
            await watch.told_everything(system)
            async with Watch(topology, fresh) as other:
                await until(lambda: len(other.daemon.feeds) == len(LAYERS))
                await other.told_everything(system)
                assert (await heads(system)) == watch.cursors() == other.cursors()
                assert_equal(picture(followed), picture(fresh))
                assert_memory_equal(watch.daemon.engine.view, other.daemon.engine.view)
            for feed in watch.daemon.feeds.values():
                assert 0 == feed.follower.skipped_blocks
                assert feed.blind is None

    asyncio.run(scenario())

    depths = noticed(followed)
    for layer in LAYERS:
        assert DEPTH_MAX <= depths[layer].total()
        assert DEPTH_MAX - UNREAD_MAX <= max(depths[layer])
    rows = picture(followed).rows.values()
    totals = {layer: depths[layer].total() for layer in LAYERS}
    print(f"\nreorgs {totals}, {len(rows)} messages")
