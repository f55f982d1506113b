"""Upstreams that answer badly: a disturbed daemon ends where an undisturbed one does."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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
    seconds,
    until,
)

from layerkeep.devnet.system import System

sys.path.insert(0, str(Path(__file__).parents[1] / "edge"))

from weather import RealNode, Weather

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

SECONDS = seconds(32.0)
RATE = 0.2
KINDS = (
    "hang",
    "html",
    "half",
    "error_object",
    "limited",
    "wrong_chain",
    "broken_parent",
    "foreign_logs",
    "older_head",
)
HANG_S = 11.0
"""Longer than an answer is waited for."""
SETTLE_S = 5.0
HEALED_WITHIN_S = 60.0


@asynccontextmanager
async def spoiled(system: System, folder: Path) -> AsyncIterator[list[Weather]]:
    """Bad weather before every endpoint of every chain; `spoiled.toml` goes through it."""
    text = system.topology_toml()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        servers = []
        for layer in LAYERS:
            for name, url, roles in system.description.upstreams(layer):
                if "beacon" in roles:
                    continue
                node = RealNode(url, session)
                server = Weather(node, rate=RATE, seed=len(servers) + 1, kinds=KINDS)
                server.hang_s = HANG_S
                await stack.enter_async_context(server)
                text = text.replace(f'"{url}"', f'"{server.url}"')
                servers.append(server)
                assert server.url in text, name
        lines = [line for line in text.splitlines() if not line.startswith("ws_url")]
        (folder / "spoiled.toml").write_text("\n".join(lines))
        yield servers


def played(servers: list[Weather]) -> Counter[str]:
    """How often each kind of weather came."""
    return sum((server.played for server in servers), start=Counter[str]())


def test_upstreams__that_spoil_a_fifth_of_their_answers__change_nothing_in_the_end(
    tmp_path: Path,
) -> None:
    """Nine kinds of bad answers on every endpoint: once they end, both daemons are equal."""
    disturbed, calm = tmp_path / "disturbed.sqlite", tmp_path / "calm.sqlite"

    async def scenario() -> None:
        async with (
            devnet(tmp_path) as system,
            spoiled(system, tmp_path) as servers,
            Watch(tmp_path / "devnet.toml", calm) as other,
            Watch(tmp_path / "spoiled.toml", disturbed) as watch,
        ):
            for _ in range(int(SECONDS / 8)):
                await asyncio.sleep(8)
                await system.l2.sequencer.reorg(2)
            await until(lambda: set(KINDS) == set(played(servers)), SECONDS, SECONDS)
            for server in servers:
                server.rate = 0.0
            await until(lambda: len(watch.daemon.feeds) == len(LAYERS), HEALED_WITHIN_S)
            healing = time.monotonic()
            await until(
                lambda: all(feed.progress.behind <= 2 for feed in watch.daemon.feeds.values()),
                HEALED_WITHIN_S,
                watch.cursors,
            )
            healed_s = time.monotonic() - healing
            await freeze(system, SETTLE_S)
            await watch.told_everything(system)
            await other.told_everything(system)
            assert (await heads(system)) == watch.cursors() == other.cursors()
            assert_equal(picture(disturbed), picture(calm))
            assert_memory_equal(watch.daemon.engine.view, other.daemon.engine.view)
            for feed in watch.daemon.feeds.values():
                assert feed.blind is None
                assert 0 == feed.follower.skipped_blocks
            refused = {name: feed.refusals for name, feed in watch.daemon.feeds.items()}
            print(f"\n{dict(played(servers))}, refused {refused}, caught up after {healed_s:.1f} s")

    asyncio.run(scenario())
