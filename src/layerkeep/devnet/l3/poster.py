"""The L3's batch poster: puts L3 blocks on the L2, compressed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro
from layerkeep.devnet.l3 import batches
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.ledger import L3Block
from layerkeep.devnet.sender import Sender

POST_GAS = 1_500_000
BLOCKS_MAX = 400
WITHOUT_REFUND = "0x" + "00" * 20
POST = "addSequencerL2BatchFromOrigin(uint256,bytes,uint256,address,uint256,uint256)"


class L3BatchPoster(Actor):
    """Posts what no batch holds yet."""

    LIES: ClassVar[tuple[str, ...]] = ("withhold", "altered-batch")

    def __init__(self, l3: L3, sender: Sender, *, interval_s: float = 1.0) -> None:
        super().__init__("l3_batch_poster", interval_s)
        self.l3 = l3
        self.sender = sender
        self.posted = 0

    async def step(self) -> None:
        """One batch with the L3's unposted blocks is on the L2, if there are any."""
        ledger = self.l3.ledger
        last = ledger.batches[-1]
        blocks = ledger.blocks[last.last_block + 1 :][:BLOCKS_MAX]
        if not blocks or self.lie == "withhold":
            return
        if await self._bridge("sequencerMessageCount") != last.index + 1:
            return  # the ledger has not seen the newest batch yet
        ledger.posting = blocks[-1].number
        try:
            await self._post(last.index + 1, blocks)
        finally:
            ledger.posting = 0
        self.posted += 1

    def status(self) -> dict[str, Any]:
        """The switches, and how much is posted."""
        last = self.l3.ledger.batches[-1]
        return super().status() | {"batch": last.index, "last_block": last.last_block}

    async def _post(self, index: int, blocks: Sequence[L3Block]) -> None:
        reported = await self._bridge("sequencerReportedSubMessageCount")
        calldata = nitro("SequencerInbox").encode(
            POST,
            index,
            batches.encode(altered(blocks) if self.lie == "altered-batch" else blocks),
            blocks[-1].delayed_read,
            WITHOUT_REFUND,
            reported,
            blocks[-1].number + 1,
        )
        await self.sender.call(self.l3.contracts.sequencer_inbox, calldata, gas=POST_GAS)

    async def _bridge(self, function: str) -> int:
        artifact = nitro("Bridge")
        call = {"to": self.l3.contracts.bridge, "data": artifact.encode(function)}
        answer = await self.sender.node.rpc("eth_call", call, "latest")
        count: int = artifact.decode_output(function, answer)
        return count


def altered(blocks: Sequence[L3Block]) -> list[L3Block]:
    """The blocks, of which the first with a user's transaction holds other bytes in it."""
    found = list(blocks)
    at = next((at for at, block in enumerate(found) if block.raws and not block.from_inbox), None)
    if at is not None:
        first, *rest = found[at].raws
        last_byte = int(first[-2:], 16) ^ 1
        found[at] = replace(found[at], raws=(f"{first[:-2]}{last_byte:02x}", *rest))
    return found
