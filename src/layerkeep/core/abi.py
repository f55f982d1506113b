"""Solidity ABI words, read and written by slicing hex text (ABI specification, Solidity docs).

Hex stays text until a value is needed: that is several times faster than decoding whole payloads.
Offsets are in 32-byte words from the start of the data. A reader raises ValueError on data that is
too short or malformed; callers turn that into an `Undecoded` statement.
"""

from layerkeep.core.units import Address

WORD = 64
"""Hex digits in a 32-byte word."""


def word(data: str, index: int) -> str:
    """The 64 hex digits of word `index` of 0x-prefixed `data`."""
    start = 2 + index * WORD
    digits = data[start : start + WORD]
    if len(digits) != WORD:
        raise ValueError(f"word {index} is missing: data has {(len(data) - 2) // 2} bytes")
    _bytes(digits)
    return digits


def uint(data: str, index: int) -> int:
    """Word `index` as an unsigned integer."""
    return int(word(data, index), 16)


def bytes32(data: str, index: int) -> str:
    """Word `index` as 0x-prefixed lower-case hex."""
    return "0x" + word(data, index).lower()


def address(data: str, index: int) -> Address:
    """The address in word `index`; ValueError if its upper 12 bytes are not zero."""
    digits = word(data, index).lower()
    if digits[:24] != "0" * 24:
        raise ValueError(f"word {index} is no address")
    return Address("0x" + digits[24:])


def topic_address(topic: str) -> Address:
    """The address in an indexed topic; ValueError if it is none."""
    return address(topic, 0)


def dynamic_bytes(data: str, index: int, base: int = 0) -> bytes:
    """The bytes whose offset stands in word `index`, offsets counted from word `base`."""
    offset = uint(data, index)
    if offset % 32:
        raise ValueError(f"word {index} is no offset")
    start = base + offset // 32
    length = uint(data, start)
    begin = 2 + (start + 1) * WORD
    digits = data[begin : begin + 2 * length]
    if len(digits) != 2 * length:
        raise ValueError(f"{length} bytes announced, {len(digits) // 2} present")
    return _bytes(digits)


def _bytes(digits: str) -> bytes:
    """The bytes that hex digits stand for; `bytes.fromhex` alone would skip over white space."""
    content = bytes.fromhex(digits)
    if 2 * len(content) != len(digits):
        raise ValueError("white space between hex digits")
    return content


def encode_uint(value: int) -> bytes:
    """`value` as one word."""
    return value.to_bytes(32, "big")


def encode_address(value: str) -> bytes:
    """A 0x-prefixed address as one word."""
    return bytes(12) + bytes.fromhex(value[2:])


def encode_bytes(value: bytes) -> bytes:
    """The tail of a dynamic `bytes`: its length and its padded content."""
    return encode_uint(len(value)) + value + bytes(-len(value) % 32)
