"""RLP, against the rlp library as the oracle."""

import pytest
import rlp as oracle
from hypothesis import given
from hypothesis import strategies as st

from layerkeep.core.encoding import rlp

ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5))


@given(ITEMS)
def test_encode__any_item__is_what_the_oracle_encodes(item: rlp.Item) -> None:
    """Encoding agrees with the oracle, and decoding gives the item back."""
    assert oracle.encode(item) == rlp.encode(item)
    assert item == rlp.decode(rlp.encode(item))


@given(st.binary(max_size=80) | ITEMS.map(rlp.encode).map(lambda data: data[:-1]))
def test_decode__any_bytes__accepts_what_the_oracle_accepts(data: bytes) -> None:
    """Exactly what the oracle takes for RLP is taken, with the same meaning."""
    try:
        expected = oracle.decode(data)
    except oracle.DecodingError:
        with pytest.raises(ValueError, match="RLP"):
            rlp.decode(data)
    else:
        assert expected == rlp.decode(data)


@given(st.integers(0, 2**256))
def test_integer__any__has_no_leading_zero(value: int) -> None:
    """Integers are minimal big-endian bytes, as the oracle's are."""
    assert oracle.sedes.big_endian_int.serialize(value) == rlp.integer(value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "behind the end"),
        ("0000", "ends at byte 1 of 2"),
        ("8105", "stands for itself"),
        ("b80101", "longer than it need be"),
        ("b90038" + "00" * 56, "longer than it need be"),
        ("b9", "cut short"),
        ("82aa", "needs 3 bytes"),
        ("c182aabb", "runs over"),
    ],
)
def test_decode__malformed__says_why(data: str, why: str) -> None:
    """Each way of being malformed is named."""
    with pytest.raises(ValueError, match=why):
        rlp.decode(bytes.fromhex(data))


def test_decode__lists_nested_without_end__raises_value_error() -> None:
    """A hostile nesting is refused before the stack is exhausted."""
    data = b""
    for _ in range(2_000):
        data = rlp.encode([]) if not data else rlp._prefix(len(data), 0xC0) + data
    with pytest.raises(ValueError, match="nested deeper"):
        rlp.decode(data)
