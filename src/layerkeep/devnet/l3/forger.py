"""Executes a message on the L2 that nobody ever sent on the L3.

One word of the Outbox's storage is overwritten, so that it knows a send root which no assertion
ever confirmed; the Outbox's own code then accepts the proof under that root.
"""

from typing import Any

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.l2.builder import Builder, Edit
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.sender import Sender

POLL_S = 0.5
ROOTS_SLOT = 3  # roots: send root -> L3 block hash
FORGED_WEI = 10**15
EXECUTE_GAS = 800_000
PROOF_DEPTH = 32
POSITION_FIRST = 1 << 31  # far beyond what the L3 will ever send
EMPTY_WORD = "0x" + "00" * 32


class L3Forger(Actor):
    """Forges one message each time its switch is set; cleared, it gives back what it took."""

    LIES = ("forge-withdrawal",)

    def __init__(self, l3: L3, sender: Sender, parent: Builder) -> None:
        super().__init__("l3_forger", POLL_S)
        self.l3 = l3
        self.sender = sender  # on the L2
        self.parent = parent
        self.outbox = Contract(nitro("Outbox"), l3.contracts.outbox)
        self.bridge = Contract(nitro("Bridge"), l3.contracts.bridge)
        self.forged: list[int] = []
        self._standing: str | None = None  # the slot of the send root that is in place

    async def step(self) -> None:
        """One forged message is executed, or the last one's traces are removed."""
        if self.lie is not None and self._standing is None:
            position = POSITION_FIRST + len(self.forged)
            self._standing = await self._forge(position)
            self.forged.append(position)
        elif self.lie is None and self._standing is not None:
            await self._write(self._standing, EMPTY_WORD)
            give = self.bridge.encode("acceptFundsFromOldBridge")
            await self.sender.call(self.bridge.address, give, value=FORGED_WEI)
            self._standing = None

    def status(self) -> dict[str, Any]:
        """The switches, and the positions of the messages forged so far."""
        return super().status() | {"forged": list(self.forged)}

    async def _forge(self, position: int) -> str:
        """The slot that was overwritten, once the Outbox has executed the message."""
        node, me, head = self.sender.node, self.sender.address, self.l3.ledger.head
        message = (me, me, head.number, head.parent_number, head.timestamp, FORGED_WEI, b"")
        item = await self.outbox.read(node, "calculateItemHash", *message)
        proof = [bytes(32)] * PROOF_DEPTH
        root = await self.outbox.read(node, "calculateMerkleRoot", proof, position, item)
        slot = "0x" + keccak256(root + ROOTS_SLOT.to_bytes(32, "big")).hex()
        await self._write(slot, head.hash)
        execute = self.outbox.encode("executeTransaction", proof, position, *message)
        await self.sender.call(self.outbox.address, execute, gas=EXECUTE_GAS)
        return slot

    async def _write(self, slot: str, word: str) -> None:
        await self.parent.edit(Edit(self.outbox.address, slot, word))
