"""Taking blocks off a node's chain without losing its contracts.

Anvil keeps the newest states in memory, ten at least, and the older ones on disk. One of these it
restores without the code of its contracts: every call to them succeeds then, and does nothing.
"""

import gzip
from typing import Any

import msgspec

from layerkeep.devnet.node import Anvil

IN_MEMORY = 8
"""States that a node surely has in memory."""

NO_CODE = "0x"

CALLS_MAX = 200
"""Calls in one batch."""


async def roll_back(node: Anvil, depth: int) -> None:
    """The last `depth` blocks are gone; the state is that of the block before them, with all code.

    NodeError if the node refuses it, as it does where it has let go of that state.
    """
    codes = await _codes(node, depth) if depth >= IN_MEMORY else {}
    await node.rpc("anvil_rollback", depth)
    left = await _each(node, "eth_getCode", [(address, "latest") for address in codes])
    lost = [each for each, code in zip(codes.items(), left, strict=True) if code == NO_CODE]
    await _each(node, "anvil_setCode", lost)


async def _codes(node: Anvil, depth: int) -> dict[str, str]:
    """The code of every contract that is there `depth` blocks below the head."""
    block = hex(int(await node.rpc("eth_blockNumber"), 16) - depth)
    dumped = gzip.decompress(bytes.fromhex((await node.rpc("anvil_dumpState"))[2:]))
    accounts: dict[str, Any] = msgspec.json.decode(dumped)["accounts"]
    contracts = [name for name, each in accounts.items() if each["code"] != NO_CODE]
    found = await _each(node, "eth_getCode", [(name, block) for name in contracts])
    return {name: code for name, code in zip(contracts, found, strict=True) if code != NO_CODE}


async def _each(node: Anvil, method: str, calls: list[tuple[str, str]]) -> list[Any]:
    """The answers to one method, asked in parts."""
    parts = [calls[first : first + CALLS_MAX] for first in range(0, len(calls), CALLS_MAX)]
    return [answer for part in parts for answer in await node.batch([(method, c) for c in part])]
