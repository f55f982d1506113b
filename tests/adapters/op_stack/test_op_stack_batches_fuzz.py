"""The decoders are total: whatever is posted, nothing but ValueError comes."""

import zlib

import brotli
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from op_stack_batches_world import (
    TERMS,
    channel_of,
    every_kind,
    framed,
    payload_of,
    singular,
    span,
)

from layerkeep.adapters.op_stack.batches import Assembler, batches_in, blob_payload, frames_in

RAWS = every_kind()
CONTENT = rlp.encode(span([RAWS[:6], RAWS[6:], []], [0, 1, 1])) + rlp.encode(singular(RAWS))
CHANNEL = channel_of(singular(RAWS), span([RAWS], [1]))
PAYLOAD = payload_of(framed(CHANNEL, 3))
WRAPPED = {
    "zlib": zlib.compress,
    "brotli": lambda content: b"\x01" + brotli.compress(content, quality=1),
}


def read(channel: bytes) -> None:
    """Read a channel that may be anything."""
    try:
        for batch in batches_in(channel, TERMS):
            assert batch.blocks
    except ValueError:
        return


def assemble(payload: bytes, holocene: bool) -> None:
    """Read a payload that may be anything."""
    try:
        taken = Assembler(holocene=holocene).take(frames_in(payload))
    except ValueError:
        return
    for channel in taken.channels:
        read(channel.data)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with some of them changed, left out, doubled or cut off."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(found) - 1))
        part = draw(st.binary(max_size=6))
        found[place : place + draw(st.integers(0, 6))] = part
        if not found:
            break
    return bytes(found[: draw(st.integers(0, len(found)))] if draw(st.booleans()) else found)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(WRAPPED)))
def test_channels__of_any_content__raise_nothing_but_value_errors(content, compression):
    """Any content, and any bytes at all in place of a stream."""
    read(content)
    read(WRAPPED[compression](content))
    for version in (0, 1):
        read(WRAPPED[compression](rlp.encode(bytes((version,)) + content)))


@settings(max_examples=600, deadline=None)
@given(damaged(CONTENT), st.sampled_from(sorted(WRAPPED)))
def test_contents__damaged_in_any_way__raise_nothing_but_value_errors(content, compression):
    """Real batches, changed here and there beneath the compression."""
    read(WRAPPED[compression](content))


@settings(max_examples=400, deadline=None)
@given(st.one_of(damaged(PAYLOAD), st.binary(max_size=200)), st.booleans())
def test_payloads__damaged_in_any_way__raise_nothing_but_value_errors(payload, holocene):
    """A batcher's payload, changed here and there, under either order of frames."""
    assemble(payload, holocene)


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=5, max_size=40), st.integers(0, 131_000))
def test_blobs__of_any_content__raise_nothing_but_value_errors(content, place):
    """A blob may hold anything anywhere."""
    blob = (bytes(place) + content).ljust(131_072, b"\0")[:131_072]
    try:
        payload = blob_payload(blob)
    except ValueError:
        return
    assemble(payload, holocene=True)


def test_truncations__of_a_payload__raise_nothing_but_value_errors():
    """Wherever it is cut off."""
    for end in range(0, len(PAYLOAD), 3):
        assemble(PAYLOAD[:end], holocene=True)
