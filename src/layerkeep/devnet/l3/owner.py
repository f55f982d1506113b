"""The rollup's owner: stops the L3's bridge in both directions, and lets it go on."""

from typing import Any

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.rollup import Rollup
from layerkeep.devnet.sender import Sender

POLL_S = 0.5


class RollupOwner(Actor):
    """Pauses rollup and inbox as its switch says; ends no pause that it did not begin."""

    LIES = ("pause",)

    def __init__(self, l3: L3, sender: Sender) -> None:
        super().__init__("l3_owner", POLL_S)
        self.rollup = Rollup(sender.node, l3.contracts)
        self.sender = sender
        self.paused = False

    async def step(self) -> None:
        """Nothing new goes in or is confirmed while paused."""
        wanted = self.lie == "pause"
        if self.paused == wanted:
            return
        contracts = self.rollup.contracts
        for target, artifact, resume in (
            (contracts.rollup, "RollupAdminLogic", "resume"),
            (contracts.inbox, "Inbox", "unpause"),
        ):
            if await self._is_paused(target) != wanted:
                data = nitro(artifact).encode("pause" if wanted else resume)
                await self.rollup.as_owner(self.sender, target, data)
        self.paused = wanted

    def status(self) -> dict[str, Any]:
        """The switches, and whether the bridge is stopped."""
        return super().status() | {"paused": self.paused}

    async def _is_paused(self, target: str) -> bool:
        inbox = nitro("Inbox")
        call = {"to": target, "data": inbox.encode("paused")}
        answer = await self.sender.node.rpc("eth_call", call, "latest")
        return bool(inbox.decode_output("paused", answer))
