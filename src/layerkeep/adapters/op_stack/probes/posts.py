"""The batcher's transactions: who posts what where, and whether the child's blocks agree with it.

Nothing of this is in logs. Calldata, or each blob of a transaction, holds frames; frames make
channels, channels hold blocks, and those are held against what a node of the child serves.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from layerkeep.adapters.op_stack.batches import (
    Assembler,
    Difference,
    PostedBlock,
    ServedBlock,
    SpanTerms,
    Untold,
    batches_in,
    blob_payload,
    compare,
    frames_in,
)
from layerkeep.adapters.op_stack.batches.blobs import BLOB_BYTES
from layerkeep.adapters.op_stack.checks import origin_in
from layerkeep.core.adapter import (
    PARENT,
    Blobs,
    Call,
    Inquiry,
    Post,
    Scope,
    Stretch,
    Terms,
    Wanted,
)
from layerkeep.core.chain_data import is_refused, number_in, several, text_in
from layerkeep.core.facts import Anchor, Judged, Posted, Says
from layerkeep.core.units import SECOND, Hash, Timestamp

BLOB_TX = "0x3"
DEPOSIT_TX = "0x7e"

BLOCKS_MAX = 32
"""So many blocks of a channel are compared, spread over it: as many as go into one request."""

OPEN_BYTES_MAX = 64_000_000
"""Of channels that miss frames; a channel that is dropped is never judged."""

GONE = "nobody serves its blobs any more"
WORD = "that these are its blobs is the beacon node's word alone"


class Posting:
    """Reads one child's posts in their order on the parent; its channels may span several.

    Holocene and Fjord count by the time of the parent's block. Where no forks are named the wider
    rules are followed: frames in any order, and brotli.
    """

    def __init__(self, scope: Scope, terms: Terms) -> None:
        self._scope = scope
        self._terms = terms
        self._inbox = (scope.contract(PARENT, "batch_inbox") or "").lower()
        self._holocene = False
        self._channels = Assembler(holocene=False, bank_bytes_max=OPEN_BYTES_MAX)
        self._told = ""

    def posts(self, block: Any, batcher: str, /) -> Sequence[Post]:
        """The posts in a block of the parent with whole transactions; ValueError if it is none."""
        transactions = block.get("transactions") if isinstance(block, Mapping) else None
        if not isinstance(transactions, list):
            raise ValueError("no block with transactions")
        time = Timestamp(number_in(block.get("timestamp")) * SECOND)
        found = (self._post(tx, batcher.lower(), time) for tx in transactions)
        return [post for post in found if post is not None]

    def take(self, post: Post, blobs: Blobs | None) -> tuple[Sequence[Says], Sequence[Stretch]]:
        """What is wrong with a post by itself, and the channels that are whole with it."""
        name = post.tx
        if blobs is None:
            return (self._judged(name, "unknown", "frames", GONE),), ()
        told = "" if blobs.proven else WORD
        try:
            contents = blobs.contents
            payloads = [blob_payload(blob) for blob in contents] if post.blobs else [post.payload]
            frames = [frame for payload in payloads for frame in frames_in(payload)]
        except ValueError as error:
            return (self._judged(name, "false", "frames", str(error), told),), ()
        self._told = told or self._told
        taken = self._assembler(post.time).take(frames)
        whole = [Stretch(name, each.data, post.time, self._told) for each in taken.channels]
        if not self._channels.open_channels:
            self._told = ""
        return (), whole

    def inquire(self, stretch: Stretch, newest: Anchor) -> Inquiry:
        """Whether a node of the child serves what was posted, up to its newest block."""
        name, told = stretch.post, stretch.told
        try:
            blocks = self._blocks_in(stretch, newest)
        except Untold as error:
            return (self._judged(name, "unknown", "batches", str(error), told),)
        except ValueError as error:
            return (self._judged(name, "false", "batches", str(error), told),)
        top, now = newest.height, newest.time
        heights = [top - (now - each.timestamp) // self._terms.block_time for each in blocks]
        if not heights or max(heights) > top:
            return ()
        chosen = _spread(list(zip(heights, blocks, strict=True)))
        served = several((yield self._wanted(at for at, _ in chosen)), len(chosen))
        wrong = []
        for (at, posted), block in zip(chosen, served, strict=True):
            if block is None or is_refused(block):
                return ()
            wrong += [(at, _words(each)) for each in compare(posted, _served(block))]
        expected = f"blocks {heights[0]} to {heights[-1]}"
        if wrong:
            at, words = min(wrong, key=lambda each: each[0])
            said = self._judged(name, "false", expected, f"block {at}: {words}", told)
            return (replace(said, height=at),)
        return (self._judged(name, "true", expected, f"{len(chosen)} compared", told),)

    def _assembler(self, time: Timestamp) -> Assembler:
        """Who puts the frames of a parent's block of this time together.

        https://specs.optimism.io/protocol/holocene/derivation.html#activation: it starts afresh.
        """
        holocene = bool(self._terms.has("holocene", time))
        if holocene != self._holocene:
            self._holocene = holocene
            self._channels = Assembler(holocene=holocene, bank_bytes_max=OPEN_BYTES_MAX)
        return self._channels

    def _post(self, tx: Any, batcher: str, time: Timestamp) -> Post | None:
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
        return Post(name, place, tuple(says), payload, blobs, counts=is_placed, time=time)

    def _blocks_in(self, stretch: Stretch, newest: Anchor) -> list[PostedBlock]:
        fjord = self._terms.has("fjord", stretch.time) is not False
        batches = batches_in(stretch.content, self._span_terms(newest), fjord=fjord)
        return [block for batch in batches for block in batch.blocks]

    def _span_terms(self, newest: Anchor) -> SpanTerms | None:
        """None if no genesis is named, or one from which no node comes to its newest block."""
        genesis, block_time = self._terms.genesis, self._terms.block_time
        if genesis is None or genesis.time is None:
            return None
        if newest.time - genesis.time != (newest.height - genesis.block) * block_time:
            return None
        return SpanTerms(genesis.time, block_time, self._scope.child_id)

    def _wanted(self, heights: Iterable[int]) -> Wanted:
        calls = (Call("eth_getBlockByNumber", (hex(height), True)) for height in heights)
        return Wanted(self._scope.child, tuple(calls))

    def _judged(
        self, post: str, verdict: str, expected: str, found: str, detail: str = ""
    ) -> Judged:
        child = self._scope.child
        return Judged("batch", child, f"{child}/batch/{post}", verdict, expected, found, detail)


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
