"""Batches as the OP Stack writes them: singular batches in a channel, the channel in frames."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import brotli

from layerkeep.core.encoding import rlp
from layerkeep.devnet.l2.ledger import L2Block

SINGULAR = b"\x00"
DERIVATION_VERSION = b"\x00"
BROTLI = b"\x01"
CHANNEL_ID_BYTES = 16
FRAME_HEAD_BYTES = CHANNEL_ID_BYTES + 2 + 4
FRAME_BYTES_MAX = 60_000  # far below the protocol's limit, so that several frames do occur


@dataclass(frozen=True, slots=True)
class Batch:
    """One L2 block as a batch tells it; deposits are left to be derived from L1."""

    parent_hash: str
    origin_number: int
    origin_hash: str
    timestamp: int
    raws: tuple[str, ...]


def batch_of(block: L2Block) -> Batch:
    """The batch that a verifier would rebuild this block from."""
    origin = block.origin
    return Batch(block.parent_hash, origin.number, origin.hash, block.timestamp, block.raws)


def altered(batches: Sequence[Batch]) -> list[Batch]:
    """The batches, of which one no longer says what its block holds.

    The first that has a transaction gets other bytes in it; if none has, the first gets another
    timestamp.
    """
    found = list(batches)
    at = next((at for at, batch in enumerate(found) if batch.raws), None)
    if at is None:
        found[0] = replace(found[0], timestamp=found[0].timestamp + 1)
        return found
    first, *rest = found[at].raws
    last_byte = int(first[-2:], 16) ^ 1
    found[at] = replace(found[at], raws=(f"{first[:-2]}{last_byte:02x}", *rest))
    return found


def payload_of(batches: Sequence[Batch], channel_id: bytes, *, use_brotli: bool) -> bytes:
    """What the batcher posts: the version byte and all frames of one channel."""
    content = b"".join(rlp.encode(SINGULAR + _encode(batch)) for batch in batches)
    if use_brotli:
        channel = BROTLI + bytes(brotli.compress(content, quality=9))
    else:
        channel = zlib.compress(content, level=9)
    return DERIVATION_VERSION + b"".join(_frames(channel, channel_id))


def batches_in(payload: bytes) -> list[Batch]:
    """The batches of a payload that holds whole channels; ValueError if it is no such thing."""
    if payload[:1] != DERIVATION_VERSION:
        raise ValueError("payload of an unknown derivation version")
    channels: dict[bytes, bytes] = {}
    rest = payload[1:]
    while rest:
        channel_id, body, rest = _frame(rest)
        channels[channel_id] = channels.get(channel_id, b"") + body
    return [batch for channel in channels.values() for batch in _decode_channel(channel)]


def _frames(channel: bytes, channel_id: bytes) -> list[bytes]:
    assert len(channel_id) == CHANNEL_ID_BYTES
    starts = range(0, len(channel), FRAME_BYTES_MAX)
    frames = []
    for number, start in enumerate(starts):
        body = channel[start : start + FRAME_BYTES_MAX]
        is_last = start + FRAME_BYTES_MAX >= len(channel)
        head = channel_id + number.to_bytes(2, "big") + len(body).to_bytes(4, "big")
        frames.append(head + body + bytes((is_last,)))
    return frames


def _frame(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The first frame's channel id and body, and what follows it."""
    if len(data) < FRAME_HEAD_BYTES + 1:
        raise ValueError("frame is cut short")
    length = int.from_bytes(data[FRAME_HEAD_BYTES - 4 : FRAME_HEAD_BYTES], "big")
    end = FRAME_HEAD_BYTES + length
    if len(data) < end + 1:
        raise ValueError("frame is cut short")
    return data[:CHANNEL_ID_BYTES], data[FRAME_HEAD_BYTES:end], data[end + 1 :]


def _decode_channel(channel: bytes) -> list[Batch]:
    try:
        if channel[:1] == BROTLI:
            content = bytes(brotli.decompress(channel[1:]))
        else:
            content = zlib.decompress(channel)
    except (brotli.error, zlib.error) as error:
        raise ValueError(f"channel does not decompress: {error}") from error
    batches: list[Batch] = []
    place = 0
    while place < len(content):
        item, place = rlp.decode_at(content, place)
        if not isinstance(item, bytes) or item[:1] != SINGULAR:
            raise ValueError("channel holds something else than singular batches")
        batches.append(_decode(item[1:]))
    return batches


def _encode(batch: Batch) -> bytes:
    return rlp.encode(
        [
            bytes.fromhex(batch.parent_hash[2:]),
            rlp.integer(batch.origin_number),
            bytes.fromhex(batch.origin_hash[2:]),
            rlp.integer(batch.timestamp),
            [bytes.fromhex(raw[2:]) for raw in batch.raws],
        ]
    )


def _decode(content: bytes) -> Batch:
    fields = rlp.decode(content)
    if not isinstance(fields, list) or len(fields) != 5:
        raise ValueError("singular batch has not five fields")
    parent, number, origin, timestamp, raws = fields
    scalars = [field for field in (parent, number, origin, timestamp) if isinstance(field, bytes)]
    if len(scalars) != 4 or not isinstance(raws, list):
        raise ValueError("singular batch has fields of the wrong kind")
    return Batch(
        parent_hash="0x" + scalars[0].hex(),
        origin_number=int.from_bytes(scalars[1], "big"),
        origin_hash="0x" + scalars[2].hex(),
        timestamp=int.from_bytes(scalars[3], "big"),
        raws=tuple("0x" + raw.hex() for raw in raws if isinstance(raw, bytes)),
    )
