"""RLP, the Ethereum serialisation (Yellow Paper, appendix B): encode and decode, nothing else."""

from collections.abc import Iterable, Sequence

DEPTH_MAX = 64
"""Lists in lists: a transaction nests four deep; a hostile one must not exhaust the stack."""

PREFIXES = tuple(bytes((value,)) for value in range(256))
SMALL = b"\x80"
"""A single byte below this stands for itself."""

Item = bytes | Sequence["Item"]
Decoded = bytes | list["Decoded"]


def _prefix(length: int, offset: int) -> bytes:
    if length < 56:
        return PREFIXES[offset + length]
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return PREFIXES[offset + 55 + len(size)] + size


def encode(item: Item) -> bytes:
    """The RLP of bytes or of a sequence of items."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item < SMALL else _prefix(len(item), 0x80) + item
    body = b"".join(map(encode, item))
    return _prefix(len(body), 0xC0) + body


def encode_strings(items: Iterable[bytes]) -> bytes:
    """The RLP of a flat list of bytes: what transactions are, several times faster."""
    parts: list[bytes] = []
    for item in items:
        length = len(item)
        if length > 55:
            parts.append(_prefix(length, 0x80))
        elif length != 1 or item >= SMALL:
            parts.append(PREFIXES[0x80 + length])
        parts.append(item)
    body = b"".join(parts)
    return _prefix(len(body), 0xC0) + body


def integer(value: int) -> bytes:
    """The minimal big-endian bytes of a non-negative integer: zero is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Decoded:
    """The one item that `data` holds; ValueError if it is not exactly one, in its only form."""
    item, end = decode_at(data, 0)
    if end != len(data):
        raise ValueError(f"RLP item ends at byte {end} of {len(data)}")
    return item


def decode_at(data: bytes, start: int, depth: int = 0) -> tuple[Decoded, int]:
    """The item that starts at `start`, and where it ends; ValueError if it is malformed."""
    if depth > DEPTH_MAX:
        raise ValueError(f"RLP lists nested deeper than {DEPTH_MAX}")
    if start >= len(data):
        raise ValueError("RLP item starts behind the end of its bytes")
    head = data[start]
    if head < 0x80:
        return data[start : start + 1], start + 1
    is_list = head >= 0xC0
    length, body = _length(data, start, head - (0xC0 if is_list else 0x80))
    end = body + length
    if end > len(data):
        raise ValueError(f"RLP item needs {end} bytes, has {len(data)}")
    if not is_list:
        if length == 1 and data[body] < 0x80:
            raise ValueError("RLP byte that stands for itself has a length")
        return data[body:end], end
    items: list[Decoded] = []
    while body < end:
        item, body = decode_at(data, body, depth + 1)
        items.append(item)
    if body != end:
        raise ValueError("RLP list's last item runs over the list's end")
    return items, end


def _length(data: bytes, start: int, short: int) -> tuple[int, int]:
    """How long the body is, and where it starts."""
    if short < 56:
        return short, start + 1
    size_end = start + 1 + short - 55
    if size_end > len(data):
        raise ValueError("RLP length is cut short")
    length = int.from_bytes(data[start + 1 : size_end], "big")
    if data[start + 1] == 0 or length < 56:
        raise ValueError("RLP length is longer than it need be")
    return length, size_end
