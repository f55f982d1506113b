"""The batcher's transactions: who posts what where, and whether the child's blocks agree with it.

Nothing of this is in logs. Calldata, or each blob of a transaction, holds frames; frames make
channels, channels hold blocks, and those are held against what a node of the child serves.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from layerkeep.adapters.op_stack.batches import (
    Assembler,
    Difference,
    PostedBlock,
    ServedBlock,
    SpanTerms,
    batches_in,
    blob_payload,
    compare,
    frames_in,
)
from layerkeep.adapters.op_stack.batches.blobs import BLOB_BYTES
from layerkeep.adapters.op_stack.checks import origin_in
from layerkeep.core.adapter import PARENT, Call, Inquiry, Post, Scope, Stretch, Wanted
from layerkeep.core.chain_data import header_in, is_refused, number_in, several, text_in
from layerkeep.core.facts import Anchor, Judged, Posted, Says
from layerkeep.core.units import SECOND, Duration, Hash, Timestamp

BLOB_TX = "0x3"
DEPOSIT_TX = "0x7e"

BLOCKS_MAX = 32
"""So many blocks of a channel are compared, spread over it: as many as go into one request."""


class Posting:
    """Reads one child's posts in their order on the parent; its channels may span several."""

    def __init__(self, scope: Scope, block_time: Duration) -> None:
        self._scope = scope
        self._block_time = block_time
        self._inbox = (scope.contract(PARENT, "batch_inbox") or "").lower()
        self._channels = Assembler(holocene=False)
        self._genesis: Timestamp | None = None

    def posts(self, block: Any, batcher: str) -> Sequence[Post]:
        """The posts in a block of the parent with whole transactions; ValueError if it is none."""
        transactions = block.get("transactions") if isinstance(block, Mapping) else None
        if not isinstance(transactions, list):
            raise ValueError("no block with transactions")
        found = (self._post(tx, batcher.lower()) for tx in transactions)
        return [post for post in found if post is not None]

    def take(self, post: Post, blobs: Sequence[bytes]) -> tuple[Sequence[Says], Sequence[Stretch]]:
        """What is wrong with a post by itself, and the channels that are whole with it."""
        name = post.tx
        try:
            payloads = [blob_payload(blob) for blob in blobs] if blobs else [post.payload]
            frames = [frame for payload in payloads for frame in frames_in(payload)]
        except ValueError as error:
            return (self._judged(name, "false", "frames", str(error)),), ()
        taken = self._channels.take(frames)
        return (), [Stretch(name, channel.data) for channel in taken.channels]

    def inquire(self, stretch: Stretch, newest: Anchor) -> Inquiry:
        """Whether a node of the child serves what was posted, up to its newest block."""
        if self._genesis is None:
            (told,) = several((yield self._wanted([0], full=False)), 1)
            first = header_in(told)
            if first is None:
                return ()
            self._genesis = Timestamp(int(first.timestamp, 16) * SECOND)
        try:
            blocks = self._blocks_in(stretch.content, self._genesis)
        except ValueError as error:
            return (self._judged(stretch.post, "false", "batches", str(error)),)
        top, now = newest.height, newest.time
        heights = [top - (now - each.timestamp) // self._block_time for each in blocks]
        if not heights or max(heights) > top:
            return ()
        chosen = _spread(list(zip(heights, blocks, strict=True)))
        served = several((yield self._wanted([at for at, _ in chosen], full=True)), len(chosen))
        wrong = []
        for (at, posted), told in zip(chosen, served, strict=True):
            if told is None or is_refused(told):
                return ()
            wrong += [f"block {at}: {_words(each)}" for each in compare(posted, _served(told))]
        expected = f"blocks {heights[0]} to {heights[-1]}"
        if wrong:
            return (self._judged(stretch.post, "false", expected, wrong[0]),)
        return (self._judged(stretch.post, "true", expected, f"{len(chosen)} compared"),)

    def _post(self, tx: Any, batcher: str) -> Post | None:
        """The post in a transaction; a batcher also pays for other things, which are none."""
        if not isinstance(tx, Mapping):
            raise ValueError("no transaction")
        sender, to = text_in(tx.get("from")).lower(), str(tx.get("to") or "").lower()
        if batcher != sender and self._inbox != to:
            return None
        payload = bytes.fromhex(text_in(tx.get("input"))[2:])
        hashes = tx.get("blobVersionedHashes") if tx.get("type") == BLOB_TX else None
        blobs = tuple(map(str, hashes)) if isinstance(hashes, list) else ()
        is_frames = bool(blobs) or _has_frames(payload)
        is_placed = self._inbox == to and sender == batcher
        if not is_placed and not is_frames:
            return None
        name, kind = text_in(tx.get("hash")).lower(), "blobs" if blobs else "calldata"
        location = kind if self._inbox == to else "wrong-inbox"
        size = len(blobs) * BLOB_BYTES if blobs else len(payload)
        says: list[Says] = [Posted(self._scope.child, name, sender, size, location)]
        if not is_placed:
            expected, found = f"{batcher} to {self._inbox}", f"{sender} to {to}"
            subject = f"{self._scope.child}/batch/{name}"
            says.append(Judged("placement", self._scope.child, subject, "false", expected, found))
        place = number_in(tx.get("transactionIndex"))
        return Post(name, place, tuple(says), payload, blobs, counts=is_placed)

    def _blocks_in(self, channel: bytes, genesis: Timestamp) -> list[PostedBlock]:
        terms = SpanTerms(genesis, self._block_time, self._scope.child_id)
        return [block for batch in batches_in(channel, terms) for block in batch.blocks]

    def _wanted(self, heights: Iterable[int], *, full: bool) -> Wanted:
        calls = (Call("eth_getBlockByNumber", (hex(height), full)) for height in heights)
        return Wanted(self._scope.child, tuple(calls))

    def _judged(self, post: str, verdict: str, expected: str, found: str) -> Judged:
        child = self._scope.child
        return Judged("batch", child, f"{child}/batch/{post}", verdict, expected, found)


def _has_frames(payload: bytes) -> bool:
    try:
        return bool(frames_in(payload))
    except ValueError:
        return False


def _spread(entries: list[tuple[int, PostedBlock]]) -> list[tuple[int, PostedBlock]]:
    """The first, the last and what lies evenly between, at most as many as are compared."""
    if len(entries) <= BLOCKS_MAX:
        return entries
    last = len(entries) - 1
    return [entries[place * last // (BLOCKS_MAX - 1)] for place in range(BLOCKS_MAX)]


def _words(difference: Difference) -> str:
    return f"{difference.name} {difference.posted} posted, {difference.served} served"


def _served(block: Any) -> ServedBlock:
    """A block with whole transactions, as far as a batch tells it; ValueError if it is none."""
    transactions = block.get("transactions") if isinstance(block, Mapping) else None
    if not isinstance(transactions, list) or not transactions:
        raise ValueError("no block with transactions")
    if not all(isinstance(tx, Mapping) for tx in transactions):
        raise ValueError("no block with whole transactions")
    origin = origin_in(text_in(transactions[0].get("input")))
    own = [tx for tx in transactions if str(tx.get("type")).lower() != DEPOSIT_TX]
    return ServedBlock(
        Hash(text_in(block.get("hash")).lower()),
        Hash(text_in(block.get("parentHash")).lower()),
        Timestamp(number_in(block.get("timestamp")) * SECOND),
        tuple(Hash(text_in(tx.get("hash")).lower()) for tx in own),
        origin.number,
        Hash(origin.hash),
    )
