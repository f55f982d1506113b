"""The redeemer: helps retryable tickets on whose first attempt failed."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro, own
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX
from layerkeep.devnet.node import NodeError
from layerkeep.devnet.sender import Sender

REDEEM_GAS = 3_000_000
FUNDS_WEI_MIN = 2 * 10**17
FUNDS_WEI = 10**18
ATTEMPTS_MAX = 3
KEEPALIVE_EVERY = 4  # of so many tickets one is kept alive first, to be seen
CANCEL_EVERY = 2  # of so many tickets that the redeemer may cancel, one is


@dataclass(slots=True)
class Open:
    """A ticket that might need help."""

    id: str
    number: int
    since: float
    attempts: int = 0
    kept_alive: bool = False


class RetryableRedeemer(Actor):
    """Redeems tickets that are still open some time after their creation.

    Told to overlook, it never helps the next one that needs help.
    """

    LIES: ClassVar[tuple[str, ...]] = ("overlook",)

    def __init__(
        self,
        l3: L3,
        *,
        sender: Sender,
        funder: Sender,
        delay_s: float = 5.0,
        interval_s: float = 0.5,
    ) -> None:
        super().__init__("l3_redeemer", interval_s)
        self.l3 = l3
        self.sender = sender  # on the L3
        self.funder = funder  # the same account on the L2
        self.delay_s = delay_s
        self.redeemed = 0
        self.canceled = 0
        self._open: dict[str, Open] = {}
        self._scanned = 0
        self._tickets = 0
        self._overlooked = False

    async def step(self) -> None:
        """Every open ticket old enough is kept alive, cancelled or redeemed."""
        await self._scan()
        now = time.monotonic()
        for ticket in list(self._open.values()):
            if now >= ticket.since + self.delay_s * (ticket.attempts + 1):
                await self._help(ticket)

    def status(self) -> dict[str, Any]:
        """The switches, and what was done."""
        return super().status() | {
            "redeemed": self.redeemed,
            "canceled": self.canceled,
            "open": len(self._open),
        }

    async def _scan(self) -> None:
        head = int(await self.sender.node.rpc("eth_blockNumber"), 16)
        if head <= self._scanned:
            self._scanned = min(head, self._scanned)
            return
        created = own("ArbRetryableTxEmu").event("TicketCreated")
        query = {
            "fromBlock": hex(self._scanned + 1),
            "toBlock": hex(head),
            "address": ARB_RETRYABLE_TX,
            "topics": [created.topic],
        }
        for log in await self.sender.node.rpc("eth_getLogs", query):
            ticket_id = log["topics"][1]
            if ticket_id not in self._open:
                self._tickets += 1
                self._open[ticket_id] = Open(ticket_id, self._tickets, time.monotonic())
        self._scanned = head

    async def _help(self, ticket: Open) -> None:
        beneficiary = await self._beneficiary(ticket)
        if beneficiary is None or ticket.attempts >= ATTEMPTS_MAX or self._overlooks():
            del self._open[ticket.id]
            return
        await self._fund()
        ours = beneficiary.lower() == self.sender.address.lower()
        if ticket.number % KEEPALIVE_EVERY == 0 and not ticket.kept_alive:
            ticket.kept_alive = True
            await self._transact("keepalive", ticket)
        elif ours and ticket.number % CANCEL_EVERY == 1:
            await self._transact("cancel", ticket)
            self.canceled += 1
        else:
            ticket.attempts += 1
            await self._transact("redeem", ticket)
            self.redeemed += 1

    def _overlooks(self) -> bool:
        """True once each time it is told to."""
        if self.lie is None or self._overlooked:
            self._overlooked = self.lie is not None
            return False
        self._overlooked = True
        return True

    async def _beneficiary(self, ticket: Open) -> str | None:
        """Who may cancel the ticket; None if it is no longer open."""
        precompile = own("ArbRetryableTxEmu")
        data = precompile.encode("getBeneficiary", bytes.fromhex(ticket.id[2:]))
        try:
            answer = await self.sender.node.rpc(
                "eth_call", {"to": ARB_RETRYABLE_TX, "data": data}, "latest"
            )
        except NodeError:
            return None
        address: str = precompile.decode_output("getBeneficiary", answer)
        return address

    async def _transact(self, function: str, ticket: Open) -> None:
        data = own("ArbRetryableTxEmu").encode(function, bytes.fromhex(ticket.id[2:]))
        await self.sender.call(ARB_RETRYABLE_TX, data, gas=REDEEM_GAS)

    async def _fund(self) -> None:
        """The account can pay for gas on the L3, by a deposit from the L2 if need be."""
        answer = await self.sender.node.rpc("eth_getBalance", self.sender.address, "latest")
        if int(answer, 16) >= FUNDS_WEI_MIN:
            return
        data = nitro("Inbox").encode("depositEth()")
        await self.funder.call(self.l3.contracts.inbox, data, value=FUNDS_WEI)
