"""A posted block against a served one: each difference by its name, and none without cause."""

from dataclasses import replace

import pytest
from op_stack_batches_world import ORIGIN, PARENT, every_kind, posted

from layerkeep.adapters.op_stack.batches import (
    Difference,
    ServedBlock,
    compare,
    transaction_hashes,
)
from layerkeep.core.units import Hash, Timestamp

RAWS = every_kind()
POSTED = posted(RAWS)
HASHES = transaction_hashes(POSTED)
STRANGER = Hash("0x" + "77" * 32)
SERVED = ServedBlock(
    hash=Hash("0x" + "12" * 32),
    parent_hash=Hash("0x" + PARENT.hex()),
    timestamp=POSTED.timestamp,
    transactions=HASHES,
    epoch_number=900,
    epoch_hash=Hash("0x" + ORIGIN.hex().upper()),
)


@pytest.mark.parametrize("length", [32, 20])
def test_compare__of_what_was_posted__is_empty(length):
    """Whole hashes and their first twenty bytes agree alike."""
    block = replace(POSTED, parent_check=PARENT[:length], epoch_check=ORIGIN[:length])

    assert [] == compare(block, SERVED)


def test_compare__of_a_block_without_checks__looks_at_the_rest():
    """Inside a span most blocks tell neither parent nor epoch hash."""
    block = replace(POSTED, parent_check=None, epoch_check=None)
    served = replace(SERVED, parent_hash=STRANGER, epoch_hash=STRANGER)

    assert [] == compare(block, served)
    assert ["epoch"] == [each.name for each in compare(block, replace(served, epoch_number=901))]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"timestamp": Timestamp(1)}, ["timestamp"]),
        ({"transactions": ()}, ["transactions"]),
        ({"epoch_number": 901}, ["epoch"]),
        ({"epoch_hash": STRANGER}, ["epoch"]),
        ({"parent_hash": STRANGER}, ["parent"]),
        (
            {"timestamp": Timestamp(1), "transactions": (), "epoch_number": 1, "parent_hash": "0x"},
            ["timestamp", "transactions", "epoch", "parent"],
        ),
    ],
)
def test_compare__of_another_block__names_what_differs(changes, names):
    """Each in its place, in a fixed order."""
    assert names == [each.name for each in compare(POSTED, replace(SERVED, **changes))]


@pytest.mark.parametrize(
    ("served", "index", "ours", "theirs"),
    [
        ((*HASHES[:3], STRANGER, *HASHES[4:]), 3, HASHES[3], STRANGER),
        ((HASHES[1], HASHES[0], *HASHES[2:]), 0, HASHES[0], HASHES[1]),
        (HASHES[:-1], 10, HASHES[10], "no more than 10"),
        ((*HASHES, STRANGER), 11, "no more than 11", STRANGER),
    ],
)
def test_compare__of_other_transactions__tells_the_first(served, index, ours, theirs):
    """One changed, two exchanged, one missing, one too many."""
    found = compare(POSTED, replace(SERVED, transactions=served))

    assert [Difference("transactions", ours, theirs, index)] == found
