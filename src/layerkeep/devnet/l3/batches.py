"""Sequencer batches: a brotli stream of RLP strings, each a segment of one kind.

A reader starts at timestamp 0 and parent block 0; segments of kind 3 and 4 advance them, those of
kind 0 and 2 make one block each.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import brotli

from layerkeep.core.encoding import rlp
from layerkeep.devnet.l3.ledger import L3Block

SEGMENT_L2_MESSAGE = b"\x00"
SEGMENT_DELAYED = b"\x02"
SEGMENT_ADVANCE_TIMESTAMP = b"\x03"
SEGMENT_ADVANCE_PARENT = b"\x04"
MESSAGE_BATCH = b"\x03"
MESSAGE_SIGNED_TX = b"\x04"
BROTLI = b"\x00"


def encode(blocks: Sequence[L3Block]) -> bytes:
    """The calldata of a batch with these L3 blocks."""
    stream = b"".join(rlp.encode(segment) for segment in segments(blocks))
    compressed: bytes = brotli.compress(stream)
    return BROTLI + compressed


def segments(blocks: Sequence[L3Block]) -> Iterable[bytes]:
    """The segments that make these L3 blocks, in order."""
    timestamps = pairwise([0, *(block.timestamp for block in blocks)])
    parents = pairwise([0, *(block.parent_number for block in blocks)])
    for block, (earlier, later), (lower, higher) in zip(blocks, timestamps, parents, strict=True):
        if later > earlier:
            yield SEGMENT_ADVANCE_TIMESTAMP + rlp.encode(rlp.integer(later - earlier))
        if higher > lower:
            yield SEGMENT_ADVANCE_PARENT + rlp.encode(rlp.integer(higher - lower))
        yield SEGMENT_DELAYED if block.from_inbox else SEGMENT_L2_MESSAGE + message(block.raws)


def message(raws: Sequence[str]) -> bytes:
    """The L2 message of a block with these users' transactions."""
    signed = [MESSAGE_SIGNED_TX + bytes.fromhex(raw[2:]) for raw in raws]
    if len(signed) == 1:
        return signed[0]
    return MESSAGE_BATCH + b"".join(len(one).to_bytes(8, "big") + one for one in signed)


def decode(calldata: bytes) -> list[bytes]:
    """The segments of a batch; ValueError if it is not brotli."""
    if calldata[:1] != BROTLI:
        raise ValueError(f"batch of kind 0x{calldata[:1].hex()}, not brotli")
    stream = brotli.decompress(calldata[1:])
    found, position = [], 0
    while position < len(stream):
        segment, position = rlp.decode_at(stream, position)
        assert isinstance(segment, bytes), "segments are strings"
        found.append(segment)
    return found
