"""Whoever may stop withdrawals: pauses the portal, and lifts the pause."""

from typing import Any

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.sender import Sender

POLL_S = 0.5
PAUSE_GAS = 200_000
REASON = "drill"


class Guardian(Actor):
    """Keeps the pause as its switch says, whoever else changed it."""

    LIES = ("pause",)

    def __init__(self, l1: Anvil, contracts: L1Contracts, chain_id: int) -> None:
        super().__init__("l1_guardian", POLL_S)
        self.superchain = Contract(op("SuperchainConfig"), contracts.superchain_config)
        self.sender = Sender(l1, account("guardian"), chain_id)
        self.paused = False

    async def step(self) -> None:
        """The contract's pause is as wanted."""
        self.paused = await self.superchain.read(self.sender.node, "paused")
        wanted = self.lie == "pause"
        if self.paused == wanted:
            return
        asked = ("pause", REASON) if wanted else ("unpause",)
        call = self.superchain.encode(*asked)
        await self.sender.call(self.superchain.address, call, gas=PAUSE_GAS)
        self.paused = wanted

    def status(self) -> dict[str, Any]:
        """The switches, and whether withdrawals are stopped."""
        return super().status() | {"paused": self.paused}
