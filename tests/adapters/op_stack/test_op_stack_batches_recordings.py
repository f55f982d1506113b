"""A batcher transaction of OP Mainnet as it was posted: every block of it, and every damage to it.

It is one frame of one span batch, in a zlib stream that never comes to its end mark.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

from layerkeep.adapters.op_stack.batches import (
    Assembler,
    Batch,
    ServedBlock,
    SpanTerms,
    batches_in,
    blob_payload,
    compare,
    frames_in,
    transaction_hashes,
)
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import Duration, Hash, Timestamp

FOLDER = Path("op-stack/batches")
TERMS = SpanTerms(
    genesis_time=Timestamp(1_686_068_903_000), block_time=Duration(2_000), chain_id=10
)
INBOX = "ff00000000000000000000000000000000000010"
SILENT_FLAGS = (0xDA, 0x01, 0x5E, 0x9C)
"""Levels of compression that a zlib head may name: a note for people, of no effect."""

PADDING_AT = -6
PADDING = 0x80
"""One bit of the deflate stream that no code uses, before its final stored block."""

SEED = 1985
SAMPLES = 60


@pytest.fixture(scope="module")
def transaction(realdata: Path) -> bytes:
    """The raw signed transaction."""
    text = (realdata / FOLDER / "opmainnet_batcher_tx_e69d9433.hex").read_text()
    return bytes.fromhex(text.strip().removeprefix("0x"))


@pytest.fixture(scope="module")
def calldata(transaction: bytes) -> bytes:
    """What it carries."""
    fields = rlp.decode(transaction[1:])
    assert INBOX == fields[5].hex()
    return bytes(fields[7])


@pytest.fixture(scope="module")
def blob(realdata: Path) -> bytes:
    """The same content as one blob."""
    text = (realdata / FOLDER / "derived_op_blob_of_batcher_tx_e69d9433.hex").read_text()
    return bytes.fromhex(text.strip().removeprefix("0x"))


def decoded(payload: bytes) -> list[tuple[bytes, list[Batch]]]:
    """The channels that a payload completes, with their batches."""
    taken = Assembler(holocene=False).take(frames_in(payload))
    return [
        (each.channel_id, list(batches_in(each.data, TERMS, fjord=False)))
        for each in taken.channels
    ]


def outcome(read: Callable[[bytes], Any], content: bytes) -> Any:
    """What comes of reading, be it an error."""
    try:
        return read(content)
    except ValueError as error:
        return str(error)


@pytest.fixture(scope="module")
def batch(calldata: bytes) -> Batch:
    """The one batch in it."""
    ((_, (found,)),) = decoded(calldata)
    return found


def test_transaction__of_op_mainnet__is_the_recorded_one(transaction):
    """The recording is named after its hash."""
    assert keccak_hex(transaction).startswith("0xe69d9433")


def test_calldata__of_op_mainnet__decodes_into_its_blocks(batch):
    """27 blocks, two seconds apart, whose L1 origins follow one another."""
    times = [block.timestamp for block in batch.blocks]
    origins = [block.epoch_number for block in batch.blocks]

    assert ("span", 27, False, b"") == (
        batch.kind,
        len(batch.blocks),
        batch.opens_epoch,
        batch.unread,
    )
    assert list(range(1_710_338_157_000, 1_710_338_211_000, 2_000)) == times
    assert (19_426_582, 19_426_585) == (origins[0], origins[-1])
    assert {0, 1} == {later - earlier for earlier, later in pairwise(origins)}
    assert 209 == sum(len(block.transactions) for block in batch.blocks)


def test_calldata__of_op_mainnet__tells_its_checks_where_it_has_them(batch):
    """The first block's parent and the last block's L1 origin, 20 bytes each."""
    parents = [block.parent_check for block in batch.blocks]
    origins = [block.epoch_check for block in batch.blocks]

    assert "4a78c6069d413ac5cd75401310076b7acbc10cea" == (parents[0] or b"").hex()
    assert "4fcd7915716bdcf8ba963e591577721000dd2bf7" == (origins[-1] or b"").hex()
    assert {None} == {*parents[1:], *origins[:-1]}


def test_transactions__of_op_mainnet__are_what_their_senders_signed(batch):
    """Every signature recovers, and each sender's nonces count up by one: no byte is wrong."""
    nonces = defaultdict(list)
    for raw in (raw for block in batch.blocks for raw in block.transactions):
        nonces[Account.recover_transaction(raw)].append(nonce_of(raw))

    assert 118 == len(nonces)
    assert all(found == list(range(found[0], found[0] + len(found))) for found in nonces.values())


def nonce_of(raw: bytes) -> int:
    """A transaction's nonce, as another library reads it; it also checks the chain."""
    if raw[0] >= 0x80:
        fields = rlp.decode(raw)
        assert int.from_bytes(fields[6]) in (27, 28, 55, 56)
        return int.from_bytes(fields[0])
    found = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    assert 10 == found["chainId"]
    return int(found["nonce"])


def test_blob__of_op_mainnet__carries_the_calldata(blob, calldata):
    """As a blob it is the same payload, so the same blocks."""
    assert calldata == blob_payload(blob)


@pytest.mark.parametrize("start", [0, 119_823 - SAMPLES])
def test_calldata__with_a_byte_flipped_at_an_end__is_found(calldata, start):
    """Heads and tails are where formats are lenient: each position there is tried."""
    rng = random.Random(SEED)
    whole = decoded(calldata)
    for place in range(start, start + SAMPLES):
        damaged = flipped(calldata, place, rng.randrange(1, 256))
        assert is_silent(calldata, damaged, place) or whole != outcome(decoded, damaged)


def test_calldata__with_a_byte_flipped_anywhere__is_found(calldata):
    """Wherever it is damaged, there is an error or other blocks."""
    rng = random.Random(SEED)
    whole = decoded(calldata)
    for _ in range(SAMPLES):
        place = rng.randrange(len(calldata))
        damaged = flipped(calldata, place, rng.randrange(1, 256))
        assert is_silent(calldata, damaged, place) or whole != outcome(decoded, damaged)


def test_calldata__with_a_silent_byte_flipped__has_the_same_blocks(calldata):
    """What a test of damage leaves out is exactly what changes nothing: seen here."""
    whole = decoded(calldata)
    silent = [flipped(calldata, 24, 0xDA ^ flags) for flags in SILENT_FLAGS[1:]]
    silent.append(flipped(calldata, len(calldata) + PADDING_AT, PADDING))

    assert [whole] * 4 == [decoded(damaged) for damaged in silent]


def test_blob__with_a_byte_flipped_anywhere__is_found(blob):
    """Used or unused, no byte of a blob may change unseen."""
    rng = random.Random(SEED)
    places = [*range(SAMPLES), *(rng.randrange(len(blob)) for _ in range(1_000))]
    whole = blob_payload(blob)
    for place in places:
        damaged = flipped(blob, place, rng.randrange(1, 256))
        assert whole != outcome(blob_payload, damaged)


def test_served_blocks__with_a_byte_flipped_in_any__are_found(batch):
    """A node that serves what was posted agrees; one wrong byte in a transaction is named."""
    rng = random.Random(SEED)
    for block in batch.blocks:
        served = ServedBlock(
            hash=Hash("0x" + "00" * 32),
            parent_hash=Hash("0x" + (block.parent_check or b"").hex().ljust(64, "5")),
            timestamp=block.timestamp,
            transactions=transaction_hashes(block),
            epoch_number=block.epoch_number,
            epoch_hash=Hash("0x" + (block.epoch_check or b"").hex().ljust(64, "5")),
        )
        index = rng.randrange(len(block.transactions))
        raw = block.transactions[index]
        changed = list(block.transactions)
        changed[index] = flipped(raw, rng.randrange(len(raw)), rng.randrange(1, 256))
        (difference,) = compare(replace(block, transactions=tuple(changed)), served)

        assert [] == compare(block, served)
        assert ("transactions", index) == (difference.name, difference.index)


def flipped(content: bytes, place: int, mask: int) -> bytes:
    """The content with one byte changed."""
    return content[:place] + bytes((content[place] ^ mask,)) + content[place + 1 :]


def is_silent(calldata: bytes, damaged: bytes, place: int) -> bool:
    """Whether the byte says nothing about the content: four such changes exist."""
    if place == 24:
        return damaged[place] in SILENT_FLAGS
    return place == len(calldata) + PADDING_AT and calldata[place] ^ damaged[place] == PADDING
