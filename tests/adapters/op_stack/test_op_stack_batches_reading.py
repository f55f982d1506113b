"""From a whole channel to batches: compression, limits, records, singular and span batches."""

import tracemalloc
import zlib

import brotli
import pytest
import rlp
from eth_account import Account
from op_stack_batches_world import (
    CHAIN,
    CHANNEL,
    ORIGIN,
    PARENT,
    TERMS,
    bitlist,
    channel_of,
    every_kind,
    framed,
    payload_of,
    posted,
    signed,
    singular,
    span,
    uvarint,
)

from layerkeep.adapters.op_stack.batches import (
    Assembler,
    SpanTerms,
    batches_in,
    blob_payload,
    frames_in,
    reading,
    transaction_hashes,
)
from layerkeep.adapters.op_stack.batches.content import CONTENT_BYTES_MAX_BEFORE_FJORD
from layerkeep.core.keccak import keccak_hex
from layerkeep.devnet.l2 import channels as devnet
from layerkeep.devnet.l2.blobs import pack

HEAD = uvarint(50) + uvarint(900) + PARENT[:20] + ORIGIN[:20]


def read(*records: bytes, fjord: bool = True):
    """The batches of a channel with these records."""
    return list(batches_in(channel_of(*records), TERMS, fjord=fjord))


def raw_channel(content: bytes) -> bytes:
    """A zlib channel with this content."""
    return zlib.compress(content)


# ---- singular batches


def test_singular_batches__in_one_channel__become_blocks():
    """Each record is one block, with whole hashes to check."""
    raws = every_kind()

    one, two = read(singular(raws), singular([], epoch=901, timestamp=1_700_000_052))

    assert ("singular", (posted(raws),)) == (one.kind, one.blocks)
    assert (901, 1_700_000_052_000, ()) == (
        two.blocks[0].epoch_number,
        two.blocks[0].timestamp,
        two.blocks[0].transactions,
    )


@pytest.mark.parametrize("use_brotli", [False, True])
def test_channel__of_the_devnets_batcher__is_read(use_brotli):
    """What another encoder of ours writes is read, under either compression."""
    raws = tuple("0x" + raw.hex() for raw in every_kind())
    batch = devnet.Batch("0x" + PARENT.hex(), 900, "0x" + ORIGIN.hex(), 1_700_000_050, raws)
    payload = devnet.payload_of([batch], b"c" * 16, use_brotli=use_brotli)

    data = b"".join(frame.data for frame in frames_in(payload))

    assert [(posted(every_kind()),)] == [each.blocks for each in batches_in(data, TERMS)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "empty"),
        (b"\x02", "version 2"),
        (b"\x00", "missing"),
        (singular([]) + b"\x00", "ends at byte"),
        (b"\x00" + rlp.encode([PARENT, 1, ORIGIN, 1]), "4 fields"),
        (b"\x00" + rlp.encode([PARENT, 1, ORIGIN, 1, [], b""]), "more than 5"),
        (b"\x00" + rlp.encode([PARENT[1:], 1, ORIGIN, 1, []]), "not 32 bytes"),
        (b"\x00" + rlp.encode([PARENT, b"\x00\x01", ORIGIN, 1, []]), "no integer"),
        (b"\x00" + rlp.encode([PARENT, 2**64, ORIGIN, 1, []]), "no integer"),
        (b"\x00" + rlp.encode([PARENT, 1, ORIGIN, 1, b"raw"]), "no list"),
        (b"\x00" + rlp.encode([PARENT, 1, ORIGIN, 1, [[]]]), "is a list"),
        (b"\x00" + b"\xf8\x01\x00", "longer than need be"),
        (b"\x00" + b"\xc2\x81\x01", "stands for itself"),
        (b"\x00" + b"\xc9\xc0", "more than there are"),
    ],
)
def test_singular_batch__malformed__is_refused(record, reason):
    """Each field has one form."""
    with pytest.raises(ValueError, match=reason):
        read(record)


# ---- span batches


def test_span_batch__of_every_kind_of_transaction__gives_their_real_hashes():
    """Legacy with and without a chain, access lists, dynamic fees, set code, creations."""
    raws = every_kind()
    blocks = [raws[:4], [], raws[4:9], raws[9:]]

    (batch,) = read(span(blocks, [1, 0, 1, 1]))

    assert [tuple(each) for each in blocks] == [each.transactions for each in batch.blocks]
    assert [keccak_hex(raw) for raw in raws] == [
        each for block in batch.blocks for each in transaction_hashes(block)
    ]
    assert {Account.from_key("0x" + "11" * 32).address} == {
        Account.recover_transaction(raw) for block in batch.blocks for raw in block.transactions
    }


def test_span_batch__of_several_blocks__dates_and_places_them():
    """Times step by the block time, origins where a bit says so, checks stand at the ends."""
    (batch,) = read(span([[], [], [], []], [1, 0, 1, 1], origin=900))

    assert [1_700_000_050_000 + 2_000 * n for n in range(4)] == [b.timestamp for b in batch.blocks]
    assert [898, 898, 899, 900] == [block.epoch_number for block in batch.blocks]
    assert [PARENT[:20], None, None, None] == [block.parent_check for block in batch.blocks]
    assert [None, None, None, ORIGIN[:20]] == [block.epoch_check for block in batch.blocks]
    assert batch.opens_epoch


def test_span_batch__with_bytes_behind_it__keeps_them_apart():
    """Nodes pass over them, so they are no fault; but they are not hidden."""
    (batch,) = read(span([[]], [0]) + b"more")

    assert (b"more", False) == (batch.unread, batch.opens_epoch)


def test_span_batch__of_another_chain__has_other_transactions():
    """The chain's id is not posted, so a wrong one must show."""
    (batch,) = batches_in(
        channel_of(span([[signed()]], [0])), SpanTerms(*tuple_of_terms(chain_id=CHAIN + 1))
    )

    assert signed() != batch.blocks[0].transactions[0]


def tuple_of_terms(chain_id: int):
    """The terms with another chain."""
    return TERMS.genesis_time, TERMS.block_time, chain_id


def columns(count: int, stem: bytes, **changes: bytes) -> bytes:
    """A span of one block with `count` equal transactions, byte by byte."""
    fields = {
        "creates": bitlist([0] * count),
        "parities": bitlist([0] * count),
        "signatures": bytes(64) * count,
        "tos": bytes(20) * count,
        "stems": stem * count,
        "nonces": b"\x01" * count,
        "gases": b"\x01" * count,
        "protected": bitlist([0] * count) if stem[:1] >= b"\x80" else b"",
    }
    fields |= changes
    return b"\x01" + HEAD + b"\x01\x00" + uvarint(count) + b"".join(fields.values())


LEGACY = rlp.encode([1, 2, b"data"])
DYNAMIC = b"\x02" + rlp.encode([1, 2, 3, b"data", []])


def test_span_batch__written_byte_by_byte__is_read():
    """The malformed ones below are one change away from these."""
    assert [3, 3] == [
        len(batch.blocks[0].transactions) for batch in read(columns(3, LEGACY), columns(3, DYNAMIC))
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"\x01", "rel_timestamp"),
        (b"\x01" + b"\xff" * 10 + b"\x01", "does not end"),
        (b"\x01" + b"\xff" * 9 + b"\x02", "more than 64 bits"),
        (b"\x01" + HEAD[:-1], "l1_origin_check"),
        (b"\x01" + HEAD + b"\x00", "0 blocks"),
        (b"\x01" + HEAD + uvarint(400_001) + bytes(500_000), "400001 blocks"),
        (b"\x01" + HEAD + uvarint(2**60), "at most 400000"),
        (b"\x01" + HEAD + b"\x01", "origin_bits"),
        (b"\x01" + HEAD + b"\x01\x02", "more than 1 bits"),
        (b"\x01" + HEAD + b"\x02\x00\x00", "block_tx_counts"),
        (b"\x01" + HEAD + b"\x01\x00" + uvarint(2**60), "transactions in"),
        (span([[], []], [0, 1], origin=0), "more L1 origins"),
        (columns(3, LEGACY, creates=b"\x08"), "more than 3 bits"),
        (columns(1, LEGACY, protected=b""), "protected_bits"),
        (columns(1, LEGACY, gases=b"\x80", protected=b""), "tx_gases"),
        (columns(1, b"\x03" + rlp.encode([1, 2, 3, b"", []])), "type 3"),
        (columns(1, b"\x00" + rlp.encode([1, 2, b""])), "type 0"),
        (columns(1, b"\x02\x80"), "no list"),
        (columns(1, rlp.encode([1, 2])), "2 fields"),
        (columns(1, rlp.encode([1, 2, b"", b""])), "more than 3"),
        (columns(1, rlp.encode([b"\x00", 2, b""])), "no integer"),
        (columns(1, rlp.encode([2**256, 2, b""])), "no integer"),
        (columns(1, b"\x01" + rlp.encode([1, 2, b"", b""])), "no list"),
        (columns(1, b"\x01" + rlp.encode([1, 2, b"", [[bytes(19), []]]])), "not 20 bytes"),
        (columns(1, b"\x01" + rlp.encode([1, 2, b"", [[bytes(20), [b"k"]]]])), "not 32 bytes"),
        (columns(1, b"\x04" + rlp.encode([1, 2, 3, b"", [], [[1]]])), "1 fields"),
        (
            columns(1, b"\x04" + rlp.encode([1, 2, 3, b"", [], []]), creates=b"\x01", tos=b""),
            "cannot create",
        ),
    ],
)
def test_span_batch__malformed__is_refused(record, reason):
    """Every column has its bounds, whatever it announces."""
    with pytest.raises(ValueError, match=reason):
        read(record)


# ---- compression and limits


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        (b"", "empty"),
        (b"\x02rest", "no known compression"),
        (b"\x78", "bad head"),
        (b"\x7f\x9c", "bad head"),
        (b"\x88\x1c", "bad head"),
        (b"\x78\x9d", "bad head"),
        (b"\x78\xbb", "bad head"),
        (b"\x78\x9c\xff", "broken at byte 2"),
        (b"\x01\xff\xff\xff", "broken at byte"),
        (b"\x01" + brotli.compress(rlp.encode(singular([]))) + b"\x00", "ends before byte"),
        (raw_channel(b"\xc0"), "a list, not a batch"),
        (raw_channel(b"\xb8\x01\x00"), "longer than it need be"),
        (raw_channel(b"\xb9\x00\x40" + bytes(64)), "longer than it need be"),
        (raw_channel(b"\xb9"), "needs 3 bytes"),
        (raw_channel(b"\x83\x00"), "needs 4 bytes"),
        (raw_channel(b"\x81\x00"), "stands for itself"),
        (raw_channel(b"\xbf" + b"\xff" * 8), "passes the limit"),
        (channel_of(singular([]))[:-1] + b"\x00", "checksum"),
    ],
)
def test_channel__malformed__is_refused(channel, reason):
    """Compression and records have one form."""
    with pytest.raises(ValueError, match=reason):
        list(batches_in(channel, TERMS))


def test_batches__before_a_fault__come_out_before_it():
    """Nodes keep them, so whoever compares with nodes needs them."""
    content = rlp.encode(singular([])) + rlp.encode(singular([signed()]))
    whole = zlib.compress(content)
    for channel in (whole[:-1] + bytes((whole[-1] ^ 1,)), zlib.compress(content + b"\xc0")):
        found = []
        with pytest.raises(ValueError, match=r"checksum|list"):
            found += (batch for batch in batches_in(channel, TERMS))
        reader = batches_in(channel, TERMS)

        assert [(), (signed(),)] == [next(reader).blocks[0].transactions for _ in range(2)]


@pytest.mark.parametrize("missing", [1, 4])
def test_channel__without_its_end__is_read(missing):
    """A stream without its checksum, or flushed but never ended, holds all that is in it."""
    packer = zlib.compressobj()
    flushed = packer.compress(rlp.encode(singular([]))) + packer.flush(zlib.Z_SYNC_FLUSH)
    ended = channel_of(singular([]))

    assert 1 == len(list(batches_in(flushed, TERMS)))
    assert 1 == len(list(batches_in(ended[:-missing], TERMS)))


def test_channel__cut_inside_a_batch__is_refused():
    """Half a batch is none."""
    channel = channel_of(singular(every_kind()))
    with pytest.raises(ValueError, match="needs"):
        list(batches_in(channel[: len(channel) // 2], TERMS))


@pytest.mark.parametrize("quality", [1, 11])
def test_brotli__that_unpacks_to_much__is_read_whole(quality):
    """One compressed byte may stand for more than is drawn at a time."""
    raws = [bytes(700_000), b"behind", bytes(300_000)]
    channel = b"\x01" + brotli.compress(rlp.encode(singular(raws)), quality=quality)

    assert [(posted(raws),)] == [batch.blocks for batch in batches_in(channel, TERMS)]


def test_singular_batch__of_too_many_transactions__is_refused(monkeypatch):
    """The protocol's bound of a span's elements is held here too."""
    monkeypatch.setattr(reading, "TRANSACTIONS_MAX", 2)

    assert 1 == len(read(singular([b"a", b"b"])))
    with pytest.raises(ValueError, match="more than 2 transactions"):
        read(singular([b"a", b"b", b"c"]))


def test_brotli__before_fjord__is_refused():
    """It is read only since."""
    channel = b"\x01" + brotli.compress(rlp.encode(singular([])))

    assert 1 == len(list(batches_in(channel, TERMS, fjord=True)))
    with pytest.raises(ValueError, match="before Fjord"):
        list(batches_in(channel, TERMS, fjord=False))


def record_of(size: int) -> bytes:
    """A singular batch that has this size in its channel."""
    overhead = len(rlp.encode(singular([bytes(size)]))) - size
    record = rlp.encode(singular([bytes(size - overhead)]))
    assert size == len(record)
    return record


def test_content__up_to_the_limit__is_read_and_no_further():
    """The limit counts decompressed bytes; what follows it is as if it were not there."""
    small = 1_000
    first = record_of(CONTENT_BYTES_MAX_BEFORE_FJORD - small)
    exact = raw_channel(first + record_of(small) + b"\xc0")
    beyond = raw_channel(first + record_of(small + 1))

    assert 2 == len(list(batches_in(exact, TERMS, fjord=False)))
    assert 2 == len(list(batches_in(beyond, TERMS, fjord=True)))
    with pytest.raises(ValueError, match="passes the limit"):
        list(batches_in(beyond, TERMS, fjord=False))


@pytest.mark.parametrize("compressed", ["zlib", "brotli"])
@pytest.mark.parametrize(
    "opening",
    [b"", b"\xbb\xff\xff\xff\xff\x01", rlp.encode(b"\x01" + HEAD + uvarint(2**60))],
)
def test_bomb__of_any_shape__costs_next_to_nothing(compressed, opening):
    """A few kilobytes that stand for three hundred megabytes are not unpacked."""
    content = opening + bytes(300_000_000)
    channel = zlib.compress(content, 1)
    if compressed == "brotli":
        channel = b"\x01" + brotli.compress(content, quality=1)
    del content

    assert peak_of(channel) < 2_000_000


def peak_of(channel: bytes) -> int:
    """How many bytes are allocated at most while a bad channel is read."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"batch|RLP"):
            list(batches_in(channel, TERMS))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# ---- all together


def test_channels__over_blobs_and_calldata__become_blocks():
    """Two channels, either compression, either kind of batch, seven frames in four payloads."""
    raws = every_kind()
    one = framed(channel_of(span([raws[:5], raws[5:]], [0, 1]), singular(raws[:2])), 4)
    packed = brotli.compress(rlp.encode(span([raws], [1])) + rlp.encode(singular([])))
    two = framed(b"\x01" + packed, 3, b"2" * 16)
    payloads = [payload_of(part) for part in (one[2:], two[:1], [*two[1:], one[0]], [one[1]])]
    carried = [*(blob_payload(pack(each)) for each in payloads[:3]), payloads[3]]
    assembler = Assembler(holocene=False)

    channels = [channel for each in carried for channel in assembler.take(frames_in(each)).channels]
    blocks = [
        block.transactions
        for channel in channels
        for batch in batches_in(channel.data, TERMS)
        for block in batch.blocks
    ]

    assert [b"2" * 16, CHANNEL] == [channel.channel_id for channel in channels]
    assert [tuple(raws), (), tuple(raws[:5]), tuple(raws[5:]), tuple(raws[:2])] == blocks
