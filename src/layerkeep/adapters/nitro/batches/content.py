"""A batch's content: unpacked within the protocol's limits, and cut into its segments."""

from collections.abc import Iterator

import brotli

from layerkeep.adapters.nitro.batches.carriers import ZERO_HEAVY
from layerkeep.core.encoding import rlp

CONTENT_BYTES_MAX = 16 * 1024 * 1024
"""`MaxDecompressedLen`."""

SPARSE_BYTES_MAX = 101 * CONTENT_BYTES_MAX // 100 + 64
"""`maxZeroheavyDecompressedLen`."""

SEGMENTS_MAX = 100 * 1024
"""`MaxSegmentsPerSequencerMessage`; nodes pass over the rest."""

BROTLI = 0x00
PIECE_BYTES = 65_536


def segments_in(payload: bytes) -> Iterator[bytes]:
    """The segments of a batch's payload; ValueError at the first fault, after what precedes it.

    Nodes keep the segments before a fault. A stream that does not unpack has none.
    """
    if not payload:
        return
    if payload[0] & ZERO_HEAVY:
        payload = _densified(payload[1:])[:SPARSE_BYTES_MAX]
    if payload[:1] != bytes((BROTLI,)):
        raise ValueError(f"payload of kind 0x{payload[:1].hex()}, which is not known")
    content = unbrotlied(payload[1:], CONTENT_BYTES_MAX)
    place = count = 0
    while place < len(content):
        if content[place] >= 0xC0:
            raise ValueError(f"byte {place} of the content starts a list, not a segment")
        segment, place = rlp.decode_at(content, place)
        assert isinstance(segment, bytes)
        count += 1
        if count > SEGMENTS_MAX:
            raise ValueError(f"batch has more than {SEGMENTS_MAX} segments")
        yield segment


def unbrotlied(packed: bytes, limit: int) -> bytes:
    """The whole stream unpacked; ValueError if it is broken, unfinished or larger than `limit`.

    What follows the stream's end is passed over, as nodes do. Input is fed byte by byte, so that
    the end is seen where it is, and output is drawn in pieces, so that no more is unpacked than
    the limit and one piece.
    """
    decoder = brotli.Decompressor()
    found = bytearray()
    for place in range(len(packed)):
        try:
            piece = decoder.process(packed[place : place + 1], output_buffer_limit=PIECE_BYTES)
            found += piece
            while piece and not decoder.is_finished() and len(found) <= limit:
                piece = decoder.process(b"", output_buffer_limit=PIECE_BYTES)
                found += piece
        except brotli.error as error:
            raise ValueError(f"brotli stream is broken at byte {place}") from error
        if len(found) > limit:
            raise ValueError(f"brotli stream unpacks to more than {limit} bytes")
        if decoder.is_finished():
            return bytes(found)
    raise ValueError(f"brotli stream of {len(packed)} bytes does not end")


def _densified(sparse: bytes) -> bytes:
    """A zero-heavy encoding undone (nitro `zeroheavy`): calldata in which zeros were made cheap.

    Every byte stands for two to nine bits; a zero and the ones behind it at the end are padding.
    """
    bits = "".join(map(_bits, sparse))
    end = bits.rfind("0")
    whole = max(end, 0) // 8
    return int(bits[: whole * 8], 2).to_bytes(whole) if whole else b""


def _bits(byte: int) -> str:
    if byte == 0:
        return "00"
    if byte == 1:
        return "01000000"
    if byte < 0x80:
        return f"01{byte:07b}"
    return f"{byte:08b}"
