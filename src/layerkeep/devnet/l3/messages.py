"""What the L2's contracts hand to the L3: delayed messages, and batches as they are delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.artifacts import nitro
from layerkeep.devnet.l3.contracts import L3Contracts
from layerkeep.devnet.node import Rpc

KIND_L2_MESSAGE = 3
KIND_RETRYABLE = 9
KIND_ETH_DEPOSIT = 12
FORCED = 2  # dataLocation of a batch that the contract made up itself
WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayedMessage:
    """One message of the delayed inbox, with everything its accumulator commits to."""

    index: int
    kind: int
    sender: str
    base_fee_wei: int
    timestamp: int
    parent_number: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Retryable:
    """The payload of a message of kind 9."""

    to: str
    call_value_wei: int
    deposit_wei: int
    submission_wei_max: int
    fee_refund: str
    beneficiary: str
    gas: int
    fee_wei_max: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A batch as the L2 logged it; `messages` is None where the contract counts none."""

    index: int
    delayed_read: int
    messages: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentBlock:
    """What one L2 block says to the L3."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    base_fee_wei: int
    delayed: tuple[DelayedMessage, ...]
    batches: tuple[Delivered, ...]


def retryable(payload: bytes) -> Retryable:
    """The retryable ticket that a message of kind 9 asks for."""
    words = [payload[at : at + WORD] for at in range(0, 9 * WORD, WORD)]
    length = int.from_bytes(words[8], "big")
    return Retryable(
        to=_address(words[0]),
        call_value_wei=int.from_bytes(words[1], "big"),
        deposit_wei=int.from_bytes(words[2], "big"),
        submission_wei_max=int.from_bytes(words[3], "big"),
        fee_refund=_address(words[4]),
        beneficiary=_address(words[5]),
        gas=int.from_bytes(words[6], "big"),
        fee_wei_max=int.from_bytes(words[7], "big"),
        data=payload[9 * WORD : 9 * WORD + length],
    )


def eth_deposit(payload: bytes) -> tuple[str, int]:
    """Receiver and wei of a message of kind 12."""
    return "0x" + payload[:20].hex(), int.from_bytes(payload[20:52], "big")


async def read_parent(parent: Rpc, contracts: L3Contracts, number: int) -> ParentBlock | None:
    """What the L2 block of this number says; None if there is none (any more)."""
    block = await parent.rpc("eth_getBlockByNumber", hex(number), False)
    if block is None:
        return None
    addresses = [
        contracts.bridge,
        contracts.inbox,
        contracts.sequencer_inbox,
        contracts.rollup_event_inbox,
    ]
    query = {"blockHash": block["hash"], "address": addresses}
    logs: list[dict[str, Any]] = await parent.rpc("eth_getLogs", query)
    payloads = await _payloads(parent, logs)
    return ParentBlock(
        number=number,
        hash=block["hash"],
        parent_hash=block["parentHash"],
        timestamp=int(block["timestamp"], 16),
        base_fee_wei=int(block["baseFeePerGas"], 16),
        delayed=tuple(_delayed(logs, payloads)),
        batches=tuple([await _delivered(parent, log) for log in logs if _is_batch(log)]),
    )


def _delayed(logs: Sequence[dict[str, Any]], payloads: dict[int, bytes]) -> list[DelayedMessage]:
    delivered = nitro("Bridge").event("MessageDelivered")
    found = []
    for log in logs:
        if log["topics"][0] != delivered.topic:
            continue
        fields = delivered.decode(log)
        payload = payloads[fields["messageIndex"]]
        assert keccak256(payload) == fields["messageDataHash"], log
        found.append(
            DelayedMessage(
                index=fields["messageIndex"],
                kind=fields["kind"],
                sender=fields["sender"],
                base_fee_wei=fields["baseFeeL1"],
                timestamp=fields["timestamp"],
                parent_number=int(log["blockNumber"], 16),
                payload=payload,
            )
        )
    return found


async def _payloads(parent: Rpc, logs: Sequence[dict[str, Any]]) -> dict[int, bytes]:
    inbox = nitro("Inbox")
    in_log = inbox.event("InboxMessageDelivered")
    in_call = inbox.event("InboxMessageDeliveredFromOrigin")
    found: dict[int, bytes] = {}
    for log in logs:
        if log["topics"][0] == in_log.topic:
            fields = in_log.decode(log)
            found[fields["messageNum"]] = fields["data"]
        elif log["topics"][0] == in_call.topic:
            tx = await parent.rpc("eth_getTransactionByHash", log["transactionHash"])
            (payload,) = inbox.decode_input("sendL2MessageFromOrigin", tx["input"])
            found[in_call.decode(log)["messageNum"]] = payload
    return found


def _is_batch(log: dict[str, Any]) -> bool:
    topic: str = log["topics"][0]
    return topic == nitro("SequencerInbox").event("SequencerBatchDelivered").topic


async def _delivered(parent: Rpc, log: dict[str, Any]) -> Delivered:
    artifact = nitro("SequencerInbox")
    fields = artifact.event("SequencerBatchDelivered").decode(log)
    messages = None
    if fields["dataLocation"] != FORCED:
        tx = await parent.rpc("eth_getTransactionByHash", log["transactionHash"])
        messages = int(tx["input"][10 + 5 * 64 : 10 + 6 * 64], 16)
    return Delivered(
        index=fields["batchSequenceNumber"],
        delayed_read=fields["afterDelayedMessagesRead"],
        messages=messages,
    )


def _address(word: bytes) -> str:
    return "0x" + word[12:].hex()
