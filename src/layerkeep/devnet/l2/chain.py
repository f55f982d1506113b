"""A chain whose blocks come from a builder, as its operators' programs talk to it."""

from typing import Any

from layerkeep.devnet.l2.builder import Builder, BuiltBlock
from layerkeep.devnet.l2.mempool import Mempool, Pending
from layerkeep.devnet.node import NodeError

REFUSED = -32000


class SequencedChain:
    """Answers calls like a node, except that transactions wait in the sequencer's mempool."""

    def __init__(self, builder: Builder, mempool: Mempool) -> None:
        self.builder = builder
        self.mempool = mempool

    async def rpc(self, method: str, *params: Any) -> Any:
        """The result of one call, never taken from a block that is still being built."""
        if method == "eth_sendRawTransaction":
            try:
                return self.mempool.add(params[0])
            except ValueError as error:
                raise NodeError(REFUSED, str(error)) from error
        async with self.builder.lock:
            answer = await self.builder.node.rpc(method, *params)
        if method == "eth_getTransactionCount" and params[1:] == ("pending",):
            return hex(self.mempool.next_nonce(params[0], int(answer, 16)))
        return answer

    async def draw(self) -> list[Pending]:
        """Users' transactions that can run on top of the head, taken out of the mempool."""
        senders = self.mempool.senders()
        node = self.builder.node
        counts = [("eth_getTransactionCount", [sender, "latest"]) for sender in senders]
        nonces = [int(count, 16) for count in await node.batch(counts)]
        return self.mempool.take(dict(zip(senders, nonces, strict=True)))

    async def extend(self, forced: list[str], timestamp: int) -> BuiltBlock:
        """The next block: `forced` transactions first, then what users have waiting."""
        drawn = await self.draw()
        try:
            built = await self.builder.build([*forced, *(one.raw for one in drawn)], timestamp)
        finally:
            self.mempool.settle()
        if built.dropped:
            self.mempool.dropped["not-included"] += len(built.dropped)
        return built
