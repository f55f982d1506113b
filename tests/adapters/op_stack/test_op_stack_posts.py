"""What batchers post: who, where, and whether the child's blocks are what it says."""

import zlib
from typing import Any

import pytest
from op_stack_world import ALICE, HASH, L1, OP, ROOT
from test_op_stack_integrity import ORIGIN, answered, packed

from layerkeep.adapters.op_stack.probes import Posting
from layerkeep.core import rlp
from layerkeep.core.adapter import PARENT, Post, Scope, Stretch
from layerkeep.core.facts import Anchor, Judged, Posted, Says
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import Address, Duration

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


def posting() -> Posting:
    """A reader of posts."""
    return Posting(SCOPE, Duration(BLOCK_S * 1000))


def posts(*transactions: object) -> list[Post]:
    """The posts in a block of the parent."""
    return list(posting().posts({"transactions": list(transactions)}, BATCHER.upper()))


FRAMES = framed(channel(1_010))


def test_post__of_the_batcher_to_the_inbox__is_told():
    """With its size, as calldata or as blobs."""
    (plain,) = posts(tx(payload=FRAMES))
    assert (Posted(OP, TX, BATCHER, len(FRAMES), "calldata"),) == plain.says
    assert (4, FRAMES, True) == (plain.place, plain.payload, plain.counts)
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
    ((said,), stretches) = posting().take(post, ())
    assert isinstance(said, Judged)
    assert ("batch", f"op/batch/{TX}", "false") == (said.check, said.subject, said.verdict)
    assert () == stretches


def test_post__of_a_whole_channel__is_to_be_compared():
    """One that lacks frames waits for them."""
    reader = posting()
    content = channel(1_010)
    assert ((), [Stretch(TX, content)]) == reader.take(Post(TX, 4, (), framed(content)), ())
    half = framed(content)[:-1] + b"\0"
    assert ((), []) == posting().take(Post(TX, 4, (), half), ())


def served(time_s: int, **changes: Any) -> dict[str, Any]:
    """A block of the child as a node serves it."""
    first = {"type": "0x7e", "hash": HASH, "input": packed(7, ORIGIN, 900, 5)}
    own = {"type": "0x2", "hash": keccak_hex(RAW)}
    block = {"hash": HASH, "parentHash": ROOT, "timestamp": hex(time_s)}
    return {**block, "transactions": [first, own], **changes}


FIRST = {"hash": ROOT, "parentHash": ROOT, "number": "0x0", "timestamp": hex(GENESIS_S)}
NEWEST = Anchor(OP, 7, HASH, 1_014_000)


def compared(*blocks: object, content: bytes = channel(1_010, 1_012)) -> list[Says]:
    """What is found when a node serves these blocks."""
    inquiry = posting().inquire(Stretch(TX, content), NEWEST)
    wanted, found = answered(inquiry, (FIRST,), blocks)
    assert [("0x5", True), ("0x6", True)] == [call.params for call in wanted[1].calls]
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
    """The first difference is named."""
    (said,) = compared(served(1_010), wrong)
    assert "false" == said.verdict
    assert name in said.found


def test_batch__beyond_what_the_node_has__has_no_verdict():
    """It is compared once the node is there."""
    assert [] == compared(served(1_010), None)
    assert [] == compared({"error": {"code": 1, "message": "busy"}}, served(1_012))
    ahead = posting().inquire(Stretch(TX, channel(1_016)), NEWEST)
    assert [] == answered(ahead, (FIRST,))[1]
    unborn = posting().inquire(Stretch(TX, channel(1_010)), NEWEST)
    assert [] == answered(unborn, (None,))[1]


def test_batch__that_cannot_be_read__is_false():
    """A whole channel of which nothing comes."""
    inquiry = posting().inquire(Stretch(TX, b"\x78no zlib"), NEWEST)
    (said,) = answered(inquiry, (FIRST,))[1]
    assert ("batch", "false") == (said.check, said.verdict)


def test_batch__against_garbage__is_no_verdict():
    """Refused, so asked again."""
    for wrong in ({}, served(1_012, transactions=[]), served(1_012, transactions=[HASH]), "0x"):
        with pytest.raises(ValueError, match=r"."):
            compared(served(1_010), wrong)
