"""Following a real node: reorgs of every depth, bad weather, a quarter-second chain with many logs.

LAYERKEEP_TEST_SECONDS makes the runs as long as wanted.
"""

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from live import Running, now_ms, run
from weather import RealNode, Weather

from layerkeep.core.follower import Advanced, FollowPlan, LogFilter
from layerkeep.core.units import HOUR, ChainName, Duration, Height

ANVIL = Path(
    os.environ.get(
        "ANVIL_BIN",
        Path(__file__).parents[2] / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil",
    )
)
SECONDS = float(os.environ.get("LAYERKEEP_TEST_SECONDS", "20"))
EMITTER = "0x" + "e1" * 20
TOPIC = "0x" + "77" * 32
EMITTER_CODE = "0x5f355b80156033577f" + "77" * 32 + "5f5fa160019003600256" + "5b00"
"""Emits as many logs as its argument says."""
CHAIN_ID = 31337

pytestmark = [
    pytest.mark.devnet,
    pytest.mark.skipif(not ANVIL.exists(), reason="anvil is not installed"),
    pytest.mark.timeout(SECONDS * 3 + 120),
]


class Anvil:
    """One node, asked without any care."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session
        self.sender = ""

    async def call(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        async with self.session.post(self.url, json=body) as response:
            reply = await response.json()
        assert "error" not in reply, reply
        return reply["result"]

    async def ready(self) -> None:
        """Wait until it answers, and give it the contract."""
        while not self.sender:
            with contextlib.suppress(aiohttp.ClientError):
                self.sender = (await self.call("eth_accounts"))[0]
            await asyncio.sleep(0.05)
        await self.call("anvil_setCode", EMITTER, EMITTER_CODE)

    async def emit(self, logs: int) -> None:
        call = {"from": self.sender, "to": EMITTER, "data": f"0x{logs:064x}", "gas": "0xf42400"}
        await self.call("eth_sendTransaction", call)

    async def head(self) -> int:
        return int(await self.call("eth_blockNumber"), 16)


@contextlib.asynccontextmanager
async def anvil(*arguments: str) -> AsyncIterator[Anvil]:
    """A node of its own while the context lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (str(ANVIL), "--port", str(port), "--silent", *arguments)
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with aiohttp.ClientSession() as session:
            node = Anvil(f"http://127.0.0.1:{port}", session)
            await node.ready()
            yield node
    finally:
        process.terminate()
        await process.wait()


def plan(block_time: int) -> FollowPlan:
    """How the node is followed."""
    return FollowPlan(
        ChainName("l2"),
        Duration(block_time),
        Height(1),
        LogFilter((EMITTER,), (TOPIC,)),
        ahead_max=HOUR,
    )


async def settle(running: Running, node: Anvil) -> None:
    """Wait until the follower stands on the node's head."""
    end = time.monotonic() + 30
    while True:
        latest = await node.call("eth_getBlockByNumber", "latest", False)
        if running.follower.cursor.hash == latest["hash"]:
            break
        assert time.monotonic() < end, (running.follower.cursor, running.taker.refusals)
        await asyncio.sleep(0.01)


async def assert_true(running: Running, node: Anvil) -> None:
    """What is believed is what the node says: every block and every log."""
    taker = running.taker
    top = running.follower.cursor.height
    for height in range(1, top + 1):
        block = await node.call("eth_getBlockByNumber", hex(height), False)
        assert taker.blocks.get(height, block["hash"]) == block["hash"]
    query = {"address": EMITTER, "fromBlock": "0x1", "toBlock": hex(top)}
    logs = await node.call("eth_getLogs", query)
    places = [(log["blockHash"], log["logIndex"], log["transactionHash"]) for log in logs]
    assert places == [(log.block_hash, log.log_index, log.transaction_hash) for log in taker.logs]
    assert running.follower.skipped_blocks == 0


def test_anvil__reorgs_of_depth_1_to_20__are_followed() -> None:
    """Every depth is noticed, though the head's number does not move, and dropped exactly."""

    async def main() -> None:
        async with (
            anvil("--block-time", "1000") as node,
            Weather(RealNode(node.url, node.session)) as server,
            Running(plan(250), [server], CHAIN_ID) as running,
        ):
            for _ in range(30):
                await node.emit(2)
                await node.call("evm_mine")
            for depth in range(1, 21):
                for _ in range(depth):
                    await node.emit(depth)
                    await node.call("evm_mine")
                await settle(running, node)
                await node.call("anvil_reorg", depth, [])
                await settle(running, node)
                assert [depth] == [reorg.dropped for reorg in running.taker.reorgs[depth - 1 :]]
            await assert_true(running, node)
            assert not running.taker.refusals

    run(main)


def test_anvil__bad_weather__gives_the_undisturbed_view() -> None:
    """A proxy that spoils a fifth of all answers, reorgs meanwhile: the view is the node's own."""

    async def main() -> None:
        async with (
            anvil("--block-time", "1000") as node,
            Weather(RealNode(node.url, node.session), rate=0.2, seed=11) as server,
            Running(plan(250), [server], CHAIN_ID) as running,
        ):
            chance = random.Random(5)
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                await node.emit(chance.randint(1, 9))
                await node.call("evm_mine")
                if chance.random() < 0.12 and await node.head() > 25:
                    await node.call("anvil_reorg", chance.randint(1, 20), [])
                await asyncio.sleep(0.25)
            server.rate = 0.0
            await asyncio.sleep(1)
            await settle(running, node)
            await assert_true(running, node)
            print(
                f"\n{await node.head()} blocks, {len(running.taker.logs)} logs, "
                f"{len(running.taker.reorgs)} reorgs, {running.requests} requests, "
                f"weather {sum(server.played.values())}, refused {dict(running.taker.refusals)}"
            )

    run(main)


def test_anvil__quarter_second_chain__is_kept_up_with() -> None:
    """200 logs in every 250 ms block: near the head, nothing skipped, two requests per block."""

    async def main() -> None:
        async with (
            anvil("--block-time", "0.25", "--slots-in-an-epoch", "1") as node,
            Weather(RealNode(node.url, node.session)) as server,
            Running(plan(250), [server], CHAIN_ID) as running,
        ):
            lags: list[int] = []
            seen: dict[int, int] = {}
            believe = running.taker.__call__

            async def measure(outcome: object) -> None:
                await believe(outcome)
                if isinstance(outcome, Advanced):
                    now = now_ms()
                    heights = range(outcome.first, outcome.cursor.height + 1)
                    lags.extend(now - seen[h] for h in heights if h in seen)

            running.follow._on_outcome = measure
            sending = asyncio.create_task(feed(node, seen))
            await asyncio.sleep(2)
            before, first = running.requests, running.follower.cursor.height
            await asyncio.sleep(SECONDS)
            requests = running.requests - before
            blocks = running.follower.cursor.height - first
            sending.cancel()
            assert max(lags) < 2_000
            assert requests <= 2 * blocks + 10
            assert running.follower.skipped_blocks == 0
            assert not running.taker.reorgs
            lags.sort()
            print(
                f"\n{blocks} blocks, {len(running.taker.logs)} logs, "
                f"{requests / blocks:.3f} requests per block, "
                f"behind p50 {lags[len(lags) // 2]} ms, max {lags[-1]} ms"
            )
            assert len(running.taker.logs) > 100 * blocks

    run(main)


async def feed(node: Anvil, seen: dict[int, int]) -> None:
    """Send 200 logs for every block, and note when each block was first there."""
    last = await node.head()
    while True:
        await node.emit(200)
        head = last
        while head == last:
            await asyncio.sleep(0.01)
            head = await node.head()
        for height in range(last + 1, head + 1):
            seen[height] = now_ms()
        last = head
