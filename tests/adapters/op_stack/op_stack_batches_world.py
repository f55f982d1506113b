"""An encoder of batches, written for the tests alone: transactions into columns, blocks into spans.

It takes signed transactions apart with another RLP library than the one under test.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_account import Account
from eth_utils import to_checksum_address

from layerkeep.adapters.op_stack.batches import Frame, PostedBlock, SpanTerms
from layerkeep.core.units import Duration, Timestamp

CHAIN = 4_242
TERMS = SpanTerms(Timestamp(1_700_000_000_000), Duration(2_000), CHAIN)
PARENT = bytes(range(100, 132))
ORIGIN = bytes(range(200, 232))
RECEIVER = to_checksum_address("0x" + "ab" * 20)
CHANNEL = bytes(range(16))

SENDER = Account.from_key("0x" + "11" * 32)
ACCESS = [{"address": RECEIVER, "storageKeys": ["0x" + "01" * 32, "0x" + "00" * 32]}]


def signed(**changes: Any) -> bytes:
    """A signed transaction, of dynamic fees by default; a change to None drops a field."""
    fields: dict[str, Any] = {
        "chainId": CHAIN,
        "nonce": 7,
        "gas": 21_000,
        "to": RECEIVER,
        "value": 10**18,
        "data": b"",
    }
    fields |= changes
    if fields.get("gasPrice") is None:
        fields |= {"maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 0}
    kept = {name: value for name, value in fields.items() if value is not None}
    return bytes(SENDER.sign_transaction(kept).raw_transaction)


def every_kind() -> list[bytes]:
    """One transaction of every kind a span batch can hold, and of every shape that matters."""
    authorization = SENDER.sign_authorization({"chainId": CHAIN, "address": RECEIVER, "nonce": 8})
    return [
        signed(),
        signed(nonce=0, value=0, data=b"\x00" * 300),
        signed(nonce=2**40, gas=30_000_000, data=b"\x05", accessList=ACCESS),
        signed(to=None, data=b"\x60\x00" * 40),
        signed(gasPrice=10**9),
        signed(gasPrice=0, chainId=None, value=0),
        signed(gasPrice=3, to=None, data=b"\x7f"),
        signed(gasPrice=10**9, accessList=ACCESS),
        signed(gasPrice=10**9, accessList=[], to=None),
        signed(authorizationList=[authorization], accessList=ACCESS),
        signed(authorizationList=[authorization, authorization]),
    ]


@dataclass(frozen=True, slots=True)
class Split:
    """A transaction's columns."""

    stem: bytes
    nonce: int
    gas: int
    to: bytes
    parity: int
    signature: bytes
    is_protected: bool | None


def split(raw: bytes) -> Split:
    """A signed transaction, taken apart."""
    if raw[0] >= 0x80:
        nonce, price, gas, to, value, data, v, r, s = rlp.decode(raw)
        number = int.from_bytes(v)
        return Split(
            stem=rlp.encode([value, price, data]),
            nonce=int.from_bytes(nonce),
            gas=int.from_bytes(gas),
            to=to,
            parity=1 - number % 2 if number in (27, 28) else (number - 35) % 2,
            signature=r.rjust(32, b"\0") + s.rjust(32, b"\0"),
            is_protected=number not in (27, 28),
        )
    fees = 1 if raw[0] == 1 else 2
    _chain, nonce, *rest = rlp.decode(raw[1:])
    prices, (gas, to, value, data, *lists, v, r, s) = rest[:fees], rest[fees:]
    return Split(
        stem=raw[:1] + rlp.encode([value, *prices, data, *lists]),
        nonce=int.from_bytes(nonce),
        gas=int.from_bytes(gas),
        to=to,
        parity=int.from_bytes(v),
        signature=r.rjust(32, b"\0") + s.rjust(32, b"\0"),
        is_protected=None,
    )


def uvarint(value: int) -> bytes:
    """LEB128."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def bitlist(bits: Sequence[bool | int]) -> bytes:
    """The standard bitlist of span batches."""
    number = sum(bool(bit) << index for index, bit in enumerate(bits))
    return number.to_bytes((len(bits) + 7) // 8)


def columns_of(raws: Sequence[bytes]) -> bytes:
    """The `txs` of a span batch."""
    parts = [split(raw) for raw in raws]
    legacies = [each.is_protected for each in parts if each.is_protected is not None]
    return b"".join(
        (
            bitlist([not each.to for each in parts]),
            bitlist([each.parity for each in parts]),
            *(each.signature for each in parts),
            *(each.to for each in parts),
            *(each.stem for each in parts),
            *(uvarint(each.nonce) for each in parts),
            *(uvarint(each.gas) for each in parts),
            bitlist(legacies),
        )
    )


def span(
    blocks: Sequence[Sequence[bytes]], changes: Sequence[int], origin: int = 900, after: int = 50
) -> bytes:
    """The record of a span batch: the blocks' transactions, and where the L1 origin changes.

    `origin` is the last block's, `after` the seconds between genesis and the first block.
    """
    head = uvarint(after) + uvarint(origin) + PARENT[:20] + ORIGIN[:20]
    body = uvarint(len(blocks)) + bitlist(changes) + b"".join(uvarint(len(b)) for b in blocks)
    return b"\x01" + head + body + columns_of([raw for block in blocks for raw in block])


def singular(raws: Sequence[bytes], epoch: int = 900, timestamp: int = 1_700_000_050) -> bytes:
    """The record of a singular batch."""
    return b"\x00" + rlp.encode([PARENT, epoch, ORIGIN, timestamp, list(raws)])


def posted(raws: Sequence[bytes], **changes: Any) -> PostedBlock:
    """The block that `singular` tells."""
    fields: dict[str, Any] = {
        "timestamp": Timestamp(1_700_000_050_000),
        "epoch_number": 900,
        "epoch_check": ORIGIN,
        "parent_check": PARENT,
        "transactions": tuple(raws),
    }
    return PostedBlock(**(fields | changes))


def channel_of(*batches: bytes) -> bytes:
    """A whole zlib channel with these records."""
    return zlib.compress(b"".join(rlp.encode(batch) for batch in batches))


def framed(channel: bytes, count: int, channel_id: bytes = CHANNEL) -> list[Frame]:
    """A channel in `count` frames."""
    size = -(-len(channel) // count)
    return [
        Frame(channel_id, number, channel[number * size : (number + 1) * size], number == count - 1)
        for number in range(count)
    ]


def payload_of(frames: Sequence[Frame]) -> bytes:
    """What a batcher posts."""
    return b"\x00" + b"".join(
        each.channel_id
        + each.number.to_bytes(2)
        + len(each.data).to_bytes(4)
        + each.data
        + bytes((each.is_last,))
        for each in frames
    )
