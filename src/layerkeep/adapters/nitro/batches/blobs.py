"""Nitro's packing of bytes into blobs (nitro `util/blobs`), which is not the OP Stack's.

A field element carries 254 bits: 31 whole bytes, and six bits in its first byte. A blob's whole
bytes come first, then the bytes that its six-bit parts make, lowest bits first. All blobs of a
batch make one RLP string together; what follows it is padding.
"""

from collections.abc import Sequence

from layerkeep.core.encoding import rlp

BLOB_BYTES = 131_072
ELEMENT_BYTES = 32
SPARE_BITS = 6


def blobs_payload(blobs: Sequence[bytes]) -> bytes:
    """The payload that a batch's blobs carry together; ValueError if there is none in them."""
    stream = b"".join(map(_unpacked, blobs))
    if not stream or stream[0] >= 0xC0:
        raise ValueError("blobs do not carry a string")
    payload, _ = rlp.decode_at(stream, 0)
    assert isinstance(payload, bytes)
    return payload


def _unpacked(blob: bytes) -> bytes:
    if len(blob) != BLOB_BYTES:
        raise ValueError(f"a blob has {BLOB_BYTES} bytes, not {len(blob)}")
    starts = range(0, BLOB_BYTES, ELEMENT_BYTES)
    whole = b"".join(blob[start + 1 : start + ELEMENT_BYTES] for start in starts)
    spare = bytearray()
    bits, count = 0, 0
    for start in starts:
        bits |= blob[start] << count
        count += SPARE_BITS
        if count >= 8:
            spare.append(bits & 0xFF)
            bits >>= 8
            count -= 8
    return whole + bytes(spare)
