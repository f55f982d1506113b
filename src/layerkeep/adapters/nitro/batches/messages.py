"""From a batch's segments to its messages, each of which makes one block (nitro `arbstate/inbox`).

A batch starts at time 0 and parent block 0; two kinds of segments advance them, and what results is
held within the bounds in the batch's head. Delayed messages are named by their place in the
parent's delayed inbox: their content is there, not in the batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerkeep.adapters.nitro.batches.content import segments_in, unbrotlied
from layerkeep.adapters.nitro.batches.transactions import MESSAGE_BYTES_MAX, transactions_of
from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import SECOND, Hash, Timestamp

L2_MESSAGE = 0
L2_MESSAGE_BROTLI = 1
DELAYED = 2
ADVANCE_TIMESTAMP = 3
ADVANCE_PARENT = 4
MESSAGES = (L2_MESSAGE, L2_MESSAGE_BROTLI, DELAYED)
ADVANCES = (ADVANCE_TIMESTAMP, ADVANCE_PARENT)

HEAD_BYTES = 40
NUMBERS = 2**64
DELAYED_MAX = 1_000_000
"""More delayed messages than this in one batch are a mistake of whoever gave their number."""


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What the parent's contract adds to a batch; it is in the batch's event, not in calldata."""

    min_timestamp: Timestamp
    max_timestamp: Timestamp
    min_parent_block: int
    max_parent_block: int
    after_delayed: int
    """How many delayed messages have been read after this batch."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a batch, in the order of the blocks they make."""

    kind: str
    """`l2`, `delayed`, or `void`: nodes make an empty block of what they cannot read."""

    timestamp: Timestamp | None = None
    """None for a delayed message: its own time stands in the delayed inbox."""

    parent_block: int | None = None
    delayed_index: int | None = None
    transactions: tuple[bytes, ...] = ()
    """Raw users' transactions."""

    fault: str | None = None
    """Why nodes make no transactions of it, if they make none."""


def sequencer_message(content: bytes) -> tuple[BatchHead, bytes]:
    """The head and the posted part of a sequencer message, as the inbox's accumulator has it."""
    if len(content) < HEAD_BYTES:
        raise ValueError(f"sequencer message has {len(content)} bytes, less than its head")
    numbers = [int.from_bytes(content[start : start + 8]) for start in range(0, HEAD_BYTES, 8)]
    head = BatchHead(
        min_timestamp=Timestamp(numbers[0] * SECOND),
        max_timestamp=Timestamp(numbers[1] * SECOND),
        min_parent_block=numbers[2],
        max_parent_block=numbers[3],
        after_delayed=numbers[4],
    )
    return head, content[HEAD_BYTES:]


def transaction_hashes(message: Message) -> tuple[Hash, ...]:
    """The hashes of the message's transactions, in order."""
    return tuple(Hash(keccak_hex(raw)) for raw in message.transactions)


def messages_in(
    payload: bytes, head: BatchHead, *, delayed_read: int, chain_id: int
) -> Iterator[Message]:
    """The messages of a batch; ValueError at the end if nodes passed over a part of its payload.

    `delayed_read` is how many delayed messages had been read before this batch: `after_delayed` of
    the batch before it. Whatever the payload, nodes make at least one message of a batch.
    """
    if head.after_delayed - delayed_read > DELAYED_MAX:
        raise ValueError(f"batch reads on from delayed message {delayed_read} to far beyond")
    segments: list[bytes] = []
    fault = None
    try:
        segments.extend(segments_in(payload))  # which keeps those before a fault
    except ValueError as error:
        fault = error
    yield from _messages(segments, _Reader(head, delayed_read, chain_id))
    if fault is not None:
        raise fault


def _messages(segments: Sequence[bytes], reader: "_Reader") -> Iterator[Message]:
    last = max(
        (n for n, each in enumerate(segments) if each[:1] and each[0] in MESSAGES), default=-1
    )
    count = 0
    for index, segment in enumerate(segments):
        if not segment:
            continue
        if segment[0] in ADVANCES:
            reader.advance(segment)
            continue
        if index > last and count and not reader.awaits_delayed:
            return
        yield reader.message(segment)
        count += 1
    while reader.awaits_delayed or not count:
        yield reader.message(bytes((DELAYED,)))
        count += 1


class _Reader:
    """Where in time, on the parent and in the delayed inbox the batch has come to."""

    def __init__(self, head: BatchHead, delayed_read: int, chain_id: int) -> None:
        self._head = head
        self._delayed_read = delayed_read
        self._chain_id = chain_id
        self._seconds = 0
        self._parent_block = 0

    @property
    def awaits_delayed(self) -> bool:
        """Whether the batch reads further delayed messages."""
        return self._delayed_read < self._head.after_delayed

    def advance(self, segment: bytes) -> None:
        """Moves on in time or on the parent; a malformed advance is passed over."""
        try:
            item, _ = rlp.decode_at(segment, 1)
        except ValueError:
            return
        if not isinstance(item, bytes) or len(item) > 8 or item[:1] == b"\x00":
            return
        step = int.from_bytes(item)
        if segment[0] == ADVANCE_TIMESTAMP:
            self._seconds = (self._seconds + step) % NUMBERS
        else:
            self._parent_block = (self._parent_block + step) % NUMBERS

    def message(self, segment: bytes) -> Message:
        """The message that a segment makes."""
        if segment[0] == DELAYED:
            return self._delayed()
        content = segment[1:]
        if segment[0] == L2_MESSAGE_BROTLI:
            try:
                content = unbrotlied(content, MESSAGE_BYTES_MAX)
            except ValueError as error:
                return Message("void", fault=str(error))
        elif segment[0] != L2_MESSAGE:
            return Message("void", fault=f"segment of kind {segment[0]}, which is unknown")
        return self._l2(content)

    def _delayed(self) -> Message:
        if not self.awaits_delayed:
            return Message("void", fault="no delayed message is left to this batch")
        self._delayed_read += 1
        return Message("delayed", delayed_index=self._delayed_read - 1)

    def _l2(self, content: bytes) -> Message:
        head = self._head
        timestamp = Timestamp(_held(self._seconds * SECOND, head.min_timestamp, head.max_timestamp))
        parent_block = _held(self._parent_block, head.min_parent_block, head.max_parent_block)
        raws: tuple[bytes, ...] = ()
        fault = None
        try:
            raws = transactions_of(content, timestamp, self._chain_id)
        except ValueError as error:
            fault = str(error)
        return Message("l2", timestamp, parent_block, transactions=raws, fault=fault)


def _held(value: int, lowest: int, highest: int) -> int:
    """The value within its bounds; the lower one counts first, as in nodes."""
    return lowest if value < lowest else min(value, highest)
