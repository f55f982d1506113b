"""The dispute games on L1, as proposer, challenger and relayer see them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from layerkeep.devnet.artifacts import op
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.node import Anvil

REREAD = 6  # the newest games are read again each time, since an L1 reorg may replace them


class Status(IntEnum):
    """A game's outcome."""

    IN_PROGRESS = 0
    CHALLENGER_WINS = 1
    DEFENDER_WINS = 2


@dataclass(frozen=True, slots=True)
class Game:
    """One claim about an L2 block."""

    index: int
    kind: int
    address: str
    created_at: int
    root: bytes
    l2_block: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a game stands now."""

    status: Status
    claims: int
    resolved_at: int


class Games:
    """All games in the order of their creation."""

    def __init__(self, l1: Anvil, contracts: L1Contracts) -> None:
        self.l1 = l1
        self.factory = Contract(op("DisputeGameFactory"), contracts.dispute_game_factory)
        self._known: list[Game] = []

    async def refresh(self) -> list[Game]:
        """The games that exist at L1's head."""
        count = await self.factory.read(self.l1, "gameCount")
        del self._known[max(0, min(count, len(self._known)) - REREAD) :]
        indices = range(len(self._known), count)
        found = await self.factory.read_many(self.l1, "gameAtIndex", [(one,) for one in indices])
        for index, (kind, created_at, address) in zip(indices, found, strict=True):
            root, l2_block = await self._claim(address)
            self._known.append(Game(index, kind, address, created_at, root, l2_block))
        return list(self._known)

    async def standing(self, game: Game) -> Standing:
        """The game's status, number of claims and time of resolution."""
        names = ("status", "claimDataLen", "resolvedAt")
        status, claims, resolved_at = await self._read(game.address, names)
        return Standing(Status(status), claims, resolved_at)

    async def _claim(self, address: str) -> tuple[bytes, int]:
        root, l2_block = await self._read(address, ("rootClaim", "l2BlockNumber"))
        return root, l2_block

    async def _read(self, address: str, names: tuple[str, ...]) -> list[Any]:
        game = op("FaultDisputeGame")
        calls = [
            ("eth_call", [{"to": address, "data": game.encode(name)}, "latest"]) for name in names
        ]
        outputs = await self.l1.batch(calls)
        return [
            game.decode_output(name, output) for name, output in zip(names, outputs, strict=True)
        ]
