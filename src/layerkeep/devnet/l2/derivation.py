"""Reads the batches back from L1, as any verifier could: what they hold is the safe chain."""

from dataclasses import dataclass
from typing import Any

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.l1.contracts import BATCH_INBOX
from layerkeep.devnet.l1.producer import L1Producer
from layerkeep.devnet.l2.blobs import unpack
from layerkeep.devnet.l2.channels import Batch, batch_of, batches_in
from layerkeep.devnet.l2.sequencer import Sequencer

POLL_S = 0.1
BLOCKS_PER_STEP_MAX = 50


@dataclass(frozen=True, slots=True)
class Scanned:
    """An L1 block that was read, and the safe L2 block once it was."""

    number: int
    hash: str
    safe: int
    safe_hash: str


class Derivation(Actor):
    """Follows L1's batches; a channel never spans two transactions here."""

    def __init__(self, producer: L1Producer, sequencer: Sequencer) -> None:
        super().__init__("l2_derivation", POLL_S)
        self.producer = producer
        self.l1 = producer.node
        self.sequencer = sequencer
        self.undecodable = 0
        self._scanned: list[Scanned] = []

    @property
    def safe(self) -> int:
        """The newest L2 block that the batches on L1 contain."""
        return self._scanned[-1].safe if self._scanned else 0

    def safe_head(self, l1_height: int) -> int:
        """The newest L2 block contained in batches up to this L1 block."""
        for block in reversed(self._scanned):
            if block.number <= l1_height:
                return block.safe
        return 0

    def heads(self) -> dict[str, int]:
        """The safe L2 block, and the one that was safe at L1's finalized block."""
        finalized = self.safe_head(self.producer.heads()["finalized"])
        return {"safe": self.safe, "finalized": finalized}

    async def step(self) -> None:
        """Forgets what L1 or L2 took back, then reads the new L1 blocks."""
        await self._forget()
        ledger = self.sequencer.ledger
        start = ledger.block(0)
        assert start is not None
        following = self._scanned[-1].number + 1 if self._scanned else start.origin.number + 1
        for number in range(following, following + BLOCKS_PER_STEP_MAX):
            block = await self.l1.rpc("eth_getBlockByNumber", hex(number), True)
            if block is None:
                return
            await self._read(block)

    async def _forget(self) -> None:
        ledger = self.sequencer.ledger
        while self._scanned:
            last = self._scanned[-1]
            found = await self.l1.rpc("eth_getBlockByNumber", hex(last.number), False)
            safe = ledger.block(last.safe)
            stands = found is not None and found["hash"] == last.hash
            if stands and safe is not None and safe.hash == last.safe_hash:
                return
            self._scanned.pop()

    async def _read(self, block: dict[str, Any]) -> None:
        safe = self.safe
        for tx in block["transactions"]:
            if (tx["to"] or "").lower() == BATCH_INBOX and tx["from"] == account("batcher").address:
                for batch in await self._batches(tx):
                    safe = self._extended(safe, batch)
        known = self.sequencer.ledger.block(safe)
        assert known is not None
        self._scanned.append(Scanned(int(block["number"], 16), block["hash"], safe, known.hash))

    async def _batches(self, tx: dict[str, Any]) -> list[Batch]:
        """The batches of one transaction; none if its content makes no sense."""
        try:
            if tx["type"] != "0x3":
                return batches_in(bytes.fromhex(tx["input"][2:]))
            blobs = await self.l1.rpc("anvil_getBlobsByTransactionHash", tx["hash"])
            payloads = [unpack(bytes.fromhex(blob[2:])) for blob in blobs or []]
            return [batch for payload in payloads for batch in batches_in(payload)]
        except ValueError:
            self.undecodable += 1
            return []

    def _extended(self, safe: int, batch: Batch) -> int:
        """The safe block after this batch: one further if the batch is exactly the next block."""
        following = self.sequencer.ledger.block(safe + 1)
        if following is not None and batch_of(following) == batch:
            return safe + 1
        return safe
