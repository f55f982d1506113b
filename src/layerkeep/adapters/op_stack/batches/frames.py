"""What a batcher transaction carries: frames, the pieces of channels (derivation specification).

Each blob of a transaction, or its calldata, is a payload of its own. A payload with one bad frame
counts for nothing, so a fault leaves no frames.
"""

from dataclasses import dataclass

FRAMES_VERSION = 0
ALTERNATIVE_VERSION = 1
CHANNEL_ID_BYTES = 16
HEAD_BYTES = CHANNEL_ID_BYTES + 2 + 4
DATA_BYTES_MAX = 1_000_000
"""The protocol's limit of one frame's data (op-node `MaxFrameLen`)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of a channel; pieces are numbered from zero."""

    channel_id: bytes
    number: int
    data: bytes
    is_last: bool


def frames_in(payload: bytes) -> list[Frame]:
    """The frames of calldata or of one blob's payload; ValueError if any part is malformed."""
    if not payload:
        raise ValueError("payload is empty")
    if payload[0] == ALTERNATIVE_VERSION:
        raise ValueError("payload is a commitment to data that lies elsewhere than on L1")
    if payload[0] != FRAMES_VERSION:
        raise ValueError(f"payload of derivation version {payload[0]}, which is unknown")
    if len(payload) == 1:
        raise ValueError("payload has no frames")
    frames = []
    start = 1
    while start < len(payload):
        frame, start = _frame_at(payload, start)
        frames.append(frame)
    return frames


def _frame_at(payload: bytes, start: int) -> tuple[Frame, int]:
    """The frame that starts at `start`, and where it ends."""
    data = start + HEAD_BYTES
    if data > len(payload):
        raise ValueError(f"frame at byte {start} is cut short in its head")
    length = int.from_bytes(payload[data - 4 : data])
    if length > DATA_BYTES_MAX:
        raise ValueError(f"frame at byte {start} announces {length} bytes, more than allowed")
    end = data + length
    if end >= len(payload):
        raise ValueError(f"frame at byte {start} announces {length} bytes, more than there are")
    if payload[end] > 1:
        raise ValueError(f"frame at byte {start} ends in {payload[end]}, neither 0 nor 1")
    number_at = start + CHANNEL_ID_BYTES
    return Frame(
        channel_id=payload[start:number_at],
        number=int.from_bytes(payload[number_at : number_at + 2]),
        data=payload[data:end],
        is_last=payload[end] == 1,
    ), end + 1
