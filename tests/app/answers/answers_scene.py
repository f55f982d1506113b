"""Three chains that nobody serves, a daemon on them whose clock a test turns, and its answers."""

import asyncio
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from layerkeep.app.answers import Answers
from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import Settings
from layerkeep.core.facts import Anchor, Fact, HeadSeen, NodesSeen, NodeState, Operated, Says
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Cursor, Entry

L1, L2, L3 = ChainName("l1"), ChainName("l2"), ChainName("l3")
START = 1_800_000_000_000
ADAPTERS = load_adapters()
BATCHER = "0x" + "b" * 40

TEXT = """
[network]
name = "three"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
[chains.l1.limits]
halted_after = "20s"
[[chains.l1.upstreams]]
name = "l1-a"
url = "http://127.0.0.1:1/"
[[chains.l1.upstreams]]
name = "l1-b"
url = "http://127.0.0.1:2/"
[[chains.l1.upstreams]]
name = "l1-c"
url = "http://127.0.0.1:3/"
[[chains.l1.upstreams]]
name = "l1-beacon"
url = "http://127.0.0.1:4/"
roles = ["beacon"]
[chains.l2]
title = "Second"
chain_id = 901
stack = "op_stack"
settles_on = "l1"
block_time_ms = 1000
[chains.l2.contracts.l1]
portal = "0x1111111111111111111111111111111111111111"
l1_messenger = "0x2222222222222222222222222222222222222222"
[chains.l2.contracts.l2]
message_passer = "0x4200000000000000000000000000000000000016"
l2_messenger = "0x4200000000000000000000000000000000000007"
[chains.l2.actors]
batcher = "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
[chains.l2.limits]
halted_after = "20s"
[[chains.l2.upstreams]]
name = "l2-a"
url = "http://127.0.0.1:5/"
[chains.l3]
chain_id = 902
stack = "nitro"
settles_on = "l2"
block_time_ms = 1000
[chains.l3.contracts.l2]
bridge = "0x3333333333333333333333333333333333333333"
inbox = "0x4444444444444444444444444444444444444444"
sequencer_inbox = "0x5555555555555555555555555555555555555555"
outbox = "0x6666666666666666666666666666666666666666"
rollup = "0x7777777777777777777777777777777777777777"
[chains.l3.contracts.l3]
arb_sys = "0x0000000000000000000000000000000000000064"
arb_retryable_tx = "0x000000000000000000000000000000000000006E"
"""


class Dialled(Daemon):
    """A daemon whose time is what the test says; nobody serves its chains."""

    time = START

    def now(self) -> Timestamp:
        """What the test says."""
        return Timestamp(self.time)

    async def begin(self) -> None:
        """As after a start, with nothing to wait for."""
        await self.load()
        self.readiness._chains = ()  # type: ignore[attr-defined]

    async def pass_time(self, seconds: int, **standing: int) -> None:
        """Look at all chains each second; those named stand at a height."""
        for _ in range(seconds):
            self.time += 1000
            for chain in (L1, L2):
                height = standing.get(chain, (self.time - START) // 1000)
                await self.observe(self.nodes(chain, height), self.heads(chain, height, age=1000))
            await self.look()

    async def hear_nothing(self, seconds: int) -> None:
        """Look each second, while nothing is heard of any chain."""
        for _ in range(seconds):
            self.time += 1000
            await self.look()

    async def tell(self, chain: ChainName, *said: Says, via: str = "", tx: str = "0xaa") -> None:
        """Facts of a chain's newest block."""
        height = (self.time - START) // 1000
        anchor = Anchor(chain, height, f"0x{height:064x}", self.time, tx)
        facts = [Fact(anchor, each, via=via, ordinal=at) for at, each in enumerate(said)]
        cursor = Cursor(chain, height, anchor.block, self.time, 0, height)
        await self.log_and_believe(Entry(cursor, facts))

    async def say(self, action: str, target: str, until: int = 0, reason: str = "") -> None:
        """An operator's word, heeded at once."""
        anchor = Anchor(ChainName(""), -1, "", self.time)
        fact = Fact(anchor, Operated(action, target, "ann", until, reason))
        await self.store.observe([fact], self.time)
        await self.heed()

    def nodes(self, chain: ChainName, height: int) -> Fact:
        """All of a chain's nodes answer, and are compared with each other."""
        chains = self.network.topology.chains
        names = [each.name for each in chains[chain].upstreams if "beacon" not in each.roles]
        compared = max(0, height - 4)
        states = tuple(
            NodeState(name, True, height, f"0x{compared:064x}", "geth/1") for name in names
        )
        return Fact(Anchor(chain, -1, "", self.time), NodesSeen(compared, states))

    def heads(self, chain: ChainName, height: int, *, age: int = 0) -> Fact:
        """How far a chain is: its newest block as old as that, final blocks eight behind it."""
        time = START + height * 1000 + 1000 - age
        says = HeadSeen(height, max(0, height - 2), max(0, height - 8), time - 2000, time - 8000)
        return Fact(Anchor(chain, height, f"0x{height:064x}", time), says)


def with_answers(
    path: Path, body: Callable[[Dialled, Answers], Coroutine[Any, Any, Any]], text: str = TEXT
) -> Any:
    """Run with a daemon that has begun, and its answers, on a store that stays."""

    async def run() -> Any:
        store = await Store.open(str(path), None)
        try:
            topology = read_topology({"three.toml": tomllib.loads(text)}, ADAPTERS)
            daemon = Dialled(Network(topology, ADAPTERS), store, Settings("", str(path)))
            answers = Answers(daemon)
            await daemon.begin()
            return await body(daemon, answers)
        finally:
            await store.close()

    return asyncio.run(run())
