"""Carries withdrawals from L2 to L1: proves each against a game, finalizes it once it may."""

from dataclasses import dataclass
from typing import Any

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.l1.contracts import GAME_CANNON, L1Contracts
from layerkeep.devnet.l2.games import Game, Games, Status
from layerkeep.devnet.l2.genesis import MESSAGE_PASSER
from layerkeep.devnet.l2.ledger import Ledger
from layerkeep.devnet.l2.outputs import Outputs
from layerkeep.devnet.l2.sequencer import Sequencer
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender

POLL_S = 0.2
PROVE_GAS = 700_000
FINALIZE_GAS = 700_000  # on top of what the withdrawal itself asks for
RETRY_AFTER_L1_BLOCKS = 3
BLOCKS_PER_SCAN_MAX = 100


@dataclass(slots=True)
class Withdrawal:
    """One message on its way to L1."""

    hash: bytes
    fields: tuple[Any, ...]
    gas_limit: int
    l2_block: int
    proving_at: int = -RETRY_AFTER_L1_BLOCKS  # L1 height of the last try
    finalizing_at: int = -RETRY_AFTER_L1_BLOCKS


class Relayer(Actor):
    """Reads on L1 how far each withdrawal is, so that a reorg there only costs time."""

    LIES = ("never-prove", "never-finalize")

    def __init__(
        self, plan: DevnetPlan, contracts: L1Contracts, games: Games, sequencer: Sequencer
    ) -> None:
        super().__init__("l2_relayer", POLL_S)
        self.plan = plan
        self.games = games
        self.sequencer = sequencer
        self.outputs = Outputs(sequencer.chain)
        self.portal = Contract(op("OptimismPortal2"), contracts.portal)
        self.sender = Sender(games.l1, account("relayer"), plan.l1_chain_id)
        self.pending: dict[bytes, Withdrawal] = {}
        self.finalized = 0
        self._scanned = (0, self._ledger.head.hash)

    @property
    def _ledger(self) -> Ledger:
        return self.sequencer.ledger

    async def step(self) -> None:
        """Finds new withdrawals, then takes each one step further where it can."""
        await self._scan()
        if not self.pending:
            return
        head = await self.games.l1.rpc("eth_getBlockByNumber", "latest", False)
        games = [game for game in await self.games.refresh() if game.kind == GAME_CANNON]
        height, now = int(head["number"], 16), int(head["timestamp"], 16)
        for withdrawal in list(self.pending.values()):
            if await self.portal.read(self.games.l1, "finalizedWithdrawals", withdrawal.hash):
                del self.pending[withdrawal.hash]
                self.finalized += 1
            else:
                await self._advance(withdrawal, games, height, now)

    async def _scan(self) -> None:
        """Collects MessagePassed logs up to the head, again from where L2 was rolled back."""
        number, block_hash = self._scanned
        known = self._ledger.block(number)
        while known is None or (number == self._scanned[0] and known.hash != block_hash):
            number -= 1
            known = self._ledger.block(number)
        if number < self._scanned[0]:
            number = max(0, number - RETRY_AFTER_L1_BLOCKS)
            self.pending = {h: one for h, one in self.pending.items() if one.l2_block <= number}
        last = min(self._ledger.head.number, number + BLOCKS_PER_SCAN_MAX)
        event = op("L2ToL1MessagePasser").event("MessagePassed")
        query = {
            "fromBlock": hex(number + 1),
            "toBlock": hex(last),
            "address": MESSAGE_PASSER,
            "topics": [event.topic],
        }
        logs = await self.sequencer.chain.rpc("eth_getLogs", query) if last > number else []
        for log in logs:
            found = _withdrawal(event.decode(log), int(log["blockNumber"], 16))
            self.pending.setdefault(found.hash, found)
        end = self._ledger.block(last)
        assert end is not None
        self._scanned = (last, end.hash)

    async def _advance(
        self, withdrawal: Withdrawal, games: list[Game], height: int, now: int
    ) -> None:
        l1, me = self.games.l1, self.sender.address
        address, proven_at = await self.portal.read(l1, "provenWithdrawals", withdrawal.hash, me)
        game = next((one for one in games if one.address == address), None)
        if proven_at == 0 or game is None:
            await self._prove(withdrawal, games, height)
            return
        standing = await self.games.standing(game)
        if standing.status is Status.CHALLENGER_WINS:
            later = [one for one in games if one.index > game.index]
            await self._prove(withdrawal, later, height)
        elif standing.status is Status.DEFENDER_WINS and self.lie != "never-finalize":
            next_block_at = now + self.plan.l1_block_s
            matured = next_block_at > proven_at + self.plan.proof_maturity_s
            if matured and next_block_at > standing.resolved_at + self.plan.air_gap_s:
                await self._finalize(withdrawal, height)

    async def _prove(self, withdrawal: Withdrawal, games: list[Game], height: int) -> None:
        if self.lie == "never-prove" or height < withdrawal.proving_at + RETRY_AFTER_L1_BLOCKS:
            return
        for game in games:
            if game.l2_block < withdrawal.l2_block:
                continue
            output = await self.outputs.at(game.l2_block)
            if output is None or output.root != game.root:
                continue
            proof = await self.outputs.withdrawal_proof(withdrawal.hash, game.l2_block)
            call = (withdrawal.fields, game.index, output.proof(), proof)
            calldata = self.portal.encode("proveWithdrawalTransaction", *call)
            await self.sender.send(self.portal.address, calldata, gas=PROVE_GAS)
            withdrawal.proving_at = height
            return

    async def _finalize(self, withdrawal: Withdrawal, height: int) -> None:
        if height < withdrawal.finalizing_at + RETRY_AFTER_L1_BLOCKS:
            return
        calldata = self.portal.encode("finalizeWithdrawalTransaction", withdrawal.fields)
        gas = FINALIZE_GAS + withdrawal.gas_limit * 64 // 63
        await self.sender.send(self.portal.address, calldata, gas=gas)
        withdrawal.finalizing_at = height

    def status(self) -> dict[str, Any]:
        """The switches, and how many withdrawals are under way and done."""
        counts = {"pending": len(self.pending), "finalized": self.finalized}
        return super().status() | counts


def _withdrawal(passed: dict[str, Any], l2_block: int) -> Withdrawal:
    names = ("nonce", "sender", "target", "value", "gasLimit", "data")
    fields = tuple(passed[name] for name in names)
    return Withdrawal(passed["withdrawalHash"], fields, passed["gasLimit"], l2_block)
