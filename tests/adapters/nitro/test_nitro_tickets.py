"""Tickets on the child that nobody was seen to send: delivered, another's, or invented."""

from typing import Any

import pytest
from nitro_world import (
    ARB,
    BLOCK,
    L1,
    ON_CHILD,
    ROOT,
    TICKET,
    delivered,
    retryable_payload,
    says,
    topic,
)
from test_nitro_posts import outcome

from layerkeep.adapters.nitro.lifecycles import ticket_key
from layerkeep.adapters.nitro.probes import inspect
from layerkeep.core.adapter import Inquiry
from layerkeep.core.chain_data import Log
from layerkeep.core.facts import Anchor, Fact, Reached, Says, Sent
from layerkeep.core.units import Key

LOGS = delivered(9, retryable_payload(b"x"))
SENT = next(each for each in says(L1, *LOGS) if isinstance(each, Sent))
HEAD = {"hash": BLOCK, "parentHash": ROOT, "number": "0x64", "timestamp": "0x65"}
COUNT = topic(8)
BUSY = {"error": {"code": 1, "message": "range"}}


def fact(stage: str = "created", ticket: str = SENT.message, key: str = "") -> Fact:
    """What is said of a ticket at second 100."""
    reached = Reached(Key(key) or ticket_key(ARB, ticket), stage)
    return Fact(Anchor(ARB, 9, BLOCK, 100_000, BLOCK), reached)


def in_json(log: Log) -> dict[str, Any]:
    """A log as a node gives it."""
    return {
        "address": log.address,
        "topics": list(log.topics),
        "data": log.data,
        "blockNumber": log.block_number,
        "blockHash": log.block_hash,
        "transactionHash": log.transaction_hash,
        "transactionIndex": log.transaction_index,
        "logIndex": log.log_index,
    }


RECEIPT = {
    "transactionHash": LOGS[0].transaction_hash,
    "transactionIndex": "0x3",
    "blockHash": BLOCK,
    "blockNumber": "0x64",
    "logs": [in_json(each) for each in LOGS],
    "status": "0x1",
}


def inquiry(ticket: str = SENT.message) -> Inquiry:
    """What is to be looked into about a ticket."""
    found = inspect(fact(ticket=ticket), ON_CHILD)
    assert found is not None
    return found


def told(
    *parent: object, ticket: str = SENT.message, receipt: object = RECEIPT, tx: object = None
) -> list[Says]:
    """What is found when the parent answers so."""
    made = {"requestId": topic(7)} if tx is None else tx
    return outcome(inquiry(ticket), (made,), tuple(parent), (receipt,))[1]


def test_inquiry__is_made_of_tickets_created_on_the_child_alone():
    """Everything else has its own story."""
    assert inspect(fact(), ON_CHILD) is not None
    assert inspect(fact("redeemed"), ON_CHILD) is None
    assert inspect(fact(key=f"{ARB}/tx/{TICKET}"), ON_CHILD) is None
    assert inspect(Fact(fact().anchor, SENT), ON_CHILD) is None


def test_ticket__that_a_message_of_the_bridge_asks_for__is_true():
    """The message of its number, in the transaction that sent it, makes this very ticket."""
    (said,) = told(HEAD, COUNT, [in_json(LOGS[0])])
    assert ("delivery", "true") == (said.check, said.verdict)
    assert ticket_key(ARB, SENT.message) == said.subject


def test_ticket__whose_number_is_in_the_input_alone__is_judged_the_same():
    """Not every node tells it by name; the call that makes a ticket starts with it."""
    made = {"input": "0xc9f95d32" + topic(7)[2:] + topic(1)[2:]}
    (said,) = told(HEAD, COUNT, [in_json(LOGS[0])], tx=made)
    assert "true" == said.verdict


def test_ticket__of_a_number_that_the_bridge_has_not_come_to__is_false():
    """Nothing was delivered under it, and the node is past the ticket's time."""
    (said,) = outcome(inquiry(), ({"requestId": topic(7)},), (HEAD, topic(7), []))[1]
    assert ("false", "no more than 7 messages") == (said.verdict, said.found)


def test_ticket__that_its_message_does_not_ask_for__is_false():
    """The number is a real one, the content is not."""
    (said,) = told(HEAD, COUNT, [in_json(LOGS[0])], ticket=TICKET)
    assert "false" == said.verdict


@pytest.mark.parametrize("logs", [[], BUSY])
def test_ticket__whose_message_cannot_be_looked_up__is_unknown(logs):
    """Some nodes do not look so far back."""
    found = outcome(inquiry(), ({"requestId": topic(7)},), (HEAD, COUNT, logs))[1]
    assert ["unknown"] == [each.verdict for each in found]


@pytest.mark.parametrize(
    "parent",
    [
        (None, COUNT, []),
        (BUSY, COUNT, []),
        (HEAD, BUSY, []),
        (HEAD | {"timestamp": "0x63"}, topic(7), []),
    ],
)
def test_ticket__while_the_parents_node_is_behind__has_no_verdict(parent):
    """It may not know of the message yet."""
    assert [] == outcome(inquiry(), ({"requestId": topic(7)},), parent)[1]


def test_ticket__that_the_node_does_not_know__has_no_verdict():
    """Nor has one whose receipt is not to be had."""
    assert [] == outcome(inquiry(), (None,))[1]
    assert [] == told(HEAD, COUNT, [in_json(LOGS[0])], receipt=BUSY)


def test_ticket__told_in_nonsense__is_no_verdict():
    """Refused, so asked again."""
    for wrong in ({}, {"requestId": 7}, "0x", {"input": "0x12345678"}):
        with pytest.raises(ValueError, match=r"."):
            told(HEAD, COUNT, [], tx=wrong)
