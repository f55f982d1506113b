"""Makes L1 blocks on the beat of the wall clock, and takes them back on demand."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.node import Anvil, NodeError, roll_back

POLL_S = 0.02
BLOCKS_TO_SAFETY = 4  # one epoch of as many slots
FIRST_PROPOSER = 0xB10C0000  # of the blocks after a reorg; each reorg brings the next one


def _pays_no_tip(tx: Mapping[str, Any]) -> bool:
    return int(tx.get("maxPriorityFeePerGas", "0x1"), 16) == 0


class L1Producer(Actor):
    """One block per beat; switched off, the chain halts and transactions stay in the pool."""

    LIES = ("withhold-finality", "demand-tips")

    def __init__(self, node: Anvil, block_s: float, blocks_to_finality: int, floor: int) -> None:
        super().__init__("l1_producer", POLL_S)
        self.node = node
        self.block_s = block_s
        self.floor = floor  # the block that L2 begins after, which has to stay
        self._backs = {"safe": BLOCKS_TO_SAFETY, "finalized": blocks_to_finality}
        self._settled = dict.fromkeys(self._backs, 0)
        self._settle(floor)
        self.lock = asyncio.Lock()
        self._beat = int(time.time() / block_s)
        self._reorgs = 0

    async def step(self) -> None:
        """Mines if the next beat has come; beats missed while halted are not made up for."""
        beat = int(time.time() / self.block_s)
        if beat == self._beat:
            return
        self._beat = beat
        async with self.lock:
            head = await self.node.rpc("eth_getBlockByNumber", "latest", False)
            timestamp = max(int(head["timestamp"], 16) + 1, int(beat * self.block_s))
            await self.node.rpc("evm_setNextBlockTimestamp", timestamp)
            left_out = await self._set_aside() if self.lie == "demand-tips" else []
            await self.node.rpc("evm_mine")
            for raw in left_out:
                await self.node.rpc("eth_sendRawTransaction", raw)
        self._settle(int(head["number"], 16) + 1)

    def heads(self) -> dict[str, int]:
        """The numbers of the safe and of the finalized block."""
        return dict(self._settled)

    def status(self) -> dict[str, Any]:
        """The switches, and the blocks that are settled."""
        return super().status() | self.heads()

    def _settle(self, height: int) -> None:
        """Both are so many blocks back, or stay where they are while finality is withheld."""
        if self.lie != "withhold-finality":
            self._settled = {tag: max(0, height - back) for tag, back in self._backs.items()}

    async def _set_aside(self) -> list[str]:
        """Takes what pays no tip out of the pool, with all that its senders sent after it."""
        content = await self.node.rpc("txpool_content")
        hashes = []
        for by_nonce in content["pending"].values():
            txs = [by_nonce[nonce] for nonce in sorted(by_nonce, key=int)]
            first = next((at for at, tx in enumerate(txs) if _pays_no_tip(tx)), len(txs))
            hashes += [tx["hash"] for tx in txs[first:]]
        raws = await self._raw(hashes)
        for tx_hash in hashes:
            await self.node.rpc("anvil_dropTransaction", tx_hash)
        return raws

    async def reorg(self, depth: int, *, keep: bool) -> list[str]:
        """Replaces the last `depth` blocks; answers the hashes of the transactions that left.

        With `keep` their transactions come back in the second new block, else they are gone.
        """
        async with self.lock:
            deepest = int(await self.node.rpc("eth_blockNumber"), 16) - self.floor
            if not 0 < depth <= deepest:
                raise DevnetError(f"a reorg replaces 1 to {deepest} blocks, not {depth}")
            replaced = await self._last_blocks(depth)
            hashes = [tx_hash for block in replaced for tx_hash in block["transactions"]]
            raws = await self._raw(hashes) if keep else []
            await self._replace(replaced, raws)
            canonical = await self._last_blocks(depth)
        present = {tx_hash for block in canonical for tx_hash in block["transactions"]}
        return [tx_hash for tx_hash in hashes if tx_hash not in present]

    async def _replace(self, blocks: list[dict[str, Any]], raws: list[str]) -> None:
        """As many other blocks, none like the one it replaces: another proposer is paid."""
        await roll_back(self.node, len(blocks))
        self._reorgs += 1
        await self.node.rpc("anvil_setCoinbase", f"0x{FIRST_PROPOSER + self._reorgs:040x}")
        for at, block in enumerate(blocks):
            if at == min(1, len(blocks) - 1):
                await self._send(raws)
            await self.node.rpc("evm_setNextBlockTimestamp", int(block["timestamp"], 16))
            await self.node.rpc("evm_mine")

    async def _send(self, raws: list[str]) -> None:
        """What the node refuses now is gone."""
        for raw in raws:
            with contextlib.suppress(NodeError):
                await self.node.rpc("eth_sendRawTransaction", raw)

    async def _last_blocks(self, depth: int) -> list[dict[str, Any]]:
        head = int(await self.node.rpc("eth_blockNumber"), 16)
        numbers = range(head - depth + 1, head + 1)
        calls = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        return await self.node.batch(calls)

    async def _raw(self, hashes: list[str]) -> list[str]:
        raws = []
        for tx_hash in hashes:
            try:
                raws.append(await self.node.rpc("eth_getRawTransactionByHash", tx_hash))
            except NodeError:
                continue
        return raws
