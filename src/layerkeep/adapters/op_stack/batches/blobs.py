"""The OP Stack's packing of bytes into blobs (Ecotone derivation specification, blob encoding).

A blob is 4096 field elements of 32 bytes, of which the two highest bits stay zero. Four elements
make a round: 31 bytes in each, and three more bytes spread over their four six-bit tops.
"""

BLOB_BYTES = 131_072
ROUND_BYTES = 128
PACKING_VERSION = 0
HEAD_BYTES = 4
"""The version and a length of three bytes, at the start of the first element's lower part."""

PAYLOAD_BYTES_MAX = (4 * 31 + 3) * 1024 - HEAD_BYTES
SPARE_BITS = 0xC0


def blob_payload(blob: bytes) -> bytes:
    """The bytes that a blob carries; ValueError if it is not packed as the specification says."""
    if len(blob) != BLOB_BYTES:
        raise ValueError(f"a blob has {BLOB_BYTES} bytes, not {len(blob)}")
    for element in range(0, BLOB_BYTES, 32):
        if blob[element] & SPARE_BITS:
            raise ValueError(f"field element {element // 32} uses its two highest bits")
    if blob[1] != PACKING_VERSION:
        raise ValueError(f"blob is packed as version {blob[1]}, not {PACKING_VERSION}")
    length = int.from_bytes(blob[2:5])
    if length > PAYLOAD_BYTES_MAX:
        raise ValueError(f"blob announces {length} bytes, more than fit into one")
    stream = b"".join(
        _round(blob[start : start + ROUND_BYTES]) for start in range(0, BLOB_BYTES, ROUND_BYTES)
    )
    if stream.count(0, HEAD_BYTES + length) != len(stream) - HEAD_BYTES - length:
        raise ValueError(f"blob has content behind its {length} bytes")
    return stream[HEAD_BYTES : HEAD_BYTES + length]


def _round(elements: bytes) -> bytes:
    """The 127 bytes of four field elements."""
    a, b, c, d = elements[::32]
    first = (a & 0x3F) | (b & 0x30) << 2
    second = (b & 0x0F) | (d & 0x0F) << 4
    third = (c & 0x3F) | (d & 0x30) << 2
    return b"".join(
        (
            elements[1:32],
            bytes((first,)),
            elements[33:64],
            bytes((second,)),
            elements[65:96],
            bytes((third,)),
            elements[97:128],
        )
    )
