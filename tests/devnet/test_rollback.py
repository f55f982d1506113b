"""Taking blocks off a node that wrote its older states to disk."""

import asyncio
from pathlib import Path

import pytest

from layerkeep.devnet.l1.producer import L1Producer
from layerkeep.devnet.l2.builder import height
from layerkeep.devnet.node import Anvil, free_port, roll_back
from layerkeep.devnet.nodes import COMMON_ARGS

pytestmark = pytest.mark.devnet

OLD, NEW = (
    "0x00000000000000000000000000000000000000aa",
    "0x00000000000000000000000000000000000000bb",
)
CODE, SLOT, WORD = "0x6001600055", "0x" + 63 * "0" + "1", "0x" + 62 * "0" + "77"
MANY = 1_010
"""Blocks after which a node keeps only its ten newest states in memory."""


async def mine(node: Anvil, count: int) -> None:
    """So many empty blocks."""
    for first in range(0, count, 100):
        await node.batch([("evm_mine", ())] * min(100, count - first))


async def gone_back(folder: Path, depth: int) -> tuple[int, list[str], str]:
    """Height, the code of an old and of a new contract, and a word of the old one's storage."""
    node = await Anvil.start("one", free_port(), [*COMMON_ARGS], folder)
    try:
        await node.rpc("anvil_setCode", OLD, CODE)
        await node.rpc("anvil_setStorageAt", OLD, SLOT, WORD)
        await mine(node, MANY)
        await node.rpc("anvil_setCode", NEW, CODE)
        await mine(node, 3)
        await roll_back(node, depth)
        codes = [await node.rpc("eth_getCode", each, "latest") for each in (OLD, NEW)]
        return await height(node), codes, await node.rpc("eth_getStorageAt", OLD, SLOT, "latest")
    finally:
        await node.stop()


@pytest.mark.parametrize(("depth", "new"), [(1, CODE), (20, "0x")])
def test_roll_back__however_far__keeps_the_contracts_of_then(tmp_path: Path, depth, new):
    """With their storage, and none that came later."""
    left, codes, word = asyncio.run(gone_back(tmp_path, depth))

    assert (MANY + 3 - depth, [CODE, new], WORD) == (left, codes, word)


async def reorganised(folder: Path, depth: int) -> tuple[list[str], list[str], str]:
    """The hashes that went, those that came, and the code of a contract from before them."""
    node = await Anvil.start("one", free_port(), [*COMMON_ARGS], folder)
    try:
        await node.rpc("anvil_setCode", OLD, CODE)
        await mine(node, MANY)
        before = await hashes(node, depth)
        await L1Producer(node, 1.0, 8, 1).reorg(depth, keep=True)
        return before, await hashes(node, depth), await node.rpc("eth_getCode", OLD, "latest")
    finally:
        await node.stop()


async def hashes(node: Anvil, count: int) -> list[str]:
    """Those of the newest blocks, oldest first."""
    head = await height(node)
    numbers = range(head - count + 1, head + 1)
    blocks = await node.batch([("eth_getBlockByNumber", (hex(at), False)) for at in numbers])
    return [block["hash"] for block in blocks]


@pytest.mark.parametrize("depth", [1, 20])
def test_l1_reorg__however_deep__brings_other_blocks_and_keeps_contracts(tmp_path: Path, depth):
    """Each block that came differs from the one it replaces, empty as both are."""
    before, after, code = asyncio.run(reorganised(tmp_path, depth))

    assert depth == len(before) == len(after)
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert CODE == code
