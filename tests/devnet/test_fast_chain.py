"""A chain of 250 ms blocks, each with 200 messages, through the whole daemon and its store."""

import asyncio
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from following import Watch, seconds, until

from layerkeep.adapters.op_stack.contracts import PREDEPLOYS
from layerkeep.app.daemon import Daemon
from layerkeep.core.keccak import keccak_hex
from layerkeep.edge.store.records import Entry

sys.path.insert(0, str(Path(__file__).parents[1] / "edge"))

from test_follow_anvil import Anvil, anvil

SECONDS = seconds(30.0)
WARM_UP_S = 3.0
LOGS = 200
BEHIND_S_MAX = 2.0
REQUESTS_MAX = 2
CREDIT = 8
"""Requests that a follower may owe or own at either end of the measurement."""

pytestmark = [
    pytest.mark.devnet,
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS * 2 + 120),
]

PASSED = keccak_hex(b"MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)")
PASSER = PREDEPLOYS["message_passer"]
PASSER_CODE = (
    "0x60806040524360a0525f355b8015604c578060c052604060a020606052333343"
    f"7f{PASSED[2:]}"
    "60a05fa460019003600b565b00"
)
"""Emits as many withdrawals as its argument says, each with a hash of its own."""

SENT = "SELECT count(*) FROM facts WHERE kind = 'sent'"
ROLES = (
    "portal",
    "l1_messenger",
    "l1_standard_bridge",
    "system_config",
    "dispute_game_factory",
    "anchor_state_registry",
    "superchain_config",
    "batch_inbox",
)


def topology_of(l1_url: str, l2_url: str) -> str:
    """An L2 on an L1 on which nothing ever happens."""
    contracts = [f'{role} = "0x{index:040x}"' for index, role in enumerate(ROLES, 0xA000)]
    lines = [
        '[network]\nname = "fast"',
        '[chains.l1]\nchain_id = 31336\nstack = "ethereum"\nblock_time_ms = 1000',
        f'[[chains.l1.upstreams]]\nname = "one"\nurl = "{l1_url}"',
        '[chains.l2]\nchain_id = 31337\nstack = "op_stack"\nsettles_on = "l1"',
        "block_time_ms = 250",
        f'[[chains.l2.upstreams]]\nname = "two"\nurl = "{l2_url}"',
        "[chains.l2.contracts.l1]",
        *contracts,
        "[chains.l2.contracts.l2]",
        *(f'{role} = "{address}"' for role, address in PREDEPLOYS.items()),
    ]
    return "\n".join(lines)


class Lags:
    """How long after a block was there it was believed, in seconds."""

    def __init__(self, daemon: Daemon) -> None:
        self.seen: dict[int, float] = {}
        self.found: list[float] = []
        self._believed = -1
        self._believe = daemon.log_and_believe
        daemon.log_and_believe = self._measured  # type: ignore[method-assign]

    async def _measured(self, entry: Entry) -> None:
        await self._believe(entry)
        if entry.cursor.chain == "l2" and entry.blocks:
            now, top = time.monotonic(), entry.cursor.height
            heights = range(self._believed + 1, top + 1)
            self.found += [now - self.seen[height] for height in heights if height in self.seen]
            self._believed = top

    async def _beyond(self, node: Anvil, last: int) -> int:
        head = await node.head()
        return head if head > last else 0

    async def feed(self, node: Anvil) -> None:
        """Send withdrawals for every block, and note when each block was first there."""
        last = await node.head()
        call = {"from": node.sender, "to": PASSER, "data": f"0x{LOGS:064x}", "gas": "0xf42400"}
        while True:
            await node.call("eth_sendTransaction", call)
            head = await until(lambda last=last: self._beyond(node, last), 10)
            self.seen |= dict.fromkeys(range(last + 1, head + 1), time.monotonic())
            last = head


def test_daemon__on_a_chain_of_quarter_seconds__keeps_up(tmp_path: Path) -> None:
    """Near the head all the time, no block left out, two requests for each at most."""
    topology, store = tmp_path / "fast.toml", tmp_path / "fast.sqlite"

    async def scenario() -> None:
        fast = ("--block-time", "0.25", "--slots-in-an-epoch", "1")
        async with (
            anvil("--chain-id", "31336", "--block-time", "1") as parent,
            anvil(*fast) as node,
        ):
            await node.call("anvil_setCode", PASSER, PASSER_CODE)
            topology.write_text(topology_of(parent.url, node.url))
            async with Watch(topology, store) as watch:
                await until(lambda: "l2" in watch.daemon.feeds)
                await measure(watch, node)

    async def measure(watch: Watch, node: Anvil) -> None:
        feed, lags = watch.daemon.feeds["l2"], Lags(watch.daemon)
        sending = asyncio.create_task(lags.feed(node))
        await asyncio.sleep(WARM_UP_S)
        counts = feed.pool.counts.requests
        before, first = counts.total(), feed.follower.cursor.height
        await asyncio.sleep(SECONDS)
        requests, blocks = counts.total() - before, feed.follower.cursor.height - first
        sending.cancel()
        behind = sorted(lags.found)
        with sqlite3.connect(store) as connection:
            (sent,) = connection.execute(SENT).fetchone()
        print(
            f"\n{blocks} blocks, {sent} messages, {requests / blocks:.2f} requests per block, "
            f"behind p50 {behind[len(behind) // 2]:.3f} s, max {behind[-1]:.3f} s"
        )
        assert blocks >= SECONDS * 4 * 0.9
        assert behind[-1] < BEHIND_S_MAX
        assert requests <= REQUESTS_MAX * blocks + CREDIT
        assert 0 == feed.follower.skipped_blocks
        assert sent >= LOGS * blocks * 0.9

    asyncio.run(scenario())
