"""Whether a ticket on the child was sent on the parent: asked where nobody was seen to send it.

The transaction that made the ticket names the delayed message that asked for it. The bridge counts
its messages: a number it has not come to was never delivered. Where it has, the message of that
number has to ask for this very ticket.
"""

from collections.abc import Mapping
from typing import Any

from layerkeep.adapters.nitro.checks import MESSAGE_DELIVERED
from layerkeep.adapters.nitro.decode import inbox_message
from layerkeep.core.adapter import PARENT, Call, Inquiry, Scope, Wanted
from layerkeep.core.chain_data import (
    header_in,
    is_refused,
    logs_in,
    number_in,
    read_receipt,
    several,
    text_in,
)
from layerkeep.core.encoding.abi import encode_uint, uint
from layerkeep.core.facts import Fact, Judged, Reached, Sent
from layerkeep.core.keccak import selector
from layerkeep.core.units import Key

DELAYED_COUNT = selector("delayedMessageCount()")
SUBMIT = selector(
    "submitRetryable(bytes32,uint256,uint256,uint256,uint256,uint64,uint256,"
    "address,address,address,bytes)"
)
"""What the input of a ticket's transaction reads like (nitro `ArbitrumSubmitRetryableTx`)."""

NOT_FOUND = "the bridge has a message of this number; its log could not be looked up"


def inspect(fact: Fact, scope: Scope) -> Inquiry | None:
    """An inquiry about a ticket made on the child; None for anything else."""
    says = fact.says
    if not isinstance(says, Reached) or says.stage != "created":
        return None
    is_here = fact.anchor.chain == scope.child and says.key.startswith(f"{scope.child}/ticket/")
    return _delivery(says.key, fact.anchor.time, scope) if is_here else None


def _delivery(key: Key, time: int, scope: Scope) -> Inquiry:
    ticket = key.rsplit("/", 1)[1]
    asked = Wanted(scope.child, (Call("eth_getTransactionByHash", (ticket,)),))
    (tx,) = several((yield asked), 1)
    if tx is None or is_refused(tx):
        return ()
    if not isinstance(tx, Mapping):
        raise ValueError("no transaction")
    number = _request(tx)
    place, expected = f"message {number} of {scope.parent}", "delivered"
    head, count, logs = several((yield _message(number, scope)), 3)
    header = None if is_refused(head) else header_in(head)
    if header is None or header.time < time or is_refused(count):
        return ()
    there = uint(text_in(count), 0)
    if number >= there:
        found = f"no more than {there} messages"
        return (Judged("delivery", scope.child, key, "false", expected, found, place),)
    txs = [] if is_refused(logs) else [log.transaction_hash for log in logs_in(logs)]
    if not txs:
        return (Judged("delivery", scope.child, key, "unknown", expected, "", NOT_FOUND),)
    receipt = Wanted(scope.parent, (Call("eth_getTransactionReceipt", (txs[0],)),))
    (told,) = several((yield receipt), 1)
    if told is None or is_refused(told):
        return ()
    is_sent = ticket in _tickets_in(told, number, scope)
    verdict, found = ("true", expected) if is_sent else ("false", "a message that asks for another")
    return (Judged("delivery", scope.child, key, verdict, expected, found, place),)


def _request(tx: Mapping[str, Any]) -> int:
    """The number of the message that asked for a ticket: told by name, and first in the input."""
    if tx.get("requestId") is not None:
        return number_in(tx["requestId"])
    text = text_in(tx.get("input"))
    if not text.startswith(SUBMIT):
        raise ValueError("no transaction that makes a ticket")
    return uint("0x" + text[len(SUBMIT) :], 0)


def _message(number: int, scope: Scope) -> Wanted:
    """How far the parent is, how many messages its bridge has, and the one of this number."""
    bridge = scope.contract(PARENT, "bridge")
    wanted = {
        "address": bridge,
        "topics": [MESSAGE_DELIVERED, "0x" + encode_uint(number).hex()],
        "fromBlock": "0x0",
        "toBlock": "latest",
    }
    return Wanted(
        scope.parent,
        (
            Call("eth_getBlockByNumber", ("latest", False)),
            Call("eth_call", ({"to": bridge, "data": DELAYED_COUNT}, "latest")),
            Call("eth_getLogs", (wanted,)),
        ),
    )


def _tickets_in(receipt: Any, number: int, scope: Scope) -> set[str]:
    """The tickets that the message of this number asks for, in the transaction that sent it."""
    logs = read_receipt(receipt).logs
    wanted = "0x" + encode_uint(number).hex()
    own = [log for log in logs if log.topics[1:] == (wanted,)]
    said = [says for log in own for says in inbox_message(log, scope, logs)]
    return {says.message for says in said if isinstance(says, Sent)}
