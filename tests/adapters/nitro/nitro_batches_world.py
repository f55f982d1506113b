"""An encoder of Nitro's batches, written for the tests alone."""

from collections.abc import Sequence
from typing import Any

import brotli
import rlp
from eth_account import Account
from eth_utils import to_checksum_address

from layerkeep.adapters.nitro.batches import BatchHead, Message, messages_in
from layerkeep.core.units import Timestamp

CHAIN = 4_242
RECEIVER = to_checksum_address("0x" + "ab" * 20)
SENDER = Account.from_key("0x" + "11" * 32)
ACCESS = [{"address": RECEIVER, "storageKeys": ["0x" + "01" * 32]}]
FROM, UNTIL = 1_700_000_000, 1_700_086_400
HEAD = BatchHead(Timestamp(FROM * 1000), Timestamp(UNTIL * 1000), 500, 900, 7)
DELAYED_READ = 7
DELAYED = b"\x02"


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
    """One signed transaction of every kind."""
    authorization = SENDER.sign_authorization({"chainId": CHAIN, "address": RECEIVER, "nonce": 8})
    return [
        signed(),
        signed(to=None, data=b"\x60\x00" * 40),
        signed(gasPrice=10**9),
        signed(gasPrice=0, chainId=None, value=0),
        signed(gasPrice=10**9, accessList=ACCESS),
        signed(authorizationList=[authorization], accessList=ACCESS),
    ]


def batch(*inner: bytes) -> bytes:
    """An L2 message of several."""
    return b"\x03" + b"".join(len(each).to_bytes(8) + each for each in inner)


def alone(raw: bytes) -> bytes:
    """An L2 message of one signed transaction."""
    return b"\x04" + raw


def segment(message: bytes) -> bytes:
    """A segment with an L2 message."""
    return b"\x00" + message


def later(seconds: int) -> bytes:
    """A segment that advances the time."""
    return b"\x03" + rlp.encode(seconds)


def higher(blocks: int) -> bytes:
    """A segment that advances the parent's block."""
    return b"\x04" + rlp.encode(blocks)


def payload_of(*segments: bytes) -> bytes:
    """A batch's payload."""
    return b"\x00" + brotli.compress(b"".join(rlp.encode(each) for each in segments))


def read(payload: bytes, head: BatchHead = HEAD, delayed_read: int = DELAYED_READ) -> list[Message]:
    """All messages of a payload."""
    return list(messages_in(payload, head, delayed_read=delayed_read, chain_id=CHAIN))


def packed(content: bytes) -> list[bytes]:
    """Content in Nitro's blobs, bit by bit: a reading of its encoder, not of the decoder."""
    stream = rlp.encode(content)
    blobs = []
    while stream:
        blob = bytearray(131_072)
        whole, rest = stream[: 31 * 4096], stream[31 * 4096 :]
        for index in range(0, len(whole), 31):
            start = index // 31 * 32 + 1
            blob[start : start + len(whole[index : index + 31])] = whole[index : index + 31]
        spare, stream = rest[:3072], rest[3072:]
        bits = [byte >> place & 1 for byte in spare for place in range(8)]
        for index in range(0, len(bits), 6):
            six = bits[index : index + 6]
            blob[index // 6 * 32] = sum(bit << place for place, bit in enumerate(six))
        blobs.append(bytes(blob))
    return blobs


def sparse(content: bytes) -> bytes:
    """Content in the zero-heavy encoding."""
    bits = "".join(f"{byte:08b}" for byte in content) + "0"
    bits += "1" * 16
    found = []
    while bits and "0" in bits:
        if bits.startswith("00"):
            found.append(0)
            bits = bits[2:]
        elif bits.startswith("1"):
            found.append(int(bits[:8], 2))
            bits = bits[8:]
        elif bits.startswith("01000000"):
            found.append(1)
            bits = bits[8:]
        else:
            found.append(int(bits[2:9].ljust(7, "1"), 2))
            bits = bits[9:]
    return b"\x20" + bytes(found)


def calldata(function: str, words: Sequence[int], content: bytes | None = None) -> bytes:
    """A call with static words; the content, if any, is its second argument."""
    head = list(words)
    if content is None:
        return bytes.fromhex(function) + b"".join(word.to_bytes(32) for word in head)
    head.insert(1, 32 * (len(head) + 1))
    tail = len(content).to_bytes(32) + content + bytes(-len(content) % 32)
    return bytes.fromhex(function) + b"".join(word.to_bytes(32) for word in head) + tail
