"""What must agree before a log is believed, and which claims contradict each other.

Nitro tells many things twice, and the two must match: a payload and the hash the bridge recorded, a
send and the hash put under the send root, an execution and the bridge call that ends it. A log that
does not match is not decoded.
"""

from binascii import unhexlify
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from layerkeep.core.adapter import PARENT, Scope
from layerkeep.core.chain_data import Log, number_in, text_in
from layerkeep.core.encoding import abi, rlp
from layerkeep.core.encoding.abi import encode_uint
from layerkeep.core.facts import Claimed
from layerkeep.core.keccak import keccak_hex, selector, topic0
from layerkeep.core.units import Address

MESSAGE_DELIVERED = topic0(
    "MessageDelivered(uint256,bytes32,address,uint8,address,bytes32,uint256,uint64)"
)
CLASSIC_MESSAGE_DELIVERED = topic0(
    "MessageDelivered(uint256,bytes32,address,uint8,address,bytes32)"
)
BRIDGE_CALL_TRIGGERED = topic0("BridgeCallTriggered(address,address,uint256,bytes)")
OUTBOX_EXECUTED = topic0("OutBoxTransactionExecuted(address,address,uint256,uint256)")

FINALIZE_INBOUND = selector("finalizeInboundTransfer(address,address,address,uint256,bytes)")[2:]
NOBODY = bytes(20)
NO_ACCOUNTS = bytes(36)
"""What stands before three addresses in their words."""

ALIAS = 0x1111000000000000000000000000000000001111


class Ticket(NamedTuple):
    """The fields of a retryable ticket that make its id, as RLP has them; `sender` is aliased.

    A number is the bytes `rlp.integer` gives, an account its 20 bytes.
    """

    number: int
    sender: bytes
    base_fee: bytes
    deposit: bytes
    gas_fee_cap: bytes
    gas: bytes
    to: bytes
    value: bytes
    beneficiary: bytes
    submission_fee_max: bytes
    fee_refund_to: bytes
    data: bytes


TICKET_HEAD = 9 * 32
"""What stands before a ticket's calldata in its payload: eight fields and the data's length."""


class Retry(NamedTuple):
    """The fields of an attempt to redeem a ticket that make its transaction hash."""

    ticket: str
    nonce: int
    sender: str
    gas_fee_cap: int
    gas: int
    to: str
    value: int
    data: bytes
    refund_to: str
    refund_max: int
    submission_fee_refund: int


class Item(NamedTuple):
    """What a send carries, as ArbSys hashes it and the outbox proves it."""

    sender: str
    to: str
    child_block: int
    parent_block: int
    time_s: int
    value: int
    data: bytes


def ticket_id(child_id: int, ticket: Ticket) -> str:
    """The id of a retryable ticket, which is also the hash of its 0x69 transaction."""
    number, sender, base_fee, deposit, gas_fee_cap, gas, to, *rest = ticket
    target = to if to != NOBODY else b""
    place = (rlp.integer(child_id), number.to_bytes(32))
    fields = (*place, sender, base_fee, deposit, gas_fee_cap, gas, target, *rest)
    return keccak_hex(b"\x69" + rlp.encode_strings(fields))


def ticket_of(told: "Delivery", payload: bytes) -> Ticket:
    """The ticket in a delayed message's payload; ValueError if it is cut short or too long."""
    data = payload[TICKET_HEAD:]
    if len(payload) < TICKET_HEAD or int.from_bytes(payload[256:288]) != len(data):
        raise ValueError(f"a ticket's payload of {len(payload)} bytes is cut short or too long")
    if payload[:12] + payload[128:140] + payload[160:172] != NO_ACCOUNTS:
        raise ValueError("a ticket names something that is no address")
    return Ticket(
        told.number,
        told.sender,
        rlp.integer(told.base_fee),
        payload[64:96].lstrip(b"\0"),
        payload[224:256].lstrip(b"\0"),
        payload[192:224].lstrip(b"\0"),
        payload[12:32],
        payload[32:64].lstrip(b"\0"),
        payload[172:192],
        payload[96:128].lstrip(b"\0"),
        payload[140:160],
        data,
    )


def retry_hash(child_id: int, retry: Retry) -> str:
    """The hash of the 0x68 transaction that is one attempt to redeem a ticket."""
    fields = (
        rlp.integer(child_id),
        rlp.integer(retry.nonce),
        _address(retry.sender),
        rlp.integer(retry.gas_fee_cap),
        rlp.integer(retry.gas),
        _target(retry.to),
        rlp.integer(retry.value),
        retry.data,
        bytes.fromhex(retry.ticket[2:]),
        _address(retry.refund_to),
        rlp.integer(retry.refund_max),
        rlp.integer(retry.submission_fee_refund),
    )
    return keccak_hex(b"\x68" + rlp.encode_strings(fields))


def deposit_hash(child_id: int, number: int, *, sender: bytes, to: str, value: int) -> str:
    """The hash of the 0x64 transaction that credits an ETH deposit; `sender` is the aliased one."""
    fields = (
        rlp.integer(child_id),
        encode_uint(number),
        sender,
        _address(to),
        rlp.integer(value),
    )
    return keccak_hex(b"\x64" + rlp.encode_strings(fields))


def item_hash(item: Item) -> str:
    """The hash of a send's content; its keccak-256 is the leaf of the send Merkle tree."""
    numbers = (item.child_block, item.parent_block, item.time_s, item.value)
    packed = _address(item.sender) + _address(item.to) + b"".join(map(encode_uint, numbers))
    return keccak_hex(packed + item.data)


def send_id(child_id: int, position: int) -> str:
    """Our id of a send: unlike the item hash, it differs for two equal sends of one block."""
    return keccak_hex(b"nitro-send" + encode_uint(child_id) + encode_uint(position))


def classic_id(child_id: int, batch: int, index: int) -> str:
    """Our id of a send of the classic era, by its outbox batch and its index therein."""
    place = encode_uint(batch) + encode_uint(index)
    return keccak_hex(b"nitro-classic-send" + encode_uint(child_id) + place)


def delayed_id(child_id: int, number: int) -> str:
    """Our id of a delayed message whose child transaction cannot be told from the payload."""
    return keccak_hex(b"nitro-delayed" + encode_uint(child_id) + encode_uint(number))


class Delivery(NamedTuple):
    """What the bridge says about a delayed message; `sender` is aliased, even an EOA's."""

    number: int
    inbox: Address
    kind: int
    sender: bytes
    payload_hash: str
    base_fee: int


def topic(log: Log, index: int) -> str:
    """A topic as 32 bytes of lower-case hex; ValueError if it is missing or anything else."""
    return "0x" + _topic(log, index).hex()


def number(log: Log, index: int) -> int:
    """A topic as an unsigned integer."""
    return int.from_bytes(_topic(log, index))


def topic_address(log: Log, index: int) -> Address:
    """A topic as an address."""
    if index >= len(log.topics):
        raise ValueError(f"topic {index} is missing")
    return abi.topic_address(log.topics[index])


def _topic(log: Log, index: int) -> bytes:
    text = log.topics[index] if index < len(log.topics) else ""
    content = unhexlify(text[2:])
    if len(content) != 32:
        raise ValueError(f"topic {index} is missing or no 32 bytes")
    return content


def content(log: Log, words: int) -> str:
    """The log's data; ValueError if it has less than so many words."""
    if len(log.data) < 2 + words * abi.WORD:
        raise ValueError(f"the data has less than {words} words")
    return log.data


def delivery(log: Log) -> Delivery:
    """A MessageDelivered log's fields."""
    head = unhexlify(content(log, 6)[2 : 2 + 6 * abi.WORD])
    if len(head) != 6 * 32 or head[:12] + head[64:76] != bytes(24):
        raise ValueError("the bridge names something that is no address")
    kind = int.from_bytes(head[32:64])
    if kind > 0xFF:
        raise ValueError(f"{kind} is no message kind")
    return Delivery(
        number(log, 1),
        Address("0x" + head[12:32].hex()),
        kind,
        head[76:96],
        "0x" + head[96:128].hex(),
        int.from_bytes(head[128:160]),
    )


def delivery_beside(log: Log, scope: Scope, logs: Sequence[Log]) -> Delivery | None:
    """What the bridge said of the inbox's message in this transaction; None for a classic one."""
    message, inbox = topic(log, 1), log.address.lower()
    bridge, classic = scope.contract(PARENT, "bridge"), scope.contract(PARENT, "classic_bridge")
    for other in logs:
        if len(other.topics) != 3 or other.topics[1].lower() != message:
            continue
        place = other.address.lower()
        if place == bridge and other.topics[0] == MESSAGE_DELIVERED:
            told = delivery(other)
            if told.inbox == inbox:
                return told
        elif place == classic and abi.address(other.data, 0) == inbox:
            return None
    raise ValueError("the bridge logged no message of this number and inbox in the transaction")


def payload_of(log: Log, told: Delivery) -> bytes:
    """The payload of a delayed message, which must have the hash that the bridge recorded."""
    payload = abi.dynamic_bytes(content(log, 2), 0)
    if keccak_hex(payload) != told.payload_hash:
        raise ValueError("the payload has not the hash that the bridge recorded")
    return payload


def item_of(log: Log) -> Item:
    """What a send carries, which must have the hash that goes under the send root."""
    head = unhexlify(content(log, 7)[2:])
    data, to = abi.tail(head, 5), topic_address(log, 1)
    if head[:12] != abi.NO_ACCOUNT:
        raise ValueError("a send's sender is no address")
    if keccak_hex(head[12:32] + _address(to) + head[32:160] + data) != topic(log, 2):
        raise ValueError("the content has not the hash that the log states")
    number = int.from_bytes
    return Item(
        "0x" + head[12:32].hex(),
        to,
        number(head[32:64]),
        number(head[64:96]),
        number(head[96:128]),
        number(head[128:160]),
        data,
    )


def logs_of_execution(log: Log, logs: Sequence[Log]) -> tuple[int, int]:
    """The first and last log of an outbox execution, nested ones skipped; -1 if no end is seen."""
    first = int(log.log_index, 16)
    outbox, depth = log.address.lower(), 0
    for other in logs:
        index = int(other.log_index, 16)
        if index <= first or len(other.topics) < 2:
            continue
        if other.topics[0] == OUTBOX_EXECUTED and other.address.lower() == outbox:
            depth += 1
        elif other.topics[0] == BRIDGE_CALL_TRIGGERED and topic_address(other, 1) == outbox:
            if depth == 0:
                return first, index
            depth -= 1
    return -1, -1


def unaliased(sender: bytes) -> Address:
    """The parent's account behind a delayed message's sender, which is always aliased."""
    return Address(f"0x{(int.from_bytes(sender) - ALIAS) % (1 << 160):040x}")


def unsigned_call(payload: bytes) -> tuple[str, int]:
    """Whom an unsigned transaction calls, and with what value; anything may stand in a payload."""
    before = {0: 3, 1: 2}.get(payload[0]) if payload else None
    if before is None or len(payload) < 1 + 32 * (before + 2):
        return "", 0
    start = 1 + 32 * before
    value = int.from_bytes(payload[start + 32 : start + 64], "big")
    return "0x" + payload[start + 12 : start + 32].hex(), value


def moved_token(call: bytes) -> tuple[str, int] | None:
    """The parent's token and the amount, if a gateway's call says so; anything may be called."""
    if call[:4].hex() != FINALIZE_INBOUND or len(call) < 4 + 32 * 5:
        return None
    return "0x" + call[16:36].hex(), int.from_bytes(call[100:132], "big")


def send_count(header: Mapping[str, Any]) -> int:
    """How many sends there are after a block: by name, else the first bytes of the mix hash."""
    told = header.get("sendCount")
    if told is not None:
        return number_in(told)
    mix_hash, extra = text_in(header.get("mixHash")), text_in(header.get("extraData"))
    if len(mix_hash) != 66 or len(extra) != 66:
        raise ValueError("the header is not a Nitro chain's")
    return int(mix_hash[2:18], 16)


def send_root(header: Mapping[str, Any]) -> str:
    """The root of all sends up to a block: by name, else what stands in the extra data."""
    told = header.get("sendRoot")
    root = text_in(header.get("extraData") if told is None else told).lower()
    if len(root) != 66:
        raise ValueError("the header is not a Nitro chain's")
    return root


def rivals(claims: Iterable[Claimed]) -> list[tuple[Claimed, Claimed]]:
    """Pairs of claims that follow the same claim: at most one of the two can be true."""
    first: dict[tuple[str, str], Claimed] = {}
    found = []
    for claim in claims:
        other = first.setdefault((claim.lane, claim.detail), claim)
        if claim.detail and other.claim != claim.claim:
            found.append((other, claim))
    return found


def _address(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _target(to: str) -> bytes:
    """A call's target; a creation has none, which the zero address stands for."""
    return b"" if int(to, 16) == 0 else bytes.fromhex(to[2:])
