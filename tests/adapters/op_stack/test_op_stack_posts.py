"""What batchers post: who, where, and whether the child's blocks are what it says."""

import zlib
from dataclasses import replace
from typing import Any

import brotli
import pytest
from op_stack_world import ALICE, HASH, L1, OP, ROOT
from test_op_stack_integrity import ORIGIN, answered, packed

from layerkeep.adapters.op_stack.probes import Posting
from layerkeep.core.adapter import PARENT, Blobs, Genesis, Inquiry, Post, Scope, Stretch, Terms
from layerkeep.core.encoding import rlp
from layerkeep.core.facts import Anchor, Judged, Posted, Says
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import Address, Duration, Timestamp
from layerkeep.devnet.l2.blobs import pack

BATCHER, STRANGER, INBOX, ELSEWHERE = ("0x" + digit * 40 for digit in "bcde")
SCOPE = Scope(OP, L1, 10, 1, OP, {PARENT: {"batch_inbox": Address(INBOX)}})
TX = "0x" + "7a" * 32
GENESIS_S, BLOCK_S = 1_000, 2
RAW = b"\x02signed"


def channel(*times_s: int) -> bytes:
    """A channel of singular batches, each of one block at a time."""
    parent, origin = bytes.fromhex(ROOT[2:]), bytes.fromhex(ORIGIN[2:])
    batches = [
        b"\0" + rlp.encode([parent, b"\x07", origin, rlp.integer(time_s), [RAW]])
        for time_s in times_s
    ]
    return zlib.compress(b"".join(rlp.encode(batch) for batch in batches))


def framed(content: bytes) -> bytes:
    """A payload of one frame that holds a whole channel."""
    head = b"\0" + bytes(16) + bytes(2) + len(content).to_bytes(4)
    return head + content + b"\1"


def tx(sender: str = BATCHER, to: str = INBOX, payload: bytes = b"", **more: Any) -> dict[str, Any]:
    """A transaction on the parent."""
    place = {"hash": TX, "transactionIndex": "0x4", "type": "0x2"}
    return {"from": sender, "to": to, "input": "0x" + payload.hex(), **place, **more}


TERMS = Terms(Duration(BLOCK_S * 1000), Genesis(0, Timestamp(GENESIS_S * 1000)))


def posting(terms: Terms = TERMS) -> Posting:
    """A reader of posts."""
    return Posting(SCOPE, terms)


def outcome(inquiry: Inquiry, *answers: Any) -> list[Says]:
    """What an inquiry found, which may want nothing at all."""
    try:
        next(inquiry)
        for results in answers:
            inquiry.send(tuple(results))
    except StopIteration as end:
        return list(end.value)
    raise AssertionError("more is wanted")


def posts(*transactions: object) -> list[Post]:
    """The posts in a block of the parent."""
    block = {"transactions": list(transactions), "timestamp": "0x64"}
    return list(posting().posts(block, BATCHER.upper()))


FRAMES = framed(channel(1_010))


def test_post__of_the_batcher_to_the_inbox__is_told():
    """With its size, as calldata or as blobs."""
    (plain,) = posts(tx(payload=FRAMES))
    assert (Posted(OP, TX, BATCHER, len(FRAMES), "calldata"),) == plain.says
    assert (4, FRAMES, True, 100_000) == (plain.place, plain.payload, plain.counts, plain.time)
    (blobs,) = posts(tx(type="0x3", blobVersionedHashes=["0x01", "0x02"]))
    assert (Posted(OP, TX, BATCHER, 262_144, "blobs"),) == blobs.says
    assert ("0x01", "0x02") == blobs.blobs


@pytest.mark.parametrize(
    ("sender", "to", "location"),
    [(BATCHER, ELSEWHERE, "wrong-inbox"), (STRANGER, INBOX, "calldata")],
)
def test_post__by_another_or_to_elsewhere__is_misplaced(sender, to, location):
    """Nodes pass over it, so what it holds is not opened."""
    (post,) = posts(tx(sender, to, FRAMES))
    posted, judged = post.says
    assert (sender, location) == (posted.by, posted.location)
    assert ("placement", f"op/batch/{TX}", "false") == (
        judged.check,
        judged.subject,
        judged.verdict,
    )
    assert not post.counts


def test_transaction__that_posts_nothing__is_no_post():
    """A batcher also moves ether, and anybody may send dust to the inbox."""
    assert [] == posts(tx(to=ALICE), tx(STRANGER), tx(STRANGER, ALICE, FRAMES), tx(to=None))


@pytest.mark.parametrize("block", [None, {}, {"transactions": [TX]}, {"transactions": [{}]}])
def test_posts__in_what_is_no_block__are_refused(block):
    """Hashes alone tell nothing."""
    with pytest.raises(ValueError, match=r"."):
        posting().posts(block, BATCHER)


def test_post__of_no_frames__is_false_by_itself():
    """What the batcher posts at the right place has to be readable."""
    (post,) = posts(tx(payload=b"garbage"))
    ((said,), stretches) = posting().take(post, Blobs())
    assert isinstance(said, Judged)
    assert ("batch", f"op/batch/{TX}", "false") == (said.check, said.subject, said.verdict)
    assert () == stretches


def test_post__of_a_whole_channel__is_to_be_compared():
    """One that lacks frames waits for them."""
    reader = posting()
    content = channel(1_010)
    post = Post(TX, 4, (), framed(content), time=Timestamp(9))
    assert ((), [Stretch(TX, content, Timestamp(9))]) == reader.take(post, Blobs())
    half = framed(content)[:-1] + b"\0"
    assert ((), []) == posting().take(Post(TX, 4, (), half), Blobs())


def served(time_s: int, **changes: Any) -> dict[str, Any]:
    """A block of the child as a node serves it."""
    first = {"type": "0x7e", "hash": HASH, "input": packed(7, ORIGIN, 900, 5)}
    own = {"type": "0x2", "hash": keccak_hex(RAW)}
    block = {"hash": HASH, "parentHash": ROOT, "timestamp": hex(time_s)}
    return {**block, "transactions": [first, own], **changes}


NEWEST = Anchor(OP, 7, HASH, 1_014_000)


def compared(*blocks: object, content: bytes = channel(1_010, 1_012)) -> list[Says]:
    """What is found when a node serves these blocks."""
    inquiry = posting().inquire(Stretch(TX, content), NEWEST)
    wanted, found = answered(inquiry, blocks)
    assert [("0x5", True), ("0x6", True)] == [call.params for call in wanted[0].calls]
    return found


def test_batch__as_the_node_serves_it__is_true():
    """The blocks are those of the posted times."""
    (said,) = compared(served(1_010), served(1_012))
    assert ("batch", f"op/batch/{TX}", "true") == (said.check, said.subject, said.verdict)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (served(1_011), "timestamp"),
        (served(1_012, parentHash=HASH), "parent"),
        (served(1_012, transactions=served(1)["transactions"][:1]), "transactions"),
        (
            served(1_012, transactions=[{"type": "0x7e", "input": packed(8, ORIGIN, 900, 5)}]),
            "transactions",
        ),
    ],
)
def test_batch__that_differs_from_what_is_served__is_false(wrong, name):
    """The first difference is named, and its block."""
    (said,) = compared(served(1_010), wrong)
    assert "false" == said.verdict
    assert f"block {said.height}: " in said.found
    assert name in said.found


def test_batch__beyond_what_the_node_has__has_no_verdict():
    """It is compared once the node is there."""
    assert [] == compared(served(1_010), None)
    assert [] == compared({"error": {"code": 1, "message": "busy"}}, served(1_012))
    ahead = posting().inquire(Stretch(TX, channel(1_016)), NEWEST)
    assert [] == outcome(ahead)


def test_batch__that_cannot_be_read__is_false():
    """A whole channel of which nothing comes."""
    inquiry = posting().inquire(Stretch(TX, b"\x78no zlib"), NEWEST)
    (said,) = outcome(inquiry)
    assert ("batch", "false") == (said.check, said.verdict)


def test_batch__against_garbage__is_no_verdict():
    """Refused, so asked again."""
    for wrong in ({}, served(1_012, transactions=[]), served(1_012, transactions=[HASH]), "0x"):
        with pytest.raises(ValueError, match=r"."):
            compared(served(1_010), wrong)


# ---- what every node of the rollup knows


def span(*counts: int) -> bytes:
    """A channel with a span batch from five blocks after the genesis, without transactions."""
    head = b"\1" + bytes((10, 7)) + bytes.fromhex(ROOT[2:42]) + bytes.fromhex(ORIGIN[2:42])
    return zlib.compress(rlp.encode(head + bytes((len(counts), 0, *counts))))


@pytest.mark.parametrize(
    ("genesis", "verdict"),
    [
        (Genesis(0, Timestamp(GENESIS_S * 1000)), "true"),
        (Genesis(2, Timestamp((GENESIS_S + 4) * 1000)), "false"),
        (Genesis(2, Timestamp(GENESIS_S * 1000)), "unknown"),
        (Genesis(0), "unknown"),
        (None, "unknown"),
    ],
)
def test_span_batch__counts_from_the_genesis_that_is_named(genesis, verdict):
    """Without one, or with one that does not lead to the newest block, it is never false."""
    empty = served(1_010, transactions=served(1)["transactions"][:1])
    inquiry = posting(replace(TERMS, genesis=genesis)).inquire(Stretch(TX, span(0)), NEWEST)
    (said,) = outcome(inquiry, [empty])
    assert verdict == said.verdict


def test_singular_batch__needs_no_genesis():
    """It tells its time itself."""
    inquiry = posting(replace(TERMS, genesis=None)).inquire(Stretch(TX, channel(1_010)), NEWEST)
    (said,) = outcome(inquiry, [served(1_010)])
    assert "true" == said.verdict


def brotlied(*times_s: int) -> bytes:
    """The same channel in the compression that Fjord brought."""
    return b"\1" + brotli.compress(zlib.decompress(channel(*times_s)))


@pytest.mark.parametrize(
    ("forks", "verdict"),
    [({}, "true"), ({"fjord": 9}, "true"), ({"fjord": 10}, "false"), ({"delta": 1}, "false")],
)
def test_brotli__before_fjord__is_nothing_that_nodes_read(forks, verdict):
    """By the time of the parent's block; a chain that names no forks is taken for a new one."""
    terms = replace(TERMS, hardforks={name: Timestamp(time) for name, time in forks.items()})
    stretch = Stretch(TX, brotlied(1_010), Timestamp(9))
    (said,) = outcome(posting(terms).inquire(stretch, NEWEST), [served(1_010)])
    assert verdict == said.verdict


def frame(number: int, content: bytes, *, channel_id: int = 0, last: bool = False) -> bytes:
    """A payload of one frame."""
    head = b"\0" + channel_id.to_bytes(16) + number.to_bytes(2) + len(content).to_bytes(4)
    return head + content + bytes((last,))


@pytest.mark.parametrize(("holocene", "whole"), [(100, 0), (101, 1), (None, 1)])
def test_frames__since_holocene__come_in_order(holocene, whole):
    """By the time of the parent's block; before it the second may come first."""
    forks = {} if holocene is None else {"holocene": Timestamp(holocene)}
    reader = posting(replace(TERMS, hardforks=forks))
    content = channel(1_010)
    parts = [frame(1, content[9:], last=True), frame(0, content[:9])]
    found = [
        stretch
        for part in parts
        for stretch in reader.take(Post(TX, 0, (), part, time=Timestamp(100)), Blobs())[1]
    ]
    assert whole == len(found)


# ---- blobs


def test_blobs__that_hold_frames__are_compared():
    """Who says that they are the post's is told where nothing proves it."""
    content = channel(1_010)
    post = Post(TX, 0, (), b"", ("0x01",))
    for proven, told in ((True, False), (False, True)):
        blobs = Blobs((pack(framed(content)),), proven)
        (found,) = posting().take(post, blobs)[1]
        assert (content, told) == (found.content, bool(found.told))
        (said,) = outcome(posting().inquire(found, NEWEST), [served(1_010)])
        assert ("true", told) == (said.verdict, bool(said.detail))


def test_blobs__that_nobody_has_any_more__leave_it_unknown():
    """No lie, and no proof of the truth."""
    ((said,), stretches) = posting().take(Post(TX, 0, (), b"", ("0x01",)), None)
    assert ("unknown", ()) == (said.verdict, stretches)


def test_blobs__of_garbage__are_false():
    """What the batcher posts has to be packed as nodes unpack it."""
    blobs = Blobs((b"\xff" * 131_072,))
    ((said,), _) = posting().take(Post(TX, 0, (), b"", ("0x01",)), blobs)
    assert "false" == said.verdict
