"""A chain that nobody serves, and a daemon on it whose clock and whose nodes a test turns."""

import asyncio
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import Settings
from layerkeep.core.facts import Anchor, Fact, HeadSeen, NodesSeen, NodeState
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store

L1 = ChainName("l1")
ADAPTERS = load_adapters()
START = 1_700_000_000_000
TEXT = """
[network]
name = "one"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
[chains.l1.limits]
halted_after = "8s"
[[chains.l1.upstreams]]
name = "one"
url = "http://127.0.0.1:1/some/path"
"""


class Dial(Daemon):
    """A daemon whose time is what the test says; nobody serves its chain."""

    time = START

    def now(self) -> Timestamp:
        """What the test says."""
        return Timestamp(self.time)

    async def begin(self) -> None:
        """As after a start, with nothing to wait for."""
        await self.load()
        self.readiness._chains = ()  # type: ignore[attr-defined]

    async def pass_time(self, seconds: int, head: int | None = None) -> None:
        """Look at the chain each second; it makes blocks if `head` is None."""
        for _ in range(seconds):
            self.time += 1000
            height = head if head is not None else (self.time - START) // 1000
            await self.observe(nodes(height, self.time), heads(height, self.time))
            await self.look()


def nodes(height: int, time: int) -> Fact:
    """A look at the only upstream."""
    return Fact(Anchor(L1, -1, "", time), NodesSeen(-1, (NodeState("one", True, height),)))


def heads(height: int, time: int) -> Fact:
    """How far the chain is; what is final is a little behind."""
    says = HeadSeen(height, None, height - 8, None, time - 8000)
    return Fact(Anchor(L1, height, f"0x{height:064x}", time), says)


def topology() -> Any:
    """The one chain."""
    return read_topology({"one.toml": tomllib.loads(TEXT)}, ADAPTERS)


def with_daemon(path: Path, body: Callable[[Dial], Coroutine[Any, Any, Any]]) -> Any:
    """Run with a daemon that has begun, on a store that stays."""

    async def run() -> Any:
        store = await Store.open(str(path), "one")
        try:
            daemon = Dial(Network(topology(), ADAPTERS), store, Settings("", str(path)))
            await daemon.begin()
            return await body(daemon)
        finally:
            await store.close()

    return asyncio.run(run())
