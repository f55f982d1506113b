"""Where a batch lies, and how it is brought from there: calls, blobs, certificates, encodings."""

import random
import tracemalloc

import brotli
import pytest
import rlp
from nitro_batches_world import calldata, packed, payload_of, read, segment, sparse

from layerkeep.adapters.nitro.batches import (
    Certified,
    Foreign,
    InBlobs,
    Inline,
    Post,
    blobs_payload,
    carrier_of,
    post_in,
    segments_in,
)
from layerkeep.adapters.nitro.batches.content import CONTENT_BYTES_MAX, SEGMENTS_MAX

CONTENT = bytes(range(256)) * 3
PROOF = [0] * 8
CERTIFICATE = b"k" * 32 + b"c" * 32 + (1_800_000_000).to_bytes(8)
SIGNED = (0b1011).to_bytes(8) + b"s" * 96

# ---- calls


@pytest.mark.parametrize(
    ("function", "more", "before", "after"),
    [
        ("8f111f3c", [40, 50], 40, 50),
        ("e0bc9729", [40, 50], 40, 50),
        ("69cacded", [40, 50, *PROOF], 40, 50),
        ("6e620055", [40, 50, *PROOF], 40, 50),
        ("6f12b0c9", [], None, None),
    ],
)
def test_call__with_content__tells_its_batch(function, more, before, after):
    """From an account or through a contract, with or without a proof of delay."""
    posted = calldata(function, [12, 7, 0, *more], CONTENT)

    assert Post(12, CONTENT, 7, before, after) == post_in(posted)


@pytest.mark.parametrize(("function", "more"), [("3e5aa082", []), ("917cf8ac", PROOF)])
def test_call__with_blobs__tells_its_batch(function, more):
    """The content is in the transaction's blobs."""
    assert Post(12, None, 7, 40, 50) == post_in(calldata(function, [12, 7, 0, 40, 50, *more]))


@pytest.mark.parametrize(
    ("posted", "reason"),
    [
        (b"", "posts no batch"),
        (bytes.fromhex("deadbeef") + bytes(200), "posts no batch"),
        (calldata("8f111f3c", [12, 7, 0, 40, 50], CONTENT)[:-40], "announced"),
        (calldata("3e5aa082", [12, 7]), "word 3"),
    ],
)
def test_call__malformed__is_refused(posted, reason):
    """Each with its reason."""
    with pytest.raises(ValueError, match=reason):
        post_in(posted)


# ---- carriers


@pytest.mark.parametrize("posted", [b"", b"\x00", b"\x00rest", b"\x20rest", b"\x07?"])
def test_carrier__of_content__is_itself(posted):
    """Brotli, zero-heavy, empty; and what nodes will not understand either."""
    assert Inline(posted) == carrier_of(posted)


def test_carrier__of_blob_hashes__names_them():
    """In order."""
    assert InBlobs((b"a" * 32, b"b" * 32)) == carrier_of(b"\x50" + b"a" * 32 + b"b" * 32)


@pytest.mark.parametrize(
    ("posted", "version"),
    [(b"\x80" + CERTIFICATE + SIGNED, 0), (b"\x88" + CERTIFICATE + b"\x01" + SIGNED, 1)],
)
def test_carrier__of_a_certificate__tells_all_that_there_is(posted, version):
    """A hash, a committee, a time: no word about the content."""
    assert Certified(
        keyset_hash=b"k" * 32,
        content_hash=b"c" * 32,
        version=version,
        kept_until=1_800_000_000_000,
        signers=0b1011,
        signature=b"s" * 96,
    ) == carrier_of(posted)


def test_carrier__of_another_layer__keeps_its_certificate():
    """A chain's own data layer."""
    assert Foreign(b"anything") == carrier_of(b"\x01anything")


@pytest.mark.parametrize(
    ("posted", "reason"),
    [
        (b"\x50", "0 bytes"),
        (b"\x50" + bytes(33), "33 bytes"),
        (b"\x42rest", "too old"),
        (b"\x80" + CERTIFICATE + SIGNED[:-1], "not 177"),
        (b"\x88" + CERTIFICATE + b"\x02" + SIGNED, "version 2"),
    ],
)
def test_carrier__malformed__is_refused(posted, reason):
    """Each with its reason."""
    with pytest.raises(ValueError, match=reason):
        carrier_of(posted)


# ---- blobs


@pytest.mark.parametrize("length", [0, 1, 2, 60, 126_970, 126_976, 130_044, 130_045, 300_000])
def test_blobs__of_any_number__carry_their_content(length):
    """Whole bytes first, six-bit parts behind them, over as many blobs as it takes."""
    content = random.Random(length).randbytes(length)

    assert content == blobs_payload(packed(content))


@pytest.mark.parametrize(
    ("blobs", "reason"),
    [
        ([], "do not carry"),
        ([b"\x00" * 131_071], "not 131071"),
        ([b"\x00\xc0".ljust(131_072, b"\0")], "do not carry"),
        ([b"\x00\xbf".ljust(131_072, b"\xff")], "needs"),
    ],
)
def test_blobs__that_carry_no_string__are_refused(blobs, reason):
    """A list, too little, too much, nothing."""
    with pytest.raises(ValueError, match=reason):
        blobs_payload(blobs)


# ---- encodings and limits


@pytest.mark.parametrize("content", [b"\x00", bytes(500), b"\xff" * 20, CONTENT, b"\x01\x02\x7f"])
def test_zero_heavy__content__is_undone(content):
    """Zeros, ones, and all between; brotli lies beneath."""
    payload = payload_of(segment(b"\x03"), content)

    assert [segment(b"\x03"), content] == list(segments_in(sparse(payload)))


@pytest.mark.parametrize("payload", [b"\x20", b"\x20\x00", b"\x20\xff\xff", b"\x20\x7f\xff\xff"])
def test_zero_heavy__of_nothing__is_refused(payload):
    """Padding alone makes no byte."""
    with pytest.raises(ValueError, match="payload of kind 0x,"):
        list(segments_in(payload))


def test_brotli__with_bytes_behind_it__is_read():
    """Nodes pass over them."""
    payload = payload_of(segment(b"\x03"))

    assert [segment(b"\x03")] == list(segments_in(payload + b"more"))


def test_segments__of_any_form__are_strings():
    """Empty ones and single bytes too."""
    segments = [b"", b"\x02", b"\x80", bytes(60), bytes(100_000)]

    assert segments == list(segments_in(payload_of(*segments)))


def test_segments__beyond_the_protocols_number__are_passed_over():
    """Nodes read so many and no more."""
    payload = b"\x00" + brotli.compress(b"\x02" * (SEGMENTS_MAX + 1), quality=1)
    reader = segments_in(payload)

    assert [b"\x02"] * SEGMENTS_MAX == [next(reader) for _ in range(SEGMENTS_MAX)]
    with pytest.raises(ValueError, match="more than 102400"):
        next(reader)


def test_content__up_to_the_limit__is_unpacked_and_no_further():
    """The last byte that fits, and the first that does not."""
    content = rlp.encode(bytes(CONTENT_BYTES_MAX - 4))
    assert CONTENT_BYTES_MAX == len(content)

    assert 1 == len(list(segments_in(b"\x00" + brotli.compress(content, quality=1))))
    with pytest.raises(ValueError, match="unpacks to more"):
        list(segments_in(b"\x00" + brotli.compress(content + b"\x01", quality=1)))


def test_bomb__of_brotli__stops_at_the_limit():
    """A kilobyte that stands for three hundred megabytes is not unpacked."""
    payload = b"\x00" + brotli.compress(bytes(300_000_000), quality=1)
    inner = payload_of(b"\x01" + payload[1:])
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to more"):
        list(segments_in(payload))
    whole = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    (void,) = read(inner)
    small = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "void" == void.kind
    assert whole < 2 * CONTENT_BYTES_MAX
    assert small < 2_000_000
