"""Faults put into a running devnet and seen from outside, by its RPC alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from test_system import Bench, call

from layerkeep.devnet.artifacts import nitro, op
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.table import fault_named
from layerkeep.devnet.system import System

Check = Callable[[], Awaitable[Any]]
BROKEN_WITHIN_S, WELL_WITHIN_S = 20.0, 30.0


class Outside:
    """A devnet as somebody sees it who has its addresses and its RPC only."""

    def __init__(self, system: System, controls: Controls) -> None:
        self.system = system
        self.controls = controls
        self.one, self.orbit = system.l1.contracts, system.orbit.l3.contracts

    def url(self, upstream: str) -> str:
        return self.system.gateway.url(*upstream.split("-"))

    async def ask(self, upstream: str, method: str, *params: Any) -> Any:
        return await call(self.url(upstream), method, *params)

    async def rpc(self, chain: str, method: str, *params: Any) -> Any:
        return await self.ask(f"{chain}-a", method, *params)

    async def height(self, upstream: str) -> int:
        return int(await self.ask(upstream, "eth_blockNumber"), 16)

    async def number(self, chain: str, tag: str) -> int:
        block = await self.rpc(chain, "eth_getBlockByNumber", tag, False)
        return int(block["number"], 16)

    async def block_hash(self, upstream: str, number: int) -> Any:
        block = await self.ask(upstream, "eth_getBlockByNumber", hex(number), False)
        return block and block["hash"]

    async def balance(self, chain: str, address: str) -> int:
        return int(await self.rpc(chain, "eth_getBalance", address, "latest"), 16)

    async def nonce(self, chain: str, address: str, tag: str) -> int:
        return int(await self.rpc(chain, "eth_getTransactionCount", address, tag), 16)

    async def read(self, chain: str, contract: Contract, function: str, *args: Any) -> Any:
        """What a view function answers."""
        request = {"to": contract.address, "data": contract.encode(function, *args)}
        output = await self.rpc(chain, "eth_call", request, "latest")
        return contract.artifact.decode_output(function, output)

    async def logs(self, chain: str, start: int, address: str, *topics: Any) -> list[Any]:
        query = {"fromBlock": hex(start), "address": address, "topics": list(topics)}
        found: list[Any] = await self.rpc(chain, "eth_getLogs", query)
        return found

    async def posts(self, start: int) -> list[Any]:
        """The L1's transactions from a block on."""
        numbers = range(start, await self.height("l1-a") + 1)
        blocks = [await self.rpc("l1", "eth_getBlockByNumber", hex(one), True) for one in numbers]
        return [tx for block in blocks for tx in block["transactions"]]

    async def status_of(self, upstream: str) -> int:
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        async with aiohttp.ClientSession() as one, one.post(self.url(upstream), json=body) as found:
            return found.status

    def portal(self) -> Contract:
        return Contract(op("OptimismPortal2"), self.one.portal)

    def outbox(self) -> Contract:
        return Contract(nitro("Outbox"), self.orbit.outbox)

    def rollup(self) -> Contract:
        return Contract(nitro("RollupUserLogic"), self.orbit.rollup)


async def soon(check: Check, within_s: float, what: str) -> None:
    """`check` holds before long."""
    deadline = time.monotonic() + within_s
    while not await check():
        assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
        await asyncio.sleep(0.1)


async def drill(net: Outside, name: str, on: str, broken: Check, well: Check) -> None:
    """The fault is put in until the world is broken, and taken out until it is well."""
    fault = fault_named(name)
    began = time.monotonic()
    assert not await broken(), f"{name} on {on} is seen before it is there"
    await net.controls.inject(fault, on)
    await soon(broken, BROKEN_WITHIN_S, f"{name} on {on} is seen")
    seen = time.monotonic()
    await net.controls.heal(fault, on)
    await soon(well, min(WELL_WITHIN_S, fault.recovery / 1000), f"{name} on {on} is gone")
    print(f"{name} on {on}: seen {seen - began:.1f} s, gone {time.monotonic() - seen:.1f} s")


def still(read: Check, for_s: float) -> Check:
    """A check that a value has not changed for so long, counted anew whenever it does."""
    last: list[Any] = [None, 0.0]

    async def check() -> bool:
        found = await read()
        if found != last[0] or last[1] == 0.0:
            last[:] = [found, time.monotonic()]
        return time.monotonic() - last[1] >= for_s

    return check


def grows(read: Check, by: int = 1) -> Check:
    """A check that a number has grown since it was first looked at."""
    first: list[Any] = []

    async def check() -> bool:
        found = await read()
        first.append(found)
        return bool(found >= first[0] + by)

    return check


Drill = Callable[[Outside], Awaitable[None]]


def run(bench: Bench, *drills: Drill) -> None:
    """These drills, side by side: none of them disturbs another."""

    async def scenario() -> None:
        async with Controls(f"{bench.system.description.root_url}/admin") as controls:
            net = Outside(bench.system, controls)
            await asyncio.gather(*(one(net) for one in drills))

    bench.do(scenario())


def stops(name: str, on: str, read: Callable[[Outside], Check], for_s: float) -> Drill:
    """A drill of a fault under which a number stands still that else grows."""

    async def one(net: Outside) -> None:
        await drill(net, name, on, still(read(net), for_s), grows(read(net)))

    return one


def head(chain: str) -> Callable[[Outside], Check]:
    """The newest block's number."""
    return lambda net: lambda: net.height(f"{chain}-a")


def tagged(chain: str, tag: str) -> Callable[[Outside], Check]:
    """The number of the block behind a tag."""
    return lambda net: lambda: net.number(chain, tag)


def in_turn(*drills: Drill) -> Drill:
    """One drill after the other."""

    async def one(net: Outside) -> None:
        for each in drills:
            await each(net)

    return one


class Memory:
    """Blocks that a chain has shown: the last ones at the start, and every head looked at since."""

    def __init__(self, net: Outside, chain: str) -> None:
        self.net = net
        self.chain = chain
        self.seen: dict[int, str] = {}

    async def look_back(self, depth: int) -> None:
        """The last blocks are remembered."""
        height = await self.net.height(f"{self.chain}-a")
        for number in range(max(0, height - depth + 1), height + 1):
            self.seen[number] = await self.net.block_hash(f"{self.chain}-a", number)

    async def look(self) -> None:
        """The head is remembered, unless another block of its number is already."""
        block = await self.net.rpc(self.chain, "eth_getBlockByNumber", "latest", False)
        self.seen.setdefault(int(block["number"], 16), block["hash"])

    async def replaced(self) -> int:
        """How many of the blocks seen are there no more."""
        found = [
            await self.net.block_hash(f"{self.chain}-a", number) != block_hash
            for number, block_hash in list(self.seen.items())
        ]
        return sum(found)
