"""The stack's own formulas, against an independent encoder and known values."""

import msgspec
import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st
from op_stack_world import ALICE, BOB

from layerkeep.adapters.op_stack import checks
from layerkeep.core.chain_data import Header
from layerkeep.core.encoding.rlp import encode as rlp
from layerkeep.core.encoding.rlp import integer
from layerkeep.core.keccak import keccak_hex

WORD = st.integers(0, 2**256 - 1)


@given(WORD, WORD, st.integers(0, 2**64 - 1), st.binary(max_size=300), st.booleans())
def test_deposit_hash__of_anything__is_that_of_its_rlp(mint, value, gas, data, creates):
    """The fields written one by one are the list of them."""
    target = b"" if creates else b"\2" * 20
    deposit = checks.Deposit(b"\1" * 20, target, mint, value, gas, data)
    fields = (b"\3" * 32, b"\1" * 20, target, *map(integer, (mint, value, gas)), b"", data)
    assert keccak_hex(b"\x7e" + rlp(fields)) == checks.deposit_hash(b"\3" * 32, deposit)


@given(WORD, WORD, WORD, st.binary(max_size=100))
def test_withdrawal_hash__of_anything__is_that_of_its_abi_encoding(nonce, value, gas, data):
    """As the message passer hashes it."""
    types = ["uint256", "address", "address", "uint256", "uint256", "bytes"]
    expected = keccak_hex(encode(types, [nonce, ALICE, BOB, value, gas, data]))
    found = checks.Withdrawal(nonce, ALICE, BOB, value, gas, data)
    assert expected == checks.withdrawal_hash(found)


def test_migrated_withdrawal__of_each_size_and_chain__has_its_gas():
    """A fixed part, a part for each byte, a cap."""
    found = checks.Withdrawal(1, ALICE, BOB, 0, 0, b"x" * 10)
    assert 1_300_873 + 160 == checks.migrated_withdrawal(found, 10).gas
    assert 200_000 + 160 == checks.migrated_withdrawal(found, 420).gas
    large = found._replace(data=bytes(2_000_000))
    assert 25_000_000 == checks.migrated_withdrawal(large, 10).gas


HEADER = Header(
    hash="0x" + "33" * 32,
    parent_hash="0x" + "00" * 32,
    number="0x10",
    timestamp="0x1",
    state_root="0x" + "11" * 32,
    withdrawals_root="0x" + "22" * 32,
)


def test_output_root__since_isthmus__follows_from_the_header():
    """Version 0, the state root, the message passer's storage root, the block's hash."""
    parts = bytes(32) + b"\x11" * 32 + b"\x22" * 32 + b"\x33" * 32
    assert keccak_hex(parts) == checks.output_root(HEADER)


@pytest.mark.parametrize("root", ["", checks.EMPTY_TRIE])
def test_output_root__before_isthmus__cannot_be_told(root):
    """The header's field was absent, or the root of an empty list."""
    with pytest.raises(ValueError, match="older than Isthmus"):
        checks.output_root(msgspec.structs.replace(HEADER, withdrawals_root=root))
