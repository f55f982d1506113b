"""From segments to messages to transactions, as nodes read them."""

from dataclasses import replace

import brotli
import pytest
import rlp
from nitro_batches_world import (
    CHAIN,
    DELAYED,
    DELAYED_READ,
    FROM,
    HEAD,
    RECEIVER,
    UNTIL,
    alone,
    batch,
    every_kind,
    higher,
    later,
    payload_of,
    read,
    segment,
)

from layerkeep.adapters.nitro.batches import (
    Message,
    messages_in,
    sequencer_message,
    transaction_hashes,
)
from layerkeep.core.keccak import keccak_hex
from layerkeep.devnet.l3 import batches as devnet
from layerkeep.devnet.l3.ledger import L3Block

RAWS = every_kind()


def l3_block(number: int, timestamp: int, parent: int, raws: tuple[bytes, ...] | None) -> L3Block:
    """A block of the devnet's L3; without transactions it stands for a delayed message."""
    return L3Block(
        number=number,
        hash=f"0x{number:064x}",
        timestamp=timestamp,
        parent_number=parent,
        delayed_read=9,
        send_count=0,
        send_root=b"",
        from_inbox=raws is None,
        raws=tuple("0x" + raw.hex() for raw in raws or ()),
    )


# ---- messages


def test_messages__of_the_devnets_poster__are_its_blocks():
    """What another encoder of ours writes is read: each block with its time and parent."""
    blocks = [
        l3_block(1, FROM + 5, 600, (RAWS[0],)),
        l3_block(2, FROM + 5, 601, None),
        l3_block(3, FROM + 9, 601, tuple(RAWS)),
        l3_block(4, FROM + 9, 601, None),
    ]
    found = read(devnet.encode(blocks), replace(HEAD, after_delayed=9))

    assert [
        Message("l2", (FROM + 5) * 1000, 600, transactions=(RAWS[0],)),
        Message("delayed", delayed_index=7),
        Message("l2", (FROM + 9) * 1000, 601, transactions=tuple(RAWS)),
        Message("delayed", delayed_index=8),
    ] == found


def test_message__of_any_transaction__gives_its_real_hash():
    """Legacy with and without a chain, access lists, dynamic fees, set code, creations."""
    (found,) = read(payload_of(segment(batch(*map(alone, RAWS)))))

    assert tuple(map(keccak_hex, RAWS)) == transaction_hashes(found)


def test_message__in_brotli__is_unpacked():
    """A segment may be packed once more."""
    packed = b"\x01" + brotli.compress(alone(RAWS[0]))

    assert [(RAWS[0],)] == [each.transactions for each in read(payload_of(packed))]


def test_messages__outside_the_batchs_bounds__are_held_within():
    """Times and parent blocks are clamped; what they advanced to is kept."""
    empty = segment(batch())
    found = read(
        payload_of(empty, later(FROM + 1), higher(700), empty, later(90_000), higher(300), empty)
    )

    assert [(FROM * 1000, 500), ((FROM + 1) * 1000, 700), (UNTIL * 1000, 900)] == [
        (each.timestamp, each.parent_block) for each in found
    ]


def test_advances__that_are_malformed__are_passed_over():
    """Nodes do not count them as messages either; those beyond 64 bits wrap around."""
    bad = [b"\x03", b"\x03\x82\x00\x01", b"\x04\xc0", b"\x03\x89" + b"\x01" * 9]
    wrapping = [later(2**64 - 1), later(FROM + 3)]
    (found,) = read(payload_of(*bad, b"", *wrapping, later(0), segment(batch())))

    assert (FROM + 2) * 1000 == found.timestamp


def test_delayed_messages__of_a_forced_inclusion__need_no_payload():
    """An empty batch reads delayed messages alone."""
    found = read(b"", replace(HEAD, after_delayed=10))

    assert [7, 8, 9] == [each.delayed_index for each in found]


def test_delayed_messages__not_called_for_by_segments__follow_them():
    """The head decides how many are read."""
    found = read(payload_of(segment(alone(RAWS[0])), DELAYED), replace(HEAD, after_delayed=9))

    assert ["l2", "delayed", "delayed"] == [each.kind for each in found]


@pytest.mark.parametrize(
    ("segments", "kinds"),
    [
        ((DELAYED,), ["void"]),
        ((), ["void"]),
        ((later(3),), ["void"]),
        ((b"\x09", segment(batch()), b"\x09"), ["void", "l2"]),
        ((segment(batch()), b"\x09", segment(batch())), ["l2", "void", "l2"]),
        ((b"\x01no brotli",), ["void"]),
        ((b"\x01" + brotli.compress(bytes(300_000)),), ["void"]),
    ],
)
def test_segments__that_nodes_cannot_read__make_empty_blocks(segments, kinds):
    """They count as blocks all the same, except behind the last real one."""
    found = read(payload_of(*segments))

    assert kinds == [each.kind for each in found]
    assert all(each.fault for each in found if each.kind == "void")


def test_segment__of_an_unknown_kind__is_a_block_while_delayed_messages_wait():
    """The batch is not over before its delayed messages are read."""
    found = read(payload_of(segment(batch()), b"\x09"), replace(HEAD, after_delayed=8))

    assert ["l2", "void", "delayed"] == [each.kind for each in found]


def test_delayed_messages__of_an_absurd_count__are_refused():
    """A wrong count must not be a loop without end."""
    with pytest.raises(ValueError, match="far beyond"):
        read(b"", replace(HEAD, after_delayed=2**63))


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        (payload_of(segment(alone(RAWS[0])))[:-1], ["void"]),
        (b"\x00" + brotli.compress(rlp.encode(segment(alone(RAWS[0]))) + b"\xc0"), ["l2"]),
        (b"\x00" + brotli.compress(rlp.encode(segment(alone(RAWS[0]))) + b"\x88"), ["l2"]),
        (b"\x07", ["void"]),
    ],
)
def test_messages__before_a_fault__come_out_before_it(payload, kinds):
    """Nodes make blocks of what precedes a fault: so does whoever iterates."""
    reader = messages_in(payload, HEAD, delayed_read=DELAYED_READ, chain_id=CHAIN)
    found = [next(reader) for _ in kinds]

    assert kinds == [each.kind for each in found]
    with pytest.raises(ValueError, match=r"end|list|needs|not known"):
        next(reader)


def test_sequencer_message__with_its_head__is_told_apart():
    """Five numbers of 64 bits, then the posted part."""
    numbers = (FROM, UNTIL, 500, 900, 7)
    whole = b"".join(number.to_bytes(8) for number in numbers) + b"\x00rest"

    assert (HEAD, b"\x00rest") == sequencer_message(whole)
    with pytest.raises(ValueError, match="39 bytes"):
        sequencer_message(whole[:39])


# ---- transactions in a message


def nested(depth: int) -> bytes:
    """A transaction below so many batches."""
    message = alone(RAWS[0])
    for _ in range(depth):
        message = batch(message)
    return message


def test_batches__in_each_other__are_read_sixteen_deep():
    """One deeper voids the message."""
    found = read(payload_of(segment(nested(16)), segment(nested(17))))

    assert [(RAWS[0],), ()] == [each.transactions for each in found]
    assert "deeper than 16" in (found[1].fault or "")


@pytest.mark.parametrize(
    "tail", [b"\x00" * 7, (2**63).to_bytes(8), (300_000).to_bytes(8), (9).to_bytes(8) + b"\x04"]
)
def test_batch__that_ends_in_a_bad_length__ends_there(tail):
    """What precedes it counts."""
    (found,) = read(payload_of(segment(batch(alone(RAWS[0])) + tail)))

    assert ((RAWS[0],), None) == (found.transactions, found.fault)


def test_message__of_an_unsigned_transaction__is_the_sequencers():
    """Its hash is that of Arbitrum's own transaction type."""
    words = (50_000, 7, 3, int(RECEIVER, 16), 10**18)
    content = b"".join(word.to_bytes(32) for word in words) + b"data"
    sequencer = bytes.fromhex("a4b000000000000000000073657175656e636572")
    expected = b"\x65" + rlp.encode(
        [CHAIN, sequencer, 3, 7, 50_000, bytes.fromhex(RECEIVER[2:]), 10**18, b"data"]
    )
    creation = content[:96] + bytes(32) + content[128:]

    found = read(payload_of(segment(b"\x00" + content), segment(b"\x00" + creation)))

    assert (expected,) == found[0].transactions
    assert b"" == rlp.decode(found[1].transactions[0][1:])[5]


def test_heartbeat__before_they_were_abolished__is_empty():
    """Afterwards it is a fault."""
    early = replace(HEAD, min_timestamp=0, max_timestamp=1_659_974_399_000)

    assert [None] == [each.fault for each in read(payload_of(segment(b"\x06")), early)]
    assert ["message of kind 6: abolished"] == [
        each.fault for each in read(payload_of(segment(b"\x06")))
    ]


BODY = rlp.decode(RAWS[0][1:])


def changed(place: int, value: object) -> bytes:
    """A dynamic-fee transaction with one field exchanged."""
    return b"\x02" + rlp.encode([*BODY[:place], value, *BODY[place + 1 :]])


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "no kind"),
        (batch(b""), "no kind"),
        (b"\x01" + bytes(160), "only the parent"),
        (b"\x02", "not implemented"),
        (b"\x05", "unknown"),
        (b"\x07", "not implemented"),
        (b"\x00" + bytes(159), "cut short"),
        (b"\x00" + b"\xff" * 32 + bytes(128), "more than 64 bits"),
        (batch(*map(alone, RAWS), b"\x04" + bytes(262_144)), "more than 262144"),
        (alone(b""), "no known type"),
        (alone(b"\x65" + RAWS[0][1:]), "no known type"),
        (alone(b"\x80"), "not the fields"),
        (alone(RAWS[0][:-1]), "RLP"),
        (alone(RAWS[0] + b"\x00"), "RLP"),
        (alone(b"\x01" + RAWS[0][1:]), "not the fields"),
        (alone(changed(1, b"\x00")), "not the fields"),
        (alone(changed(1, 2**64)), "not the fields"),
        (alone(changed(5, bytes(19))), "not the fields"),
        (alone(changed(7, [])), "not the fields"),
        (alone(changed(8, b"")), "not the fields"),
        (alone(changed(8, [[bytes(20), b""]])), "not the fields"),
        (alone(changed(8, [[bytes(20), [bytes(31)]]])), "not the fields"),
        (alone(changed(8, [b"entry"])), "not the fields"),
        (alone(b"\x04" + rlp.encode([*BODY[:9], b"", *BODY[9:]])), "not the fields"),
        (batch(alone(RAWS[0]), alone(RAWS[1][:-1])), "RLP"),
    ],
)
def test_message__that_nodes_cannot_read__is_an_empty_block(message, reason):
    """One bad transaction voids the whole message, and the reason is told."""
    (found,) = read(payload_of(segment(message)))

    assert ("l2", ()) == (found.kind, found.transactions)
    assert reason in (found.fault or "")


def test_message__of_a_blob_transaction__is_read():
    """Nodes read it, though no block can hold it."""
    raw = b"\x03" + rlp.encode([*BODY[:9], 1, [bytes(32)], *BODY[9:]])

    assert [(raw,)] == [each.transactions for each in read(payload_of(segment(alone(raw))))]
