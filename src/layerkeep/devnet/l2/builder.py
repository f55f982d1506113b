"""Blocks with exactly the transactions asked for, on one node and on its true replicas.

The node's own pool cannot order deposits before users' transactions, nor hold two deposits of
one sender. So a block is mined empty and at once replaced, by a reorg of depth one, with the raw
transactions in their order. The lock keeps readers from seeing the empty block in between.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.keccak import keccak_hex
from layerkeep.devnet.node import Anvil, NodeError, roll_back

HISTORY_MAX = 4000  # blocks a healed replica can be fed again
IDLE_S = 0.2


@dataclass(frozen=True, slots=True)
class BuiltBlock:
    """A block as it stands on the chain, and which of the asked transactions it lacks."""

    number: int
    hash: str
    timestamp: int
    included: list[str]
    dropped: list[str]
    raws: list[str] = field(repr=False)  # of the included ones, in order


@dataclass(frozen=True, slots=True)
class Edit:
    """A word of a contract's storage overwritten, as no transaction could."""

    address: str
    slot: str
    word: str


@dataclass(frozen=True, slots=True)
class Job:
    """What a replica has to do: an edit before block `number`, or else build that block.

    With neither edit nor `raws` it goes back to `number`.
    """

    number: int
    interval_s: int
    raws: list[str] | None
    hash: str
    base_fee_wei: int | None = None
    edit: Edit | None = None


class Replica:
    """A node that is fed the same blocks, as late and as falsely as its switches say."""

    def __init__(self, node: Anvil) -> None:
        self.node = node
        self.lock = asyncio.Lock()
        self.lag_blocks = 0
        self.frozen = False
        self.forked = False
        self.diverged_at: int | None = None
        self.errors = 0
        self.last_error = ""
        self._jobs: deque[Job] = deque()
        self._wake = asyncio.Event()

    def feed(self, job: Job) -> None:
        """Queues a job behind those not done yet."""
        self._jobs.append(job)
        self._wake.set()

    def status(self) -> dict[str, Any]:
        """The switches and how far behind the replica is."""
        return {
            "name": self.node.name,
            "lag_blocks": self.lag_blocks,
            "frozen": self.frozen,
            "forked": self.forked,
            "diverged_at": self.diverged_at,
            "waiting": len(self._jobs),
            "errors": self.errors,
            "last_error": self.last_error,
        }

    async def run(self) -> None:
        """Does queued jobs until cancelled."""
        while True:
            if not await self.work_off():
                self._wake.clear()
                with_timeout = asyncio.wait_for(self._wake.wait(), IDLE_S)
                await asyncio.gather(with_timeout, return_exceptions=True)

    async def work_off(self) -> bool:
        """Does the jobs that are due; False if there were none."""
        worked = False
        while self._is_due():
            async with self.lock:
                if self._is_due():
                    await self._do(self._jobs.popleft())
            worked = True
        return worked

    def _is_due(self) -> bool:
        return not self.frozen and len(self._jobs) > self.lag_blocks

    async def heal(self, history: Iterable[Job]) -> None:
        """Goes back to before the divergence and builds the true blocks again."""
        self.lag_blocks, self.frozen, self.forked = 0, False, False
        async with self.lock:
            if self.diverged_at is None:
                return
            depth = await height(self.node) - self.diverged_at + 1
            if depth > 0:
                await roll_back(self.node, depth)
            start, self.diverged_at = self.diverged_at, None
            self._jobs.clear()
            for job in history:
                if job.number >= start:
                    self.feed(job)

    async def _do(self, job: Job) -> None:
        try:
            await self._carry_out(job)
        except NodeError as error:
            self.errors += 1
            self.last_error = str(error)

    async def _carry_out(self, job: Job) -> None:
        if job.edit is not None:
            await overwrite(self.node, job.edit)
            return
        if job.raws is None:
            depth = await height(self.node) - job.number
            if depth > 0:
                await roll_back(self.node, depth)
            return
        raws = job.raws[:1] if self.forked else job.raws
        interval_s = job.interval_s + (1 if self.forked else 0)
        block = await mine(self.node, raws, interval_s, base_fee_wei=job.base_fee_wei)
        if block["hash"] != job.hash and self.diverged_at is None:
            self.diverged_at = job.number


class Builder:
    """Makes the blocks of one chain; there is no other way a block comes to be there.

    The node carries its base fee on over a rollback, so that blocks made again would differ from
    those of a node that never went back: where the fee moves at all, it is asked for each time.
    """

    def __init__(
        self, node: Anvil, replicas: Sequence[Anvil] = (), base_fee_wei: int | None = None
    ) -> None:
        self.node = node
        self.base_fee_wei = base_fee_wei
        self.lock = asyncio.Lock()
        self.replicas = [Replica(replica) for replica in replicas]
        self.history: deque[Job] = deque(maxlen=HISTORY_MAX)

    async def build(self, raws: Sequence[str], timestamp: int) -> BuiltBlock:
        """The new head with these transactions; takes the lock, so the caller must not hold it."""
        async with self.lock:
            parent = await self.node.rpc("eth_getBlockByNumber", "latest", False)
            interval_s = max(0, timestamp - int(parent["timestamp"], 16))
            block = await mine(self.node, raws, interval_s, base_fee_wei=self.base_fee_wei)
        kept = set(block["transactions"])
        by_hash = {keccak_hex(bytes.fromhex(raw[2:])): raw for raw in raws}
        built = BuiltBlock(
            number=int(block["number"], 16),
            hash=block["hash"],
            timestamp=int(block["timestamp"], 16),
            included=list(block["transactions"]),
            dropped=[tx_hash for tx_hash in by_hash if tx_hash not in kept],
            raws=[by_hash[tx_hash] for tx_hash in block["transactions"]],
        )
        self._feed(Job(built.number, interval_s, built.raws, built.hash, self.base_fee_wei))
        return built

    async def edit(self, edit: Edit) -> None:
        """The word is overwritten on every node, each at the same height."""
        async with self.lock:
            following = await height(self.node) + 1
            await overwrite(self.node, edit)
            self._feed(Job(following, 0, None, "", edit=edit))

    async def rollback(self, blocks: int) -> int:
        """Takes the last `blocks` off the chain; answers the height that is left."""
        async with self.lock:
            await roll_back(self.node, blocks)
            left = await height(self.node)
        while self.history and self.history[-1].number > left:
            self.history.pop()
        for replica in self.replicas:
            replica.feed(Job(left, 0, None, ""))
        return left

    def _feed(self, job: Job) -> None:
        self.history.append(job)
        for replica in self.replicas:
            replica.feed(job)


async def overwrite(node: Anvil, edit: Edit) -> None:
    """The node's newest state holds the word."""
    await node.rpc("anvil_setStorageAt", edit.address, edit.slot, edit.word)


async def height(node: Anvil) -> int:
    """The number of the node's newest block."""
    return int(await node.rpc("eth_blockNumber"), 16)


async def mine(
    node: Anvil, raws: Sequence[str], interval_s: int, *, base_fee_wei: int | None
) -> dict[str, Any]:
    """The new newest block of a node, holding those of `raws` that were valid, in order."""
    if base_fee_wei is not None:
        await node.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee_wei))
    await node.rpc("anvil_setBlockTimestampInterval", interval_s)
    await node.rpc("evm_mine")
    if raws:
        await node.rpc("anvil_reorg", 1, [[raw, 0] for raw in raws])
    block: dict[str, Any] = await node.rpc("eth_getBlockByNumber", "latest", False)
    return block
