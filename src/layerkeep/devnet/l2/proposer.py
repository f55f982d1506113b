"""Claims the L2's output roots on L1, one dispute game for every few safe blocks."""

from typing import Any

from eth_abi.abi import encode

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.l1.contracts import GAME_CANNON, INIT_BOND_WEI, L1Contracts
from layerkeep.devnet.l2.derivation import Derivation
from layerkeep.devnet.l2.outputs import Outputs
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender

POLL_S = 0.2
CREATE_GAS = 1_000_000


class Proposer(Actor):
    """Creates games about safe blocks only: what L1 cannot derive is not claimed."""

    LIES = ("wrong-root", "withhold")

    def __init__(
        self, plan: DevnetPlan, contracts: L1Contracts, derivation: Derivation, outputs: Outputs
    ) -> None:
        super().__init__("l2_proposer", POLL_S)
        self.contracts = contracts
        self.derivation = derivation
        self.outputs = outputs
        self.blocks_per_game = plan.blocks_per_game
        self.sender = Sender(derivation.l1, account("proposer"), plan.l1_chain_id)
        self._proposed = 0

    async def step(self) -> None:
        """Creates a game once the safe head is far enough ahead of the last one."""
        safe = self.derivation.safe
        self._proposed = min(self._proposed, safe)
        if self.lie == "withhold" or safe < self._proposed + self.blocks_per_game:
            return
        output = await self.outputs.at(safe)
        if output is None:
            return
        root = keccak256(output.root) if self.lie == "wrong-root" else output.root
        create = ("create", GAME_CANNON, root, encode(["uint256"], [safe]))
        calldata = op("DisputeGameFactory").encode(*create)
        factory = self.contracts.dispute_game_factory
        await self.sender.send(factory, calldata, value=INIT_BOND_WEI, gas=CREATE_GAS)
        self._proposed = safe

    def status(self) -> dict[str, Any]:
        """The switches, and the L2 block last claimed."""
        return super().status() | {"proposed": self._proposed}
