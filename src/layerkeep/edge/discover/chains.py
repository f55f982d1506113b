"""One chain by itself: its id, its pace and its stack, asked from its own node."""

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from layerkeep.core.adapter import Genesis
from layerkeep.core.topology.standard import STANDARD_ADDRESSES
from layerkeep.core.units import SECOND, Duration, Timestamp
from layerkeep.edge.discover.reads import Rpc, has_code, height, view_uint

ARBOS_OFFSET = 55  # ArbSys.arbOSVersion() adds it so that no Ethereum version can look like one
FEW = 20  # blocks that tell whole seconds apart
MANY = 100  # blocks over which parts of a second show in timestamps of whole seconds
ON_DEMAND = ("nitro",)  # stacks that make no blocks while there is nothing to put into them
DEFAULT_PACE = Duration(250)  # Nitro's execution.sequencer.max-block-speed
STRETCH_S = 4  # a single second holds a block more or less by chance
FASTER = Duration(175)  # midway from the default to the 100 ms that chains in a hurry choose
STEP_MS = 50  # no chain states its pace more finely


@dataclass(frozen=True, slots=True)
class Sight:
    """A chain as its own node shows it."""

    name: str
    url: str
    rpc: Rpc
    chain_id: int
    stack: str
    block_time: Duration
    measured: str
    genesis: Genesis | None = None


async def look(name: str, url: str, rpc: Rpc) -> Sight:
    """What one node says about its chain."""
    chain_id = int(str(await rpc.call("eth_chainId", [])), 16)
    stack = await _stack(rpc, chain_id)
    block_time, measured = await (_fastest(rpc) if stack in ON_DEMAND else _pace(rpc))
    genesis = await _genesis(rpc, stack, block_time)
    return Sight(name, url, rpc, chain_id, stack, block_time, measured, genesis)


async def _genesis(rpc: Rpc, stack: str, block_time: Duration) -> Genesis | None:
    """Block 0, where the chain shows that it began there and was no other chain before.

    On the OP Stack every block takes as long as the last, so block 0 leads to the newest one; on
    Nitro every block since the first has a send root.
    """
    first: Any = await rpc.call("eth_getBlockByNumber", ["0x0", False])
    if not isinstance(first, dict):
        return None
    if stack == "nitro":
        return Genesis(0) if first.get("sendRoot") else None
    newest: Any = await rpc.call("eth_getBlockByNumber", ["latest", False])
    began = Timestamp(int(first["timestamp"], 16) * SECOND)
    took = int(newest["timestamp"], 16) * SECOND - began
    is_whole = stack == "op_stack" and took == int(newest["number"], 16) * block_time
    return Genesis(0, began) if is_whole else None


async def _stack(rpc: Rpc, chain_id: int) -> str:
    """The stack whose own contracts stand where they stand on every chain of that stack."""
    arb_sys = STANDARD_ADDRESSES["nitro"]["arb_sys"]
    version = await view_uint(rpc, arb_sys, "arbOSVersion()")
    if version is not None and version >= ARBOS_OFFSET:
        claimed = await view_uint(rpc, arb_sys, "arbChainID()")
        if claimed == chain_id:
            return "nitro"
    predeploys = STANDARD_ADDRESSES["op_stack"].values()
    if all(await asyncio.gather(*(has_code(rpc, address) for address in predeploys))):
        return "op_stack"
    return "ethereum"


async def _pace(rpc: Rpc) -> tuple[Duration, str]:
    """The time between two blocks and how it was found.

    Timestamps are whole seconds. Where most blocks share theirs with the one before, the pace is
    the mean between the first and the last block at which the second turns.
    """
    newest = await height(rpc)
    times = await _times(rpc, newest, FEW)
    if len(times) < 2:
        return Duration(SECOND), "not measured: the chain has just begun"
    gap = int(median(later - earlier for earlier, later in pairwise(times)))
    if gap >= 1:
        return Duration(gap * SECOND), f"the median of {len(times)} blocks"
    times = await _times(rpc, newest, MANY)
    turns = [place for place, (was, time) in enumerate(pairwise(times), 1) if time > was]
    if len(turns) < 2:
        return Duration(SECOND), "not measured: there are too few blocks"
    first, last = turns[0], turns[-1]
    mean = (times[last] - times[first]) * SECOND / (last - first)
    steps = max(1, round(mean / STEP_MS))
    return Duration(steps * STEP_MS), f"the mean of {last - first} blocks ({mean:.0f} ms)"


async def _fastest(rpc: Rpc) -> tuple[Duration, str]:
    """The least time between two blocks of a chain that makes them on demand.

    A stretch of seconds with more blocks than the default allows shows that the chain is set to be
    faster; one with fewer shows nothing, as there may have been nothing to do. Blocks made of
    delayed messages wait for no pace and are left out: a header's nonce counts the messages read.
    """
    blocks = await _newest(rpc, await height(rpc), MANY + 1)
    paced = (block for was, block in pairwise(blocks) if was.get("nonce") == block.get("nonce"))
    times = [_time(block) for block in paced]
    starts = sorted(set(times))
    most = max(
        (sum(0 <= time - start < STRETCH_S for time in times) for start in starts), default=0
    )
    seen = f"the busiest {STRETCH_S} s of {len(times)} blocks hold {most}"
    if most * FASTER <= STRETCH_S * SECOND:
        return DEFAULT_PACE, f"Nitro's default; {seen}"
    steps = max(1, round(STRETCH_S * SECOND / most / STEP_MS))
    return Duration(steps * STEP_MS), seen


async def _times(rpc: Rpc, newest: int, count: int) -> list[int]:
    """The timestamps of the newest blocks, oldest first."""
    return [_time(block) for block in await _newest(rpc, newest, count)]


async def _newest(rpc: Rpc, newest: int, count: int) -> list[Any]:
    """The newest blocks, oldest first, without the genesis, which may be from any time."""
    numbers = range(max(1, newest - count + 1), newest + 1)
    asked = (rpc.call("eth_getBlockByNumber", [hex(number), False]) for number in numbers)
    return await asyncio.gather(*asked)


def _time(block: Any) -> int:
    return int(block["timestamp"], 16)
