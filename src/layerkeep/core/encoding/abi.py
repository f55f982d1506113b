"""Solidity ABI words, read and written by slicing hex text (ABI specification, Solidity docs).

Hex stays text until a value is needed: that is several times faster than decoding whole payloads.
Offsets are in 32-byte words from the start of the data. A reader raises ValueError on data that is
too short or malformed; callers turn that into an `Undecoded` statement.
"""

from binascii import unhexlify
from functools import lru_cache

from layerkeep.core.units import Address

WORD = 64
"""Hex digits in a 32-byte word."""

NO_ACCOUNT = bytes(12)
"""What stands before an address in its word."""


def word_bytes(data: str, index: int) -> bytes:
    """The 32 bytes of word `index` of 0x-prefixed `data`."""
    start = 2 + index * WORD
    content = unhexlify(data[start : start + WORD])
    if len(content) != 32:
        raise ValueError(f"word {index} is missing or no hex: data has {len(data) // 2 - 1} bytes")
    return content


def word(data: str, index: int) -> str:
    """The 64 hex digits of word `index`."""
    return word_bytes(data, index).hex()


def uint(data: str, index: int) -> int:
    """Word `index` as an unsigned integer."""
    return int.from_bytes(word_bytes(data, index))


def bytes32(data: str, index: int) -> str:
    """Word `index` as 0x-prefixed lower-case hex."""
    return "0x" + word_bytes(data, index).hex()


def address(data: str, index: int) -> Address:
    """The address in word `index`; ValueError if its upper 12 bytes are not zero."""
    content = word_bytes(data, index)
    if content[:12] != NO_ACCOUNT:
        raise ValueError(f"word {index} is no address")
    return Address("0x" + content[12:].hex())


@lru_cache(maxsize=8192)
def topic_address(topic: str) -> Address:
    """The address in an indexed topic; ValueError if it is none. Contracts recur in most logs."""
    if len(topic) != 2 + WORD:
        raise ValueError(f"a topic of {len(topic)} characters")
    return address(topic, 0)


def dynamic_bytes(data: str, index: int, base: int = 0) -> bytes:
    """The bytes whose offset stands in word `index`, offsets counted from word `base`."""
    return tail(unhexlify(data[2:]), index, base)


def tail(content: bytes, index: int, base: int = 0) -> bytes:
    """The same, of data that is bytes already: for readers of many of its words."""
    place = 32 * index
    offset = int.from_bytes(content[place : place + 32])
    if offset % 32 or len(content) < place + 32:
        raise ValueError(f"word {index} is no offset")
    begin = 32 * base + offset + 32
    length = int.from_bytes(content[begin - 32 : begin])
    told = content[begin : begin + length]
    if len(told) != length or len(content) < begin:
        raise ValueError(f"{length} bytes announced, {len(told)} present")
    return told


def encode_uint(value: int) -> bytes:
    """`value` as one word."""
    return value.to_bytes(32, "big")


def encode_address(value: str) -> bytes:
    """A 0x-prefixed address as one word."""
    return bytes(12) + bytes.fromhex(value[2:])


def encode_bytes(value: bytes) -> bytes:
    """The tail of a dynamic `bytes`: its length and its padded content."""
    return encode_uint(len(value)) + value + bytes(-len(value) % 32)
