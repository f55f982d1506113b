"""Starts the node processes of each layer, with the flags and first blocks they need."""

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec

from layerkeep.devnet.accounts import funded
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.l2.system import BASE_FEE_WEI
from layerkeep.devnet.node import Anvil, free_port
from layerkeep.devnet.plan import DevnetPlan

HISTORY_S = 30  # chains begin this long ago: room for blocks made while contracts are deployed
L1_GAS_LIMIT = 60_000_000
FUNDS_WEI = 10**23
STATES_KEPT = "1000"  # provers look back so far
BLOCKS_KEPT = "20000"  # older blocks would be shown empty
COMMON_ARGS = (
    "--no-mining",
    "--order",
    "fifo",
    "--max-persisted-states",
    STATES_KEPT,
    "--transaction-block-keeper",
    BLOCKS_KEPT,
    "--no-request-size-limit",  # a reorg hands back its transactions, blobs and all, in one call
)


async def start_l1(plan: DevnetPlan, root: Path) -> Anvil:
    """The L1 node at its genesis, with every role funded; its clock stands still."""
    genesis = {
        "config": {"chainId": plan.l1_chain_id},
        "timestamp": hex(int(time.time()) - HISTORY_S),
        "gasLimit": hex(L1_GAS_LIMIT),
        "difficulty": "0x0",
        "alloc": funded(FUNDS_WEI),
    }
    args = [*COMMON_ARGS, "--chain-id", str(plan.l1_chain_id), "--slots-in-an-epoch", "4"]
    node = await Anvil.start("l1-a", free_port(), _with_genesis(args, genesis, root, "l1"), root)
    await node.rpc("anvil_setBlockTimestampInterval", 0)
    return node


async def start_l2(
    plan: DevnetPlan, root: Path, genesis: dict[str, Any], count: int
) -> list[Anvil]:
    """The L2 nodes at the same genesis: the sequencer's, then its replicas."""
    fee = ["--block-base-fee-per-gas", str(BASE_FEE_WEI)]
    args = [*COMMON_ARGS, "--chain-id", str(plan.l2_chain_id), "--network", "optimism", *fee]
    return await start_copies("l2", _with_genesis(args, genesis, root, "l2"), root, count)


async def start_l3(args: list[str], root: Path, genesis: dict[str, Any], count: int) -> list[Anvil]:
    """The L3 nodes at the same genesis: the sequencer's, then its replicas."""
    return await start_copies("l3", _with_genesis(args, genesis, root, "l3"), root, count)


async def start_copies(layer: str, args: list[str], root: Path, count: int) -> list[Anvil]:
    """Nodes of equal flags, named by the layer and a letter; none is left if one fails."""
    names = [f"{layer}-{letter}" for letter in "abcdefgh"[:count]]
    starts = (Anvil.start(name, free_port(), args, root) for name in names)
    started = await asyncio.gather(*starts, return_exceptions=True)
    nodes = [node for node in started if isinstance(node, Anvil)]
    if len(nodes) < count:
        await asyncio.gather(*(node.stop() for node in nodes))
        raise DevnetError(f"the nodes of {layer} did not start: {started}")
    return nodes


def _with_genesis(args: list[str], genesis: dict[str, Any], root: Path, layer: str) -> list[str]:
    path = root / f"{layer}-genesis.json"
    path.write_bytes(msgspec.json.encode(genesis))
    return [*args, "--init", str(path)]
