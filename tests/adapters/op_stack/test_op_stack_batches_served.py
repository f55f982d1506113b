"""A node's answer as a served block: its own transactions, and the L1 origin it names."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerkeep.adapters.op_stack.batches import ServedBlock, served_block
from layerkeep.core.keccak import keccak256, keccak_hex

SEQUENCE_NUMBER = 3
"""Which block of its L1 origin each recorded deposit stands in."""

ORIGIN = "0x" + "e9" * 32
BEDROCK = (
    "0x015d8eb9"
    + "".join(f"{word:064x}" for word in (17_422_590, 1_686_068_903, 7))
    + ORIGIN[2:]
    + "".join(f"{word:064x}" for word in (0, 1, 2, 3))
)
PACKED = f"{0:08x}{1:08x}{2:016x}{3:016x}{17_422_590:016x}{4:064x}{5:064x}" + ORIGIN[2:]


def transaction(digit: str, kind: str = "0x2", calldata: str = "0x") -> dict[str, Any]:
    """A transaction of a block, as a node gives it."""
    return {"hash": "0x" + digit * 64, "type": kind, "input": calldata, "gas": "0x1"}


def answer(calldata: str = BEDROCK, **changes: Any) -> dict[str, Any]:
    """A block with two deposits and two transactions."""
    block = {
        "hash": "0x" + "A1" * 32,
        "parentHash": "0x" + "b2" * 32,
        "timestamp": "0x64",
        "number": "0x7",
        "transactions": [
            transaction("d", "0x7e", calldata),
            transaction("e", "0x7e"),
            transaction("1"),
            transaction("2", "0x0"),
        ],
    }
    return block | changes


@pytest.mark.parametrize(
    "calldata",
    [
        BEDROCK,
        "0x440a5e20" + PACKED + "00" * 32,
        "0x098999be" + PACKED + "00" * 44,
        "0x3db6be2b" + PACKED + "00" * 46,
    ],
)
def test_served_block__of_any_upgrade__tells_its_origin(calldata):
    """From Bedrock to Jovian."""
    assert ServedBlock(
        hash="0x" + "a1" * 32,
        parent_hash="0x" + "b2" * 32,
        timestamp=100_000,
        transactions=("0x" + "1" * 64, "0x" + "2" * 64),
        epoch_number=17_422_590,
        epoch_hash=ORIGIN,
    ) == served_block(answer(calldata))


def test_served_block__with_a_recorded_deposit__tells_its_origin(recording):
    """The deposits' own source hashes, as their nodes served them, are made of that origin."""
    deposits = [each["object"] for each in recording("op-stack/op_vectors.json")["l2BlocksAndTxs"]]
    for deposit in deposits[1:3]:
        found = served_block(answer(deposit["input"]))
        place = bytes.fromhex(found.epoch_hash[2:]) + SEQUENCE_NUMBER.to_bytes(32)
        source = keccak_hex((1).to_bytes(32) + keccak256(place))

        assert source == deposit["sourceHash"]
    assert 21_831_469 == found.epoch_number


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (None, "Expected"),
        ({}, "required"),
        (answer(hash="0x12"), "no hash"),
        (answer(timestamp="soon"), "invalid literal"),
        (answer(transactions=[]), "start with a deposit"),
        (answer(transactions=["0x" + "1" * 64]), "Expected"),
        (answer(transactions=[transaction("1"), transaction("d", "0x7e")]), "start with"),
        (answer("0x"), "no L1 origin"),
        (answer("0xdeadbeef" + PACKED), "no L1 origin"),
        (answer("0x440a5e20" + PACKED[:-2]), "no L1 origin"),
        (answer("0xno"), "non-hexadecimal"),
    ],
)
def test_served_block__malformed__is_refused(block, reason):
    """A node may answer anything."""
    with pytest.raises(ValueError, match=reason):
        served_block(block)


VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=70), st.lists(st.text(max_size=5)))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(answer())), VALUES), VALUES)
def test_answers__of_any_form__raise_nothing_but_value_errors(changes, calldata):
    """Whatever stands in place of a field."""
    for block in (answer(**changes), answer(calldata)):
        try:
            served_block(block)
        except ValueError:
            continue
