"""Frames become channels again (derivation specification, channel bank; Holocene, frame queue).

Before Holocene the frames of any channels may come in any order. Since Holocene one channel is open
at a time and its frames come in order: the first frame of another channel displaces it, and a frame
that is not the next one is passed over. A channel's timeout is counted in L1 blocks, which are the
caller's: it calls `forget`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from layerkeep.adapters.op_stack.batches.frames import Frame

FRAME_OVERHEAD_BYTES = 200
"""What the protocol counts for a frame besides its data."""

BANK_BYTES_MAX = 1_000_000_000
"""The size of all open channels since Fjord; the oldest are dropped beyond it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A whole channel: still compressed."""

    channel_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A frame or an open channel that counts for nothing, and why."""

    channel_id: bytes
    number: int | None
    """The frame's number; None if a whole channel was dropped."""

    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of some frames: the channels they completed, and what counted for nothing."""

    channels: tuple[Channel, ...]
    refused: tuple[Refused, ...]


@dataclass(slots=True)
class _Open:
    """A channel of which frames are still missing."""

    frames: dict[int, Frame] = field(default_factory=dict)
    last: int | None = None

    @property
    def size(self) -> int:
        return sum(len(each.data) + FRAME_OVERHEAD_BYTES for each in self.frames.values())

    @property
    def is_whole(self) -> bool:
        return self.last is not None and len(self.frames) == self.last + 1

    def fault(self, frame: Frame) -> str | None:
        """Why this frame cannot be added, if it cannot."""
        if self.last is not None and frame.is_last:
            return "second last frame"
        if frame.number in self.frames:
            return "duplicate frame"
        if self.last is not None and frame.number > self.last:
            return "frame behind the last one"
        return None

    def add(self, frame: Frame) -> None:
        if frame.is_last:
            self.last = frame.number
            kept = {n: each for n, each in self.frames.items() if n < frame.number}
            self.frames = kept
        self.frames[frame.number] = frame


class Assembler:
    """Puts channels together from frames in the order of L1."""

    def __init__(self, *, holocene: bool, bank_bytes_max: int = BANK_BYTES_MAX) -> None:
        self._holocene = holocene
        self._bank_bytes_max = bank_bytes_max
        self._open: dict[bytes, _Open] = {}
        self._sizes: dict[bytes, int] = {}

    @property
    def open_channels(self) -> tuple[bytes, ...]:
        """The ids of the channels that miss frames, in the order in which they were opened."""
        return tuple(self._open)

    def forget(self, channel_id: bytes) -> None:
        """Drops an open channel, as one that timed out; nothing happens if it is not open."""
        self._open.pop(channel_id, None)
        self._sizes.pop(channel_id, None)

    def take(self, frames: Iterable[Frame]) -> Taken:
        """Adds the frames of one payload; tells which channels are whole now, and what is void."""
        whole: list[Channel] = []
        refused: list[Refused] = []
        for frame in frames:
            refused += self._displaced(frame)
            fault = self._fault(frame)
            if fault is not None:
                refused.append(Refused(frame.channel_id, frame.number, fault))
                continue
            channel = self._added(frame)
            if channel is not None:
                whole.append(channel)
        refused += self._pruned()
        return Taken(tuple(whole), tuple(refused))

    def _displaced(self, frame: Frame) -> list[Refused]:
        """The open channel, if the rules let this frame drop it."""
        if not self._holocene or frame.number != 0 or frame.channel_id in self._open:
            return []
        dropped = [Refused(each, None, "displaced by another channel") for each in self._open]
        for each in dropped:
            self.forget(each.channel_id)
        return dropped

    def _fault(self, frame: Frame) -> str | None:
        current = self._open.get(frame.channel_id)
        if self._holocene:
            following = 0 if current is None else len(current.frames)
            return None if frame.number == following else f"out of order: {following} is next"
        return None if current is None else current.fault(frame)

    def _added(self, frame: Frame) -> Channel | None:
        """The frame's channel, if this frame makes it whole."""
        current = self._open.setdefault(frame.channel_id, _Open())
        current.add(frame)
        if not current.is_whole:
            added = len(frame.data) + FRAME_OVERHEAD_BYTES
            before = self._sizes.get(frame.channel_id, 0)
            self._sizes[frame.channel_id] = current.size if frame.is_last else before + added
            return None
        self.forget(frame.channel_id)
        data = b"".join(current.frames[number].data for number in range(len(current.frames)))
        return Channel(frame.channel_id, data)

    def _pruned(self) -> list[Refused]:
        """Drops the oldest channels until the rest fits into the bank."""
        dropped = []
        while sum(self._sizes.values()) > self._bank_bytes_max:
            oldest = next(iter(self._open))
            self.forget(oldest)
            dropped.append(Refused(oldest, None, "no room for this many open channels"))
        return dropped
