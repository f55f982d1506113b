"""Words, against eth-abi as the oracle."""

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from layerkeep.core.encoding import abi

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
HEX = st.text("0123456789abcdef+-_x ", max_size=200).map(lambda digits: "0x" + digits)


@given(st.integers(0, 2**256 - 1), ADDRESSES, st.binary(max_size=100), st.binary(max_size=80))
def test_read__what_the_oracle_encoded__is_what_it_was(
    number: int, account: str, first: bytes, second: bytes
) -> None:
    """Words and dynamic bytes are read as eth-abi writes them."""
    kinds = ["uint256", "address", "bytes", "bytes"]
    data = "0x" + encode(kinds, [number, account, first, second]).hex()
    assert number == abi.uint(data, 0)
    assert account == abi.address(data, 1)
    assert (first, second) == (abi.dynamic_bytes(data, 2), abi.dynamic_bytes(data, 3))
    assert abi.bytes32(data, 0) == f"0x{number:064x}"
    assert account == abi.topic_address("0x" + abi.word(data, 1))


@given(st.integers(0, 2**256 - 1), ADDRESSES, st.binary(max_size=100))
def test_encode__any_value__is_what_the_oracle_encodes(
    number: int, account: str, content: bytes
) -> None:
    """Words and tails are written as eth-abi writes them."""
    assert encode(["uint256"], [number]) == abi.encode_uint(number)
    assert encode(["address"], [account]) == abi.encode_address(account)
    assert encode(["bytes"], [content]) == abi.encode_uint(32) + abi.encode_bytes(content)


@given(HEX, st.integers(0, 3))
def test_read__any_text__gives_a_value_or_value_error(data: str, index: int) -> None:
    """Malformed data raises ValueError and nothing else, and never a number below zero."""
    for read in (abi.uint, abi.bytes32, abi.address, abi.dynamic_bytes):
        try:
            value = read(data, index)
        except ValueError:
            continue
        assert not isinstance(value, int) or value >= 0


@pytest.mark.parametrize(
    "digits", ["-" + "1" * 63, "1_" * 32, " 1" * 32, "11 " * 21 + "1", "11" * 31 + "  ", "zz" * 32]
)
def test_word__no_hex_digits__raises_value_error(digits: str) -> None:
    """Signs, underscores and spaces, which int() would take, are no hex digits."""
    with pytest.raises(ValueError, match=r"."):
        abi.uint("0x" + digits, 0)


def test_address__upper_bytes_set__raises_value_error() -> None:
    """An address has twelve zero bytes before it."""
    with pytest.raises(ValueError, match="word 0 is no address"):
        abi.address("0x" + "11" * 32, 0)


@pytest.mark.parametrize("words", [(1,), (32, 1), (2**255, 0), (0,)])
def test_dynamic_bytes__offset_or_length_wrong__raises_value_error(words: tuple[int, ...]) -> None:
    """An offset between words, or content that is not there, is an error."""
    data = "0x" + b"".join(map(abi.encode_uint, words)).hex()
    if words == (0,):
        assert b"" == abi.dynamic_bytes(data, 0)
        return
    with pytest.raises(ValueError, match=r"."):
        abi.dynamic_bytes(data, 0)
