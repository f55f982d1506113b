"""An operator's money: taken away while its switch says so, and given back."""

from typing import Any

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.sender import Sender

POLL_S = 0.25
TRANSFER_GAS = 21_000
KEPT_WEI = 9 * 10**14  # enough for the transfer's own gas, too little for any batch's


class Purse(Actor):
    """Emptied once, the account pays for nothing; what it had waits in the vault.

    What somebody else pays into it meanwhile stays there.
    """

    LIES = ("empty",)

    def __init__(self, name: str, owner: Sender, vault: Sender) -> None:
        super().__init__(name, POLL_S)
        self.owner = owner
        self.vault = vault
        self.taken_wei = 0

    async def step(self) -> None:
        """The money is where the switch says."""
        balance = await self._balance()
        if self.lie == "empty" and self.taken_wei == 0 and balance > KEPT_WEI:
            away = balance - KEPT_WEI
            await self.owner.call(self.vault.address, value=away, gas=TRANSFER_GAS)
            self.taken_wei += away
        elif self.lie is None and self.taken_wei > 0:
            await self.vault.call(self.owner.address, value=self.taken_wei, gas=TRANSFER_GAS)
            self.taken_wei = 0

    def status(self) -> dict[str, Any]:
        """The switches, and what the vault holds of the account's money."""
        return super().status() | {"taken_wei": str(self.taken_wei)}

    async def _balance(self) -> int:
        answer = await self.owner.node.rpc("eth_getBalance", self.owner.address, "latest")
        return int(answer, 16)
