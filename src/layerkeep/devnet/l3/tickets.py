"""Retryable tickets as the sequencer remembers them: what they call, and when they run out."""

from collections.abc import Iterable
from typing import Any

from layerkeep.devnet.artifacts import own
from layerkeep.devnet.l3.transactions import Attempt, Ticket


class Tickets:
    """Every ticket ever asked for by id; contents never change, only how long they live."""

    def __init__(self, lifetime_s: int) -> None:
        self.lifetime_s = lifetime_s
        self._content: dict[bytes, Ticket] = {}
        self._due: dict[bytes, int] = {}

    def add(self, ticket: Ticket) -> None:
        """The ticket's content is known, before its creation is in a block."""
        self._content[ticket.id] = ticket

    def learn(self, logs: Iterable[dict[str, Any]], timestamp: int) -> None:
        """Takes in the precompile's logs of a block with this timestamp."""
        precompile = own("ArbRetryableTxEmu")
        created, extended, canceled = (
            precompile.event(name) for name in ("TicketCreated", "LifetimeExtended", "Canceled")
        )
        for log in logs:
            topic, ticket_id = log["topics"][0], bytes.fromhex(log["topics"][1][2:])
            if topic == created.topic:
                self._due[ticket_id] = timestamp + self.lifetime_s
            elif topic == extended.topic:
                self._due[ticket_id] = extended.decode(log)["newTimeout"]
            elif topic == canceled.topic:
                self._due.pop(ticket_id, None)

    def closed(self, ticket_id: bytes) -> None:
        """The ticket was redeemed."""
        self._due.pop(ticket_id, None)

    def expired(self, timestamp: int) -> list[bytes]:
        """The tickets past their lifetime; each is answered once."""
        found = [ticket_id for ticket_id, due in self._due.items() if due < timestamp]
        for ticket_id in found:
            del self._due[ticket_id]
        return found

    def attempts(self, logs: Iterable[dict[str, Any]], fee_wei: int) -> list[Attempt]:
        """The redeems that the logs schedule, in a block with this base fee."""
        scheduled = own("ArbRetryableTxEmu").event("RedeemScheduled")
        found = []
        for log in logs:
            if log["topics"][0] != scheduled.topic:
                continue
            fields = scheduled.decode(log)
            found.append(
                Attempt(
                    ticket=self._content[fields["ticketId"]],
                    sequence=fields["sequenceNum"],
                    fee_wei=fee_wei,
                    gas=fields["donatedGas"],
                    refund_to=fields["gasDonor"],
                    refund_wei_max=fields["maxRefund"],
                    submission_refund_wei=fields["submissionFeeRefund"],
                )
            )
        return found
