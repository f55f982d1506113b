"""Finalizes a withdrawal on L1 that nobody ever made on L2.

One word of the portal's storage is overwritten, so that it takes the withdrawal for proven; the
portal's own code does the rest: it finds a game won and clocks run down, pays, and logs it.
"""

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.l1.contracts import GAME_CANNON, L1Contracts
from layerkeep.devnet.l2.builder import Edit, overwrite
from layerkeep.devnet.l2.games import Game, Games, Standing, Status
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.sender import Sender

POLL_S = 0.5
PROVEN_SLOT = 57  # provenWithdrawals: withdrawal hash -> submitter -> (game, time of proof)
FORGED_WEI = 10**15
MESSAGE_GAS = 50_000
FINALIZE_GAS = 800_000
NONCE_FIRST = (1 << 240) + 10**12  # version 1, far beyond what the L2 will ever count to
FIELDS_ABI = ["uint256", "address", "address", "uint256", "uint256", "bytes"]
EMPTY_WORD = "0x" + "00" * 32


@dataclass(frozen=True, slots=True)
class Forged:
    """A withdrawal that was forged, and the word of storage that let it pass."""

    hash: bytes
    slot: str


class L2Forger(Actor):
    """Forges one withdrawal each time its switch is set; cleared, it gives back what it took."""

    LIES = ("forge-withdrawal",)

    def __init__(self, contracts: L1Contracts, sender: Sender) -> None:
        super().__init__("l2_forger", POLL_S)
        assert isinstance(sender.node, Anvil), "only a node itself lets its storage be edited"
        self.node = sender.node
        self.portal = Contract(op("OptimismPortal2"), contracts.portal)
        self.games = Games(self.node, contracts)
        self.sender = sender
        self.forged: list[str] = []
        self._standing: Forged | None = None

    async def step(self) -> None:
        """One forged withdrawal is finalized, or the last one's traces are removed."""
        if self.lie is not None and self._standing is None:
            self._standing = await self._forge()
            self.forged.append("0x" + self._standing.hash.hex())
        elif self.lie is None and self._standing is not None:
            await self._write(self._standing.slot, EMPTY_WORD)
            give = self.portal.encode("donateETH")
            await self.sender.call(self.portal.address, give, value=FORGED_WEI)
            self._standing = None

    def status(self) -> dict[str, Any]:
        """The switches, and the hashes of the withdrawals forged so far."""
        return super().status() | {"forged": list(self.forged)}

    async def _forge(self) -> Forged:
        game, standing = await self._won_game()
        me, nonce = self.sender.address, NONCE_FIRST + len(self.forged)
        fields = (nonce, me, me, FORGED_WEI, MESSAGE_GAS, b"")
        withdrawal_hash = keccak256(encode(FIELDS_ABI, fields))
        slot = _proven_slot(withdrawal_hash, me)
        word = (standing.resolved_at << 160) | int(game.address, 16)
        await self._write(slot, f"0x{word:064x}")
        finalize = self.portal.encode("finalizeWithdrawalTransaction", fields)
        await self.sender.call(self.portal.address, finalize, gas=FINALIZE_GAS)
        return Forged(withdrawal_hash, slot)

    async def _won_game(self) -> tuple[Game, Standing]:
        for game in reversed(await self.games.refresh()):
            standing = await self.games.standing(game)
            if game.kind == GAME_CANNON and standing.status is Status.DEFENDER_WINS:
                return game, standing
        raise DevnetError("no game is won yet that a forged withdrawal could rest on")

    async def _write(self, slot: str, word: str) -> None:
        await overwrite(self.node, Edit(self.portal.address, slot, word))


def _proven_slot(withdrawal_hash: bytes, submitter: str) -> str:
    of_withdrawal = keccak256(withdrawal_hash + PROVEN_SLOT.to_bytes(32, "big"))
    return "0x" + keccak256(bytes(12) + bytes.fromhex(submitter[2:]) + of_withdrawal).hex()
