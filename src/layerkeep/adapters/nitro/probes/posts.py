"""The batch poster's calls: what they hold, and whether the child's blocks hold the same.

Every message of a batch makes one block of the child, and the call tells how many messages the
batches before it have: so each has its height. Delayed messages are left out, their content is in
the delayed inbox; so are, in the blocks, all transactions that ArbOS makes itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from layerkeep.adapters.nitro.batches import (
    BatchHead,
    InBlobs,
    Inline,
    Message,
    blobs_payload,
    carrier_of,
    messages_in,
    post_in,
    transaction_hashes,
)
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
from layerkeep.core.chain_data import is_refused, number_in, read_receipt, several, text_in
from layerkeep.core.facts import Anchor, Judged, Says
from layerkeep.core.units import DAY, SECOND, Hash, Timestamp

BLOCKS_MAX = 32
"""So many blocks of a batch are compared, spread over it: as many as go into one request."""

SYSTEM_TYPES = range(0x64, 0x6B)
"""Types of transactions that ArbOS makes, of deposits, tickets, redeems and its own business."""

BLOB_TX = "0x3"
GONE = "nobody serves its blobs any more"
WORD = "that these are its blobs is the beacon node's word alone"
HIDDEN = "its content lies with a data committee"
UNPLACED = "the call does not tell which messages it has"
NO_GENESIS = "the chain's genesis is not named, so no block is known for its messages"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a batch says of some blocks of the child, by their place among all messages.

    `fault` is what is wrong with the batch whatever the blocks are.
    """

    tx: str
    first: int
    after: int
    hashes: tuple[tuple[int, tuple[Hash, ...]], ...] = ()
    fault: str = ""


class Posting:
    """Reads one child's batches in their order on the parent."""

    def __init__(self, scope: Scope, terms: Terms) -> None:
        self._scope = scope
        self._terms = terms
        self._inbox = (scope.contract(PARENT, "sequencer_inbox") or "").lower()
        self._read = (-1, 0)

    def posts(self, block: Any, _batcher: str, /) -> Sequence[Post]:
        """The batches in a block of the parent with whole transactions; ValueError if it is none.

        Whoever made the call: the inbox itself knows who may.
        """
        transactions = block.get("transactions") if isinstance(block, Mapping) else None
        if not isinstance(transactions, list):
            raise ValueError("no block with transactions")
        time = Timestamp(number_in(block.get("timestamp")) * SECOND)
        found = (self._post(tx, time) for tx in transactions)
        return [post for post in found if post is not None]

    def take(self, post: Post, blobs: Blobs | None) -> tuple[Sequence[Says], Sequence[Stretch]]:
        """What cannot be told of a batch, or what is to be compared.

        A batch begins in the delayed inbox where the one before it ended: one whose predecessor was
        not read is passed over.
        """
        call = post_in(post.payload)
        name, before = str(call.index), self._read
        self._read = (call.index, call.after_delayed)
        first, after = call.messages_before, call.messages_after
        if blobs is None:
            return (self._judged(name, "unknown", "", GONE),), ()
        if not first or after is None:
            return (self._judged(name, "unknown", "", UNPLACED),), ()
        told, fault, messages = "" if blobs.proven else WORD, "", list[Message]()
        try:
            content = _content(call.content, blobs)
            if content is None:
                return (self._judged(name, "unknown", "", HIDDEN),), ()
            if before[0] != call.index - 1:
                return (), ()
            head = BatchHead(Timestamp(0), Timestamp(post.time + DAY), 0, 0, call.after_delayed)
            found = messages_in(
                content, head, delayed_read=before[1], chain_id=self._scope.child_id
            )
            messages.extend(found)
        except ValueError as error:
            fault = str(error)
        if not fault and len(messages) != after - first:
            fault = f"{len(messages)} messages instead of {after - first}"
        sample = Sample(post.tx, first, after, _spread(first, messages), fault)
        whole = [Stretch(name, sample, post.time, told)] if fault or sample.hashes else []
        return (), whole

    def inquire(self, stretch: Stretch, newest: Anchor) -> Inquiry:
        """Whether a node of the child serves what was posted, up to its newest block."""
        sample, name, told = stretch.content, stretch.post, stretch.told
        assert isinstance(sample, Sample)
        genesis = self._terms.genesis
        if genesis is None:
            return (self._judged(name, "unknown", "", NO_GENESIS, told),)
        wrong, at, last = sample.fault, -1, genesis.block + sample.after - 1
        expected = f"blocks {genesis.block + sample.first} to {last}"
        if not wrong:
            heights = [genesis.block + place for place, _ in sample.hashes]
            if last > newest.height:
                return ()
            calls = tuple(Call("eth_getBlockByNumber", (hex(at), True)) for at in heights)
            served = several((yield Wanted(self._scope.child, calls)), len(calls))
            if any(block is None or is_refused(block) for block in served):
                return ()
            posted = [hashes for _, hashes in sample.hashes]
            at, wrong = _difference(heights, posted, [_own(block) for block in served])
        if not wrong:
            found = f"{len(sample.hashes)} compared"
            return (self._judged(name, "true", expected, found, told),)
        call = Call("eth_getTransactionReceipt", (sample.tx,))
        (receipt,) = several((yield Wanted(self._scope.parent, (call,))), 1)
        if receipt is None or is_refused(receipt):
            return ()
        if not read_receipt(receipt).succeeded:
            return (self._judged(name, "unknown", expected, "the call that posted it reverted"),)
        return (replace(self._judged(name, "false", expected, wrong, told), height=at),)

    def _post(self, tx: Any, time: Timestamp) -> Post | None:
        if not isinstance(tx, Mapping):
            raise ValueError("no transaction")
        if str(tx.get("to") or "").lower() != self._inbox:
            return None
        payload = bytes.fromhex(text_in(tx.get("input"))[2:])
        try:
            post_in(payload)
        except ValueError:  # the inbox is called for other things, too
            return None
        hashes = tx.get("blobVersionedHashes") if tx.get("type") == BLOB_TX else None
        blobs = tuple(map(str, hashes)) if isinstance(hashes, list) else ()
        place, name = number_in(tx.get("transactionIndex")), text_in(tx.get("hash")).lower()
        return Post(name, place, (), payload, blobs, time=time)

    def _judged(
        self, batch: str, verdict: str, expected: str, found: str, detail: str = ""
    ) -> Judged:
        child = self._scope.child
        return Judged("batch", child, f"{child}/batch/{batch}", verdict, expected, found, detail)


def _content(posted: bytes | None, blobs: Blobs) -> bytes | None:
    """A batch's payload; None if it lies where nobody here can read it."""
    if posted is None:
        return blobs_payload(blobs.contents)
    carrier = carrier_of(posted)
    if isinstance(carrier, InBlobs):
        raise ValueError("a call with its content beside it names blobs instead")
    return carrier.payload if isinstance(carrier, Inline) else None


def _spread(first: int, messages: Sequence[Message]) -> tuple[tuple[int, tuple[Hash, ...]], ...]:
    """The sequencer's messages, or as many as are compared, spread evenly over the batch."""
    own = [(first + at, each) for at, each in enumerate(messages) if each.kind != "delayed"]
    if len(own) > BLOCKS_MAX:
        last = len(own) - 1
        own = [own[place * last // (BLOCKS_MAX - 1)] for place in range(BLOCKS_MAX)]
    return tuple((place, _users(message)) for place, message in own)


def _users(message: Message) -> tuple[Hash, ...]:
    pairs = zip(message.transactions, transaction_hashes(message), strict=True)
    return tuple(found for raw, found in pairs if raw[0] not in SYSTEM_TYPES)


def _own(block: Any) -> tuple[Hash, ...]:
    """The users' transactions in a block with whole ones; ValueError if it is none."""
    transactions = block.get("transactions") if isinstance(block, Mapping) else None
    if not isinstance(transactions, list):
        raise ValueError("no block with transactions")
    if not all(isinstance(tx, Mapping) for tx in transactions):
        raise ValueError("no block with whole transactions")
    own = [tx for tx in transactions if number_in(tx.get("type")) not in SYSTEM_TYPES]
    return tuple(Hash(text_in(tx.get("hash")).lower()) for tx in own)


def _difference(
    heights: Sequence[int],
    posted: Sequence[tuple[Hash, ...]],
    served: Sequence[tuple[Hash, ...]],
) -> tuple[int, str]:
    """The first block that the post and the node tell differently, and how; none is -1."""
    for at, ours, theirs in zip(heights, posted, served, strict=True):
        if ours != theirs:
            index = next(
                (n for n, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]),
                min(len(ours), len(theirs)),
            )
            names = [each[index] if index < len(each) else "none" for each in (ours, theirs)]
            return at, f"block {at}: transactions {names[0]} posted, {names[1]} served"
    return -1, ""
