"""What batch posters post, and whether the child's blocks hold it."""

from dataclasses import replace
from typing import Any

import pytest
from nitro_batches_world import (
    DELAYED,
    alone,
    batch,
    calldata,
    packed,
    payload_of,
    segment,
    signed,
)
from nitro_world import ALICE, ARB, ARB_ON_L1, BLOCK, ON_CHILD

from layerkeep.adapters.nitro.probes import Posting
from layerkeep.core.adapter import Blobs, Genesis, Inquiry, Post, Stretch, Terms, Wanted
from layerkeep.core.facts import Anchor, Says
from layerkeep.core.keccak import keccak_hex, selector
from layerkeep.core.units import Duration, Timestamp

INBOX = ARB_ON_L1["sequencer_inbox"]
TX = "0x" + "7a" * 32
COUNTED = "uint256,address,uint256,uint256"
ORIGIN = selector(f"addSequencerL2BatchFromOrigin(uint256,bytes,{COUNTED})")[2:]
BLOBS = selector(f"addSequencerL2BatchFromBlobs(uint256,{COUNTED})")[2:]
TERMS = Terms(Duration(250), Genesis(100))
NEWEST = Anchor(ARB, 200, BLOCK, 1_700_000_100_000)
RAWS = [signed(nonce=nonce) for nonce in range(4)]
CONTENT = payload_of(
    segment(alone(RAWS[0])), DELAYED, segment(batch(alone(RAWS[1]), alone(RAWS[2])))
)


def call(index: int, content: bytes = CONTENT, *, read: int = 8, first: int = 20) -> bytes:
    """The poster's call of a batch of three messages, one of them delayed."""
    return calldata(ORIGIN, [index, read, 0, first, first + 3], content)


def post(content: bytes, *blobs: str) -> Post:
    """A batch found in a block."""
    return Post(TX, 4, (), content, blobs, time=Timestamp(1_700_000_000_000))


def taken(second: Post, blobs: Blobs | None = None, terms: Terms = TERMS) -> tuple[Any, Any]:
    """What comes of a batch whose predecessor was read."""
    reader = Posting(ON_CHILD, terms)
    reader.take(post(call(4, read=7)), Blobs())
    return reader.take(second, blobs or Blobs())


def compared(
    blocks: tuple[Any, ...], status: str = "0x1", second: Post | None = None
) -> tuple[list[Wanted], list[Says]]:
    """What is asked of a batch, and what is found when nodes serve these blocks."""
    _, (stretch,) = taken(second or post(call(5)))
    inquiry = Posting(ON_CHILD, TERMS).inquire(stretch, NEWEST)
    return outcome(inquiry, blocks, (receipt(status),))


def outcome(inquiry: Inquiry, *answers: tuple[Any, ...]) -> tuple[list[Wanted], list[Says]]:
    """What an inquiry wants and finds."""
    wanted: list[Wanted] = []
    results: Any
    for results in (None, *answers):
        try:
            wanted.append(inquiry.send(results))
        except StopIteration as end:
            return wanted, list(end.value)
    raise AssertionError("more is wanted")


def receipt(status: str) -> dict[str, Any]:
    """How the poster's transaction ended."""
    place = {"transactionIndex": "0x0", "blockHash": BLOCK, "blockNumber": "0x1", "logs": []}
    return {"transactionHash": TX, "status": status, **place}


def served(*raws: bytes, more: tuple[str, ...] = ("0x6a",)) -> dict[str, Any]:
    """A block as a node serves it, ArbOS's own transactions first."""
    system = [{"hash": BLOCK, "type": kind} for kind in more]
    return {"transactions": [*system, *({"hash": keccak_hex(r), "type": "0x2"} for r in raws)]}


HONEST = (served(RAWS[0]), served(RAWS[1], RAWS[2], more=("0x6a", "0x68", "0x69", "0x64")))


def test_posts__in_a_block__are_the_calls_that_post_batches():
    """To the inbox, whoever made them; what they say is told by the inbox's own event."""
    place = {"from": ALICE, "hash": TX, "transactionIndex": "0x4", "type": "0x2"}
    texts = ("0x" + call(5).hex(), "0x12345678", "0x")
    transactions = [{**place, "to": INBOX, "input": text} for text in texts]
    transactions += [{**place, "to": ALICE, "input": texts[0]}, {**place, "to": None}]
    block = {"transactions": transactions, "timestamp": "0x64"}
    (found,) = Posting(ON_CHILD, TERMS).posts(block, ALICE)
    assert Post(TX, 4, (), call(5), time=Timestamp(100_000)) == found
    for wrong in (None, {}, {"transactions": [TX], "timestamp": "0x1"}):
        with pytest.raises(ValueError, match=r"."):
            Posting(ON_CHILD, TERMS).posts(wrong, ALICE)


def test_batch__as_the_nodes_serve_it__is_true_after_one_request():
    """Each message is one block; the delayed one and what ArbOS made are passed over."""
    (wanted,), (said,) = compared(HONEST)
    assert (ARB, ["0x78", "0x7a"]) == (wanted.chain, [each.params[0] for each in wanted.calls])
    assert ("batch", "arb/batch/5", "true") == (said.check, said.subject, said.verdict)
    assert "blocks 120 to 122" == said.expected


@pytest.mark.parametrize(
    "blocks",
    [
        (served(RAWS[3]), HONEST[1]),
        (served(), HONEST[1]),
        (HONEST[0], served(RAWS[2], RAWS[1])),
        (HONEST[0], served(RAWS[1], RAWS[2], RAWS[3])),
    ],
)
def test_batch__that_differs_in_one_transaction__is_false(blocks):
    """Another one, none, another order, one more: and the post must have succeeded."""
    wanted, (said,) = compared(blocks)
    assert ["arb", "l1"] == [each.chain for each in wanted]
    assert ("arb/batch/5", "false") == (said.subject, said.verdict)
    assert f"block {said.height}: " in said.found
    assert "posted" in said.found
    _, (reverted,) = compared(blocks, "0x0")
    assert "unknown" == reverted.verdict


def test_batch__with_one_byte_altered__is_false():
    """Whichever byte of a user's transaction it is, the hash is another."""
    altered = RAWS[0][:-1] + bytes((RAWS[0][-1] ^ 1,))
    content = payload_of(
        segment(alone(altered)), DELAYED, segment(batch(alone(RAWS[1]), alone(RAWS[2])))
    )
    _, (said,) = compared(HONEST, second=post(call(5, content)))
    assert "false" == said.verdict
    assert keccak_hex(altered) in said.found


def test_batch__of_another_number_of_messages__is_false():
    """A message left out moves all behind it, so nothing has to be compared."""
    content = payload_of(segment(alone(RAWS[0])), DELAYED)
    _, (stretch,) = taken(post(call(5, content)))
    wanted, (said,) = outcome(Posting(ON_CHILD, TERMS).inquire(stretch, NEWEST), (receipt("0x1"),))
    assert ["l1"] == [each.chain for each in wanted]
    assert ("false", "2 messages instead of 3", -1) == (said.verdict, said.found, said.height)


def test_batch__that_cannot_be_unpacked__is_false():
    """What it holds is nothing that nodes read."""
    _, (stretch,) = taken(post(call(5, b"\0garbage")))
    _, (said,) = outcome(Posting(ON_CHILD, TERMS).inquire(stretch, NEWEST), (receipt("0x1"),))
    assert "false" == said.verdict


def test_batch__without_the_one_before_it__is_passed_over():
    """Where it begins in the delayed inbox is not known."""
    reader = Posting(ON_CHILD, TERMS)
    assert ((), ()) == reader.take(post(call(5)), Blobs())
    assert ((), ()) == reader.take(post(call(7)), Blobs())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (call(5, first=0), "which messages"),
        (call(5, b"\x88" + bytes(300)), "committee"),
        (call(5, b"\x01certificate"), "committee"),
    ],
)
def test_batch__of_which_nothing_can_be_told__is_unknown(content, reason):
    """No counts, a certificate of a committee, another data layer's."""
    (said,), stretches = taken(post(content))
    assert ("unknown", ()) == (said.verdict, stretches)
    assert reason in said.found


def test_batch__of_a_chain_without_a_genesis__is_unknown():
    """The height of its first message is not known."""
    _, (stretch,) = taken(post(call(5)))
    reader = Posting(ON_CHILD, replace(TERMS, genesis=None))
    wanted, (said,) = outcome(reader.inquire(stretch, NEWEST))
    assert ([], "unknown") == (wanted, said.verdict)


def test_batch__in_blobs__is_compared_as_any_other():
    """Where nothing proves the blobs, that is told; where they are gone it is unknown."""
    second = post(calldata(BLOBS, [5, 8, 0, 20, 23]), "0x01")
    for proven in (True, False):
        blobs = Blobs(tuple(packed(CONTENT)), proven)
        _, (stretch,) = taken(second, blobs)
        _, (said,) = outcome(Posting(ON_CHILD, TERMS).inquire(stretch, NEWEST), HONEST)
        assert ("true", proven) == (said.verdict, not said.detail)
    reader = Posting(ON_CHILD, TERMS)
    ((gone,), stretches) = reader.take(second, None)
    assert ("unknown", ()) == (gone.verdict, stretches)


@pytest.mark.parametrize(
    "blocks", [(None, HONEST[1]), ({"error": {"code": 1, "message": "busy"}}, HONEST[1])]
)
def test_batch__that_the_node_has_not_reached__has_no_verdict(blocks):
    """It is asked again; a node below its last block is not even asked."""
    assert [] == compared(blocks)[1]
    _, (stretch,) = taken(post(call(5)))
    behind = Anchor(ARB, 121, BLOCK, 1)
    assert ([], []) == outcome(Posting(ON_CHILD, TERMS).inquire(stretch, behind))


def test_batch__against_garbage__is_no_verdict():
    """Refused, so asked again."""
    for wrong in ({}, {"transactions": [TX]}, "0x", {"transactions": [{"type": "0x2"}]}):
        with pytest.raises(ValueError, match=r"."):
            compared((wrong, HONEST[1]))


def test_batch__of_many_messages__is_sampled():
    """The first, the last and what lies between, as many as go into one request."""
    content = payload_of(*(segment(alone(RAWS[0])) for _ in range(100)))
    second = post(calldata(ORIGIN, [5, 7, 0, 20, 120], content))
    _, (stretch,) = taken(second)
    assert isinstance(stretch, Stretch)
    places = [place for place, _ in stretch.content.hashes]
    assert (32, 20, 119) == (len(places), places[0], places[-1])
