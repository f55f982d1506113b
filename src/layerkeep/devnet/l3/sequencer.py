"""The L3's sequencer: follows the L2, and makes one L3 block per message, as Nitro does.

A message is either one delayed message of the L2's inbox or one helping of users' transactions.
Every block opens with the internal transaction that names the L2 block it stands on, followed by
what the block before left to do: reports on redeems that ran, and redeems that users scheduled.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import own
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.l2.builder import BuiltBlock
from layerkeep.devnet.l2.mempool import decode_signed
from layerkeep.devnet.l3 import merkle
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX, ARB_SYS
from layerkeep.devnet.l3.ledger import L3Block, Send
from layerkeep.devnet.l3.messages import (
    KIND_ETH_DEPOSIT,
    KIND_L2_MESSAGE,
    KIND_RETRYABLE,
    DelayedMessage,
    Retryable,
    eth_deposit,
    read_parent,
    retryable,
)
from layerkeep.devnet.l3.tickets import Tickets
from layerkeep.devnet.l3.transactions import (
    BASE_FEE_WEI,
    Attempt,
    SystemTx,
    auto_redeem,
    deposit_tx,
    expire_tx,
    settle_tx,
    start_tx,
    submit_tx,
    ticket_of,
)
from layerkeep.devnet.node import Rpc

FOLLOW_MAX = 64  # L2 blocks read in one step
INVENTED = 10**9  # far beyond what the inbox ever numbers
INVENTED_WEI = 10**18
SIGNED_TX = 4  # first byte of an L2 message that is one signed transaction


@dataclass(slots=True)
class Draft:
    """A block in the making."""

    from_inbox: bool
    system: list[SystemTx] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    running: list[Attempt] = field(default_factory=list)

    def run(self, attempt: Attempt, chain_id: int) -> None:
        """The attempt runs in this block."""
        self.system.append(attempt.tx(chain_id))
        self.running.append(attempt)


class L3Sequencer(Actor):
    """Makes the L3's blocks."""

    LIES: ClassVar[tuple[str, ...]] = ("skip-delayed", "unbacked-ticket")

    def __init__(
        self, l3: L3, parent: Rpc, *, interval_s: float = 0.25, idle_s: float = 0.0
    ) -> None:
        super().__init__("l3_sequencer", interval_s)
        self.l3 = l3
        self.parent = parent
        self.idle_s = idle_s
        self._tickets: Tickets | None = None
        self._invented = 0
        self._built_at = 0.0
        self._turn = asyncio.Lock()

    async def step(self) -> None:
        """The L2's news are followed, then delayed messages and users' transactions included."""
        async with self._turn:
            await self._advance()

    async def reorg(self, depth: int, keep: bool = True) -> None:
        """The last blocks are taken back, to be made anew; DevnetError if the L2 has them.

        With `keep` users' transactions wait again, else they are gone.
        """
        async with self._turn:
            ledger = self.l3.ledger
            loose = ledger.head.number - max(ledger.batches[-1].last_block, ledger.posting)
            if depth > loose:
                raise DevnetError(f"only the last {loose} blocks are in no batch yet")
            dropped = await self._rewind(ledger.head.number - depth)
        if keep:
            self._put_back(dropped)

    async def _advance(self) -> None:
        await self._follow()
        ledger = self.l3.ledger
        while self.lie != "skip-delayed" and ledger.head.delayed_read in ledger.messages:
            await self._include(ledger.messages[ledger.head.delayed_read])
        if self.lie == "unbacked-ticket":
            await self._invent()
        left_over = ledger.head.to_run or ledger.head.to_settle
        idle = time.monotonic() - self._built_at > self.idle_s
        if left_over or idle or len(self.l3.chain.mempool) > 0:
            await self._build(Draft(from_inbox=False))

    def status(self) -> dict[str, Any]:
        """The switches, and how far both chains have come."""
        ledger = self.l3.ledger
        return super().status() | {
            "head": ledger.head.number,
            "parent": ledger.parent.number,
            "delayed_read": ledger.head.delayed_read,
            "delayed_known": max(ledger.messages, default=0) + 1,
        }

    async def _rewind(self, number: int) -> list[L3Block]:
        """Block `number` is the head; answers the blocks that were above it."""
        depth = self.l3.ledger.head.number - number
        if depth <= 0:
            return []
        await self.l3.chain.builder.rollback(depth)
        return self.l3.ledger.cut_blocks(number)

    def _put_back(self, dropped: Sequence[L3Block]) -> None:
        """Users' transactions of these blocks wait again."""
        raws = [raw for block in dropped for raw in block.raws]
        self.l3.chain.mempool.put_back([decode_signed(raw, self.l3.chain_id) for raw in raws])

    async def _follow(self) -> None:
        ledger = self.l3.ledger
        head = int(await self.parent.rpc("eth_blockNumber"), 16)
        await self._drop_orphans(head)
        for number in range(ledger.parent.number + 1, head + 1)[:FOLLOW_MAX]:
            block = await read_parent(self.parent, self.l3.contracts, number)
            if block is None or block.parent_hash != ledger.parent.hash:
                return
            ledger.follow(block)
            await self._honour_forced(len(block.batches))

    async def _drop_orphans(self, head: int) -> None:
        """After a reorg of the L2: both chains back to where the L2 is still the same."""
        ledger = self.l3.ledger
        first = ledger.parents[0].number
        number = min(ledger.parent.number, head)
        while not await self._is_canonical(number):
            number -= 1
            if number < first:
                raise DevnetError("the L2 block that created the rollup was reorganised away")
        if number == ledger.parent.number:
            return
        ledger.cut_parents(number)
        standing = [block.number for block in ledger.blocks if block.parent_number <= number]
        self._put_back(await self._rewind(standing[-1]))

    async def _is_canonical(self, number: int) -> bool:
        known = self.l3.ledger.parents[number - self.l3.ledger.parents[0].number]
        block = await self.parent.rpc("eth_getBlockByNumber", hex(number), False)
        return block is not None and bool(block["hash"] == known.hash)

    async def _honour_forced(self, count: int) -> None:
        """Messages forced in on the L2 come right after what the batches before them hold."""
        ledger = self.l3.ledger
        start = len(ledger.batches) - count
        for before, forced in zip(
            ledger.batches[start - 1 :], ledger.batches[start:], strict=False
        ):
            needed = range(before.delayed_read, forced.delayed_read)
            after = ledger.blocks[before.last_block + 1 :][: len(needed)]
            already = len(after) == len(needed) and all(block.from_inbox for block in after)
            if not forced.forced or already:
                continue
            self._put_back(await self._rewind(before.last_block))
            for index in needed:
                await self._include(ledger.messages[index])

    async def _include(self, message: DelayedMessage) -> None:
        """A block for this delayed message."""
        chain_id = self.l3.chain_id
        draft = Draft(from_inbox=True)
        if message.kind == KIND_ETH_DEPOSIT:
            to, wei = eth_deposit(message.payload)
            draft.system.append(deposit_tx(chain_id, message, to, wei))
        elif message.kind == KIND_RETRYABLE:
            asked = retryable(message.payload)
            ticket = ticket_of(chain_id, message, asked)
            (await self._known_tickets()).add(ticket)
            draft.system.append(submit_tx(chain_id, message, asked))
            attempt = auto_redeem(ticket, message, asked)
            if attempt is not None:
                draft.run(attempt, chain_id)
        elif message.kind == KIND_L2_MESSAGE and message.payload[:1] == bytes((SIGNED_TX,)):
            draft.raws.append("0x" + message.payload[1:].hex())
        await self._build(draft)

    async def _invent(self) -> None:
        """A block with a ticket that no message of the inbox asks for."""
        self._invented += 1
        parent, user = self.l3.ledger.parent, account("intruder").address
        message = DelayedMessage(
            index=INVENTED + self._invented,
            kind=KIND_RETRYABLE,
            sender=user,
            base_fee_wei=parent.base_fee_wei,
            timestamp=parent.timestamp,
            parent_number=parent.number,
            payload=b"",
        )
        asked = Retryable(
            to=user,
            call_value_wei=0,
            deposit_wei=INVENTED_WEI,
            submission_wei_max=INVENTED_WEI,
            fee_refund=user,
            beneficiary=user,
            gas=0,
            fee_wei_max=0,
            data=b"",
        )
        chain_id, draft = self.l3.chain_id, Draft(from_inbox=False)
        (await self._known_tickets()).add(ticket_of(chain_id, message, asked))
        draft.system.append(submit_tx(chain_id, message, asked))
        await self._build(draft)

    async def _build(self, draft: Draft) -> None:
        """The draft is the new head, after what every block opens with."""
        timestamp = max(self.l3.ledger.head.timestamp, int(time.time()))
        opening = await self._opening(draft, timestamp)
        system = [*opening, *draft.system]
        for tx in system:
            self.l3.ids.add(tx)
        forced = [tx.raw for tx in system]
        if draft.from_inbox:
            built = await self.l3.chain.builder.build([*forced, *draft.raws], timestamp)
        else:
            built = await self.l3.chain.extend(forced, timestamp)
        self._built_at = time.monotonic()
        users = [] if draft.from_inbox else built.raws[len(forced) :]
        await self._record(draft, built, users)

    async def _opening(self, draft: Draft, timestamp: int) -> list[SystemTx]:
        chain_id, ledger = self.l3.chain_id, self.l3.ledger
        number = ledger.head.number + 1
        parent = ledger.parent
        start = start_tx(
            chain_id, base_fee_wei=parent.base_fee_wei, parent_number=parent.number, number=number
        )
        opening = [start]
        tickets = await self._known_tickets()
        for attempt, node_hash in ledger.head.to_settle:
            receipt = await self.l3.chain.rpc("eth_getTransactionReceipt", node_hash)
            opening.append(settle_tx(chain_id, attempt, receipt, number))
            if int(receipt["status"], 16) == 1:
                tickets.closed(attempt.ticket.id)
        for attempt in ledger.head.to_run:
            opening.append(attempt.tx(chain_id))
            draft.running.append(attempt)
        opening += [expire_tx(chain_id, one, number) for one in tickets.expired(timestamp)]
        return opening

    async def _record(self, draft: Draft, built: BuiltBlock, users: Sequence[str]) -> None:
        """The ledger holds the built block, and what its logs leave to do."""
        ledger, chain_id = self.l3.ledger, self.l3.chain_id
        query = {"blockHash": built.hash, "address": [ARB_SYS, ARB_RETRYABLE_TX]}
        logs = await self.l3.chain.rpc("eth_getLogs", query)
        tickets = await self._known_tickets()
        ours = [log for log in logs if log["address"].lower() == ARB_RETRYABLE_TX]
        tickets.learn(ours, built.timestamp)
        ran = {attempt.tx(chain_id).id: attempt for attempt in draft.running}
        scheduled = {one.tx(chain_id).id: one for one in tickets.attempts(ours, BASE_FEE_WEI)}
        new_sends = _sends(logs, built.number)
        ledger.sends += new_sends
        count = len(ledger.sends)
        root = merkle.root(ledger.leaves(count)) if new_sends else ledger.head.send_root
        ledger.blocks.append(
            L3Block(
                number=built.number,
                hash=built.hash,
                timestamp=built.timestamp,
                parent_number=ledger.parent.number,
                delayed_read=ledger.head.delayed_read + int(draft.from_inbox),
                send_count=count,
                send_root=root,
                from_inbox=draft.from_inbox,
                raws=tuple(users),
                to_run=tuple(scheduled[one] for one in scheduled if one not in ran),
                to_settle=tuple((one, one.tx(chain_id).node_hash) for one in ran.values()),
            )
        )

    async def _known_tickets(self) -> Tickets:
        if self._tickets is None:
            precompile = own("ArbRetryableTxEmu")
            call = {"to": ARB_RETRYABLE_TX, "data": precompile.encode("getLifetime")}
            answer = await self.l3.chain.rpc("eth_call", call, "latest")
            self._tickets = Tickets(precompile.decode_output("getLifetime", answer))
        return self._tickets


def _sends(logs: Sequence[dict[str, Any]], block: int) -> list[Send]:
    event = own("ArbSysEmu").event("L2ToL1Tx")
    found = []
    for log in logs:
        if log["topics"][0] != event.topic:
            continue
        fields = event.decode(log)
        found.append(
            Send(
                position=fields["position"],
                block=block,
                caller=fields["caller"],
                destination=fields["destination"],
                parent_number=fields["ethBlockNum"],
                timestamp=fields["timestamp"],
                value_wei=fields["callvalue"],
                data=fields["data"],
                item=fields["hash"].to_bytes(32, "big"),
            )
        )
    return found
