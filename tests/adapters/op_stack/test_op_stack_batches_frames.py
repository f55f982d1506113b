"""Blobs, frames and channels: from what lies on L1 to whole channels."""

import random
from dataclasses import replace

import pytest
from op_stack_batches_world import CHANNEL, framed, payload_of

from layerkeep.adapters.op_stack.batches import (
    Assembler,
    Channel,
    Frame,
    Refused,
    blob_payload,
    frames_in,
)
from layerkeep.devnet.l2.blobs import BYTES_MAX, pack

OTHER = bytes(reversed(CHANNEL))
CONTENT = bytes(range(100)) * 3


# ---- blobs


@pytest.mark.parametrize("length", [0, 1, 26, 27, 28, 122, 123, 124, 130_000, BYTES_MAX])
def test_blob__of_any_length__carries_its_payload(length):
    """What the devnet's batcher packs comes out again."""
    payload = random.Random(length).randbytes(length)

    assert payload == blob_payload(pack(payload))


@pytest.mark.parametrize(
    ("place", "byte", "reason"),
    [
        (1, 1, "version 1"),
        (2, 255, "more than fit"),
        (0, 0x40, "field element 0 uses"),
        (32, 0x80, "field element 1 uses"),
        (131_071, 1, "content behind"),
        (40, 1, "content behind"),
        (64, 1, "content behind"),
    ],
)
def test_blob__packed_otherwise__is_refused(place, byte, reason):
    """Each rule of the packing is held."""
    blob = bytearray(pack(b"seven.."))
    blob[place] = byte

    with pytest.raises(ValueError, match=reason):
        blob_payload(bytes(blob))


def test_blob__of_another_size__is_refused():
    """A blob cut short is none."""
    with pytest.raises(ValueError, match="131072"):
        blob_payload(pack(b"x")[:-1])


# ---- frames


def test_payload__of_several_frames__has_them_in_order():
    """Frames of several channels may share a payload."""
    frames = [*framed(CONTENT, 2), *framed(CONTENT, 3, OTHER)]

    assert frames == frames_in(payload_of(frames))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"\x00", "no frames"),
        (b"\x01" + bytes(33), "elsewhere"),
        (b"\x02" + bytes(40), "version 2"),
        (payload_of(framed(CONTENT, 1)) + b"\x00", "cut short in its head"),
        (payload_of(framed(CONTENT, 1))[:-1], "more than there are"),
        (payload_of(framed(CONTENT, 1))[:-1] + b"\x02", "neither 0 nor 1"),
        (payload_of([Frame(CHANNEL, 0, bytes(1_000_001), is_last=True)]), "more than allowed"),
    ],
)
def test_payload__malformed__is_refused_as_a_whole(payload, reason):
    """Nodes take no frame of a payload that holds a bad one."""
    with pytest.raises(ValueError, match=reason):
        frames_in(payload)


# ---- channels, in any order


def test_channels__interleaved_and_disordered__become_whole():
    """Before Holocene the frames of several channels come in any order over several payloads."""
    frames = [*framed(CONTENT, 5), *framed(CONTENT[::-1], 4, OTHER)]
    random.Random(4).shuffle(frames)
    assembler = Assembler(holocene=False)

    taken = [assembler.take(frames[start : start + 2]) for start in range(0, len(frames), 2)]

    whole = {channel for each in taken for channel in each.channels}
    assert {Channel(CHANNEL, CONTENT), Channel(OTHER, CONTENT[::-1])} == whole
    assert () == assembler.open_channels
    assert {()} == {each.refused for each in taken}


def test_channel__with_a_frame_missing__stays_open_until_forgotten():
    """The caller counts the timeout."""
    assembler = Assembler(holocene=False)
    first, _, last = framed(CONTENT, 3)

    assert () == assembler.take([last, first]).channels
    assert (CHANNEL,) == assembler.open_channels
    assembler.forget(CHANNEL)
    assembler.forget(CHANNEL)
    assert () == assembler.open_channels


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (Frame(CHANNEL, 0, b"again", is_last=False), "duplicate frame"),
        (Frame(CHANNEL, 9, b"late", is_last=False), "frame behind the last one"),
        (Frame(CHANNEL, 1, b"end", is_last=True), "second last frame"),
    ],
)
def test_frame__that_its_channel_cannot_use__is_refused(frame, reason):
    """A refused frame changes nothing: the channel still becomes whole."""
    assembler = Assembler(holocene=False)
    first, middle, last = framed(CONTENT, 3)

    taken = assembler.take([first, last, frame, middle])

    assert (Refused(CHANNEL, frame.number, reason),) == taken.refused
    assert (Channel(CHANNEL, CONTENT),) == taken.channels


def test_frames__behind_a_last_one_that_comes_late__are_dropped():
    """The last frame ends the channel even where later numbers came before it."""
    first, last = framed(CONTENT, 2)
    stray = Frame(CHANNEL, 7, b"stray", is_last=False)

    taken = Assembler(holocene=False).take([stray, last, first])

    assert (Channel(CHANNEL, CONTENT),) == taken.channels


def test_bank__that_is_full__drops_the_oldest_channel():
    """Open channels are bounded; the newest is kept."""
    assembler = Assembler(holocene=False, bank_bytes_max=1_000)
    old = Frame(CHANNEL, 0, bytes(500), is_last=False)
    new = Frame(OTHER, 0, bytes(500), is_last=False)

    taken = assembler.take([old, new])

    assert (Refused(CHANNEL, None, "no room for this many open channels"),) == taken.refused
    assert (OTHER,) == assembler.open_channels


# ---- channels, in Holocene's order


def test_channels__one_after_the_other__become_whole_in_holocene():
    """A well-behaved batcher's frames come in order, over as many payloads as it likes."""
    assembler = Assembler(holocene=True)
    one, two = framed(CONTENT, 3), framed(CONTENT[::-1], 2, OTHER)

    taken = [assembler.take(part) for part in (one[:1], [*one[1:], *two[:1]], two[1:])]

    assert [(), (Channel(CHANNEL, CONTENT),), (Channel(OTHER, CONTENT[::-1]),)] == [
        each.channels for each in taken
    ]
    assert [()] * 3 == [each.refused for each in taken]


def test_frame__out_of_order__is_passed_over_in_holocene():
    """A frame that is not the next one counts for nothing; the one that is still counts."""
    first, middle, last = framed(CONTENT, 3)

    taken = Assembler(holocene=True).take([last, first, last, first, middle, last])

    assert ["out of order: 0 is next", *["out of order: 1 is next"] * 2] == [
        each.reason for each in taken.refused
    ]
    assert (Channel(CHANNEL, CONTENT),) == taken.channels


def test_channel__begun_before_another_ended__displaces_it_in_holocene():
    """Only a first frame displaces; a later one of another channel is passed over."""
    assembler = Assembler(holocene=True)
    first, last = framed(CONTENT, 2)
    others = [replace(each, channel_id=OTHER) for each in (first, last)]

    kept = assembler.take([first, others[1], last])
    displaced = assembler.take([first, *others, last])

    assert (Channel(CHANNEL, CONTENT),) == kept.channels
    assert (Channel(OTHER, CONTENT),) == displaced.channels
    assert (
        Refused(CHANNEL, None, "displaced by another channel"),
        Refused(CHANNEL, 1, "out of order: 0 is next"),
    ) == displaced.refused
