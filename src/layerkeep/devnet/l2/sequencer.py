"""The L2's sequencer: epochs, deposits, users' transactions, and what an L1 reorg undoes."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l2.chain import SequencedChain
from layerkeep.devnet.l2.deposits import (
    TRANSACTION_DEPOSITED,
    Deposit,
    alias,
    attributes_deposit,
    user_deposit,
)
from layerkeep.devnet.l2.genesis import L2_MESSENGER
from layerkeep.devnet.l2.ledger import L2Block, Ledger, Origin
from layerkeep.devnet.l2.mempool import decode_signed
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.sender import Sender

POLL_S = 0.02
BLOCKS_PER_STEP_MAX = 20  # so that a sequencer that catches up still answers its switches
LEAD_S = 0.15  # blocks follow the L1's beat so that a fresh L1 block can be their origin
OVERTAKING_GAS = 30_000
MINTED_WEI = 10**18
SKIPPED_KEPT_BLOCKS = 64  # behind which no reorg takes a deposit that was made good back out


@dataclass(frozen=True, slots=True)
class Skipped:
    """A deposit that was left out, and the L1 block it stands in."""

    deposit: Deposit
    l1_number: int
    l1_hash: str


class Sequencer(Actor):
    """Builds one block per block time; deposits of an L1 block open its epoch."""

    LIES = ("drop-deposit", "unbacked-mint")

    def __init__(self, l1: Anvil, chain: SequencedChain, contracts: L1Contracts, block_s: int):
        super().__init__("l2_sequencer", POLL_S)
        self.l1 = l1
        self.chain = chain
        self.contracts = contracts
        self.block_s = block_s
        self.rollbacks = 0
        self.floor = 0  # the block that the L3 begins on, which has to stay
        self.deposits: dict[str, int] = {}  # L2 block number by deposit transaction hash
        self._ledger: Ledger | None = None
        self._forged = 0
        self._skipped: list[Skipped] = []
        self._turn = asyncio.Lock()

    @property
    def ledger(self) -> Ledger:
        """The chain as sequenced so far."""
        assert self._ledger is not None, "the sequencer has not begun"
        return self._ledger

    async def begin(self, origin: dict[str, Any]) -> None:
        """Anchors L2's genesis to an L1 block; its deposits are not part of L2."""
        genesis = await self.chain.rpc("eth_getBlockByNumber", "0x0", False)
        timestamp = int(genesis["timestamp"], 16)
        block = L2Block(
            0, genesis["hash"], genesis["parentHash"], timestamp, _origin(origin, 0), ()
        )
        self._ledger = Ledger(block)

    async def step(self) -> None:
        """Undoes what L1 took back, then builds every block that is due."""
        for _ in range(BLOCKS_PER_STEP_MAX):
            if self.ledger.head.timestamp + self.block_s > time.time() - LEAD_S:
                return
            async with self._turn:
                await self._follow_reorg()
                await self.build_next()

    async def reorg(self, depth: int, keep: bool = True) -> None:
        """The last blocks are built anew and differently; with `keep` users' transactions return.

        What makes the difference is a transaction of somebody who overtakes them.
        """
        async with self._turn:
            if not 0 < depth <= self.ledger.head.number - self.floor:
                raise DevnetError(f"only {self.ledger.head.number - self.floor} blocks can go")
            await self._rollback(self.ledger.head.number - depth, keep=keep)
            spare = Sender(self.chain, account("user_spare"), self.chain.mempool.chain_id)
            await spare.send(spare.address, gas=OVERTAKING_GAS)

    async def _follow_reorg(self) -> None:
        """Rolls back to the last block whose origin is still on L1."""
        number = self.ledger.head.number
        while not await self._is_canonical(number):
            number -= 1
        if number == self.ledger.head.number:
            return
        await self._rollback(number, keep=True)

    async def _rollback(self, number: int, *, keep: bool) -> None:
        """The block of this number is the head; its successors' transactions may wait again."""
        await self.chain.builder.rollback(self.ledger.head.number - number)
        left = self.ledger.cut(number)
        if keep:
            raws = (raw for block in left for raw in block.raws)
            chain_id = self.chain.mempool.chain_id
            self.chain.mempool.put_back([decode_signed(raw, chain_id) for raw in raws])
        self.deposits = {one: at for one, at in self.deposits.items() if at <= number}
        self.rollbacks += 1

    async def _is_canonical(self, number: int) -> bool:
        block = self.ledger.block(number)
        assert block is not None, "L1 took back the block that L2's genesis stands on"
        found = await self._l1_block(block.origin.number)
        return found is not None and found["hash"] == block.origin.hash

    async def build_next(self) -> None:
        """The chain is one block longer, whatever the time is."""
        head = self.ledger.head
        timestamp = head.timestamp + self.block_s
        origin, origin_block = await self._next_origin(head, timestamp)
        deposits = [attributes_deposit(origin_block, origin.sequence, account("batcher").address)]
        if origin.sequence == 0:
            deposits += await self._deposits_of(origin)
        deposits += await self._made_good(origin, deposits)
        deposits += self._forgeries()
        forced = [deposit.raw() for deposit in deposits]
        built = await self.chain.extend(forced, timestamp)
        signed = tuple(raw for raw in built.raws if not raw.startswith("0x7e"))
        self.ledger.append(L2Block(built.number, built.hash, head.hash, timestamp, origin, signed))
        self.deposits.update((deposit.hash(), built.number) for deposit in deposits[1:])

    async def _next_origin(self, head: L2Block, timestamp: int) -> tuple[Origin, dict[str, Any]]:
        """The L1 block to derive from: one further if it exists and is not from the future."""
        current = head.origin
        following = await self._l1_block(current.number + 1)
        if following is not None and int(following["timestamp"], 16) <= timestamp:
            if following["parentHash"] != current.hash:
                raise RuntimeError("L1 changed while the next block was prepared")
            return _origin(following, 0), following
        same = await self.l1.rpc("eth_getBlockByHash", current.hash, False)
        if same is None:
            raise RuntimeError("L1 took back the origin while the next block was prepared")
        return _origin(same, current.sequence + 1), same

    async def _deposits_of(self, origin: Origin) -> list[Deposit]:
        """The users' deposits of one L1 block; the fault leaves out the first of them."""
        query = {
            "blockHash": origin.hash,
            "address": self.contracts.portal,
            "topics": [TRANSACTION_DEPOSITED],
        }
        found = [user_deposit(log) for log in await self.l1.rpc("eth_getLogs", query)]
        if self.lie != "drop-deposit":
            return found
        self._skipped += [Skipped(one, origin.number, origin.hash) for one in found[:1]]
        return found[1:]

    async def _made_good(self, origin: Origin, present: list[Deposit]) -> list[Deposit]:
        """What was left out up to this origin and is still on L1, once that fault is over."""
        if self.lie == "drop-deposit":
            return []
        height, known = self.ledger.head.number, {deposit.hash() for deposit in present}
        found, kept = [], []
        for one in self._skipped:
            deposit_hash = one.deposit.hash()
            included = self.deposits.get(deposit_hash, height)
            if included < height - SKIPPED_KEPT_BLOCKS or not await self._is_on_l1(one):
                continue
            kept.append(one)
            late = one.l1_number <= origin.number and deposit_hash not in known
            if late and deposit_hash not in self.deposits:
                found.append(one.deposit)
        self._skipped = kept
        return found

    async def _is_on_l1(self, skipped: Skipped) -> bool:
        block = await self._l1_block(skipped.l1_number)
        return block is not None and bool(block["hash"] == skipped.l1_hash)

    def _forgeries(self) -> list[Deposit]:
        """A relayed message that mints ether although nothing was sent on L1, if told to lie."""
        if self.lie != "unbacked-mint":
            return []
        self._forged += 1
        user = account("intruder").address
        nonce = (1 << 240) + 10**9 + self._forged
        call = (nonce, user, user, MINTED_WEI, 0, b"")
        relay = op("L2CrossDomainMessenger").encode("relayMessage", *call)
        return [
            Deposit(
                source_hash=keccak256(b"invented" + self._forged.to_bytes(8, "big")),
                sender=bytes.fromhex(alias(self.contracts.l1_messenger)[2:]),
                target=bytes.fromhex(L2_MESSENGER[2:]),
                mint_wei=MINTED_WEI,
                value_wei=MINTED_WEI,
                gas=500_000,
                payload=bytes.fromhex(relay[2:]),
            )
        ]

    async def _l1_block(self, number: int) -> dict[str, Any] | None:
        block: dict[str, Any] | None = await self.l1.rpc("eth_getBlockByNumber", hex(number), False)
        return block


def _origin(block: dict[str, Any], sequence: int) -> Origin:
    number, timestamp = int(block["number"], 16), int(block["timestamp"], 16)
    return Origin(number, block["hash"], timestamp, sequence)
