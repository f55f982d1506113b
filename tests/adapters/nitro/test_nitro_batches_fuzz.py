"""The decoders are total: whatever is posted, nothing but ValueError comes, and damage is found."""

import random
from dataclasses import replace

import brotli
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from nitro_batches_world import (
    DELAYED,
    HEAD,
    alone,
    batch,
    calldata,
    every_kind,
    higher,
    later,
    packed,
    payload_of,
    read,
    segment,
    sparse,
)

from layerkeep.adapters.nitro.batches import (
    Inline,
    blobs_payload,
    carrier_of,
    post_in,
    sequencer_message,
)

RAWS = every_kind()
SEGMENTS = (
    later(1_700_000_001),
    higher(700),
    segment(batch(*map(alone, RAWS))),
    DELAYED,
    segment(alone(RAWS[0])),
    b"\x01" + brotli.compress(alone(RAWS[1])),
)
CONTENT = b"".join(map(rlp.encode, SEGMENTS))
PAYLOAD = payload_of(*SEGMENTS)
AFTER = replace(HEAD, after_delayed=9)


def take(posted: bytes) -> None:
    """Read the posted part of a message that may be anything."""
    try:
        carrier = carrier_of(posted)
        if isinstance(carrier, Inline):
            assert read(carrier.payload, AFTER)
    except ValueError:
        return


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with some of them changed, left out, doubled or cut off."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(found) - 1))
        found[place : place + draw(st.integers(0, 6))] = draw(st.binary(max_size=6))
        if not found:
            break
    return bytes(found[: draw(st.integers(0, len(found)))] if draw(st.booleans()) else found)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.binary(max_size=200), damaged(PAYLOAD), damaged(sparse(PAYLOAD))))
def test_posts__of_any_content__raise_nothing_but_value_errors(posted):
    """Any bytes, and real ones damaged above the compression."""
    take(posted)
    take(b"\x00" + posted)
    for flags in (0x20, 0x50, 0x80, 0x88):
        take(bytes((flags,)) + posted)


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.binary(max_size=200), damaged(CONTENT)))
def test_contents__damaged_in_any_way__raise_nothing_but_value_errors(content):
    """Real segments, changed here and there beneath the compression."""
    take(b"\x00" + brotli.compress(content, quality=1))


@settings(max_examples=300, deadline=None)
@given(damaged(batch(*map(alone, RAWS))))
def test_messages__damaged_in_any_way__are_blocks_all_the_same(message):
    """A message is always one block, with transactions or with a fault."""
    (found,) = read(payload_of(segment(message)))

    assert found.fault is None or not found.transactions


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), damaged(calldata("8f111f3c", [1, 2, 0, 3, 4], b"abc"))))
def test_calls__of_any_content__raise_nothing_but_value_errors(posted):
    """Calldata and whole messages."""
    for reader in (post_in, sequencer_message):
        try:
            reader(posted)
        except ValueError:
            continue


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(0, 131_000))
def test_blobs__of_any_content__raise_nothing_but_value_errors(content, place):
    """A blob may hold anything anywhere."""
    blob = (bytes(place) + content).ljust(131_072, b"\0")[:131_072]
    try:
        take(blobs_payload([blob]))
    except ValueError:
        return


def test_truncations__of_a_payload__raise_nothing_but_value_errors():
    """Wherever it is cut off."""
    for end in range(len(PAYLOAD)):
        take(PAYLOAD[:end])


def outcome(payload: bytes) -> object:
    """The messages, or the error in their place."""
    try:
        return read(payload, AFTER)
    except ValueError as error:
        return str(error)


def test_content__with_a_byte_flipped__is_found():
    """Beneath the compression no byte may change unseen."""
    rng = random.Random(1991)
    whole = outcome(PAYLOAD)
    silent = []
    for place in range(len(CONTENT)):
        changed = bytearray(CONTENT)
        changed[place] ^= rng.randrange(1, 256)
        if outcome(b"\x00" + brotli.compress(bytes(changed), quality=1)) == whole:
            silent.append(place)

    assert [] == silent


def test_blobs__of_a_payload__tell_the_same_messages():
    """Through blobs as through calldata."""
    assert outcome(PAYLOAD) == outcome(blobs_payload(packed(PAYLOAD)))
