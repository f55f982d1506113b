"""Calls and events by their signatures, held against the ecosystem's own encoder."""

import eth_abi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerkeep.core.keccak import selector
from layerkeep.edge.steps.contract_types import (
    calldata,
    decode,
    decoded_call,
    encode,
    log_fields,
    signature_of,
)

WORDS = ("uint256", "uint8", "int64", "address", "bool", "bytes32", "bytes4", "bytes", "string")


def kinds(depth=2):
    """Types, arrays and tuples within each other."""
    words = st.sampled_from(WORDS)
    if not depth:
        return words
    inner = kinds(depth - 1)
    listed = st.builds("{}[{}]".format, inner, st.sampled_from(["", "1", "3"]))
    tuples = st.lists(inner, min_size=1, max_size=3).map(lambda each: f"({','.join(each)})")
    return words | listed | tuples


def value_of(kind, draw):
    """A value of a type, as a runbook would write it, and as the encoder wants it."""
    if kind.form == "tuple":
        pairs = [value_of(each, draw) for each in kind.inner]
        return [a for a, _ in pairs], tuple(b for _, b in pairs)
    if kind.form == "list":
        count = draw(st.integers(0, 3)) if kind.size == -1 else kind.size
        pairs = [value_of(kind.inner[0], draw) for _ in range(count)]
        return [a for a, _ in pairs], [b for _, b in pairs]
    if kind.form == "string":
        text = draw(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
        return text, text
    if kind.form == "bytes" or kind.text.startswith("bytes"):
        size = int(kind.text[5:]) if kind.form == "word" else draw(st.integers(0, 70))
        content = draw(st.binary(min_size=size, max_size=size))
        return "0x" + content.hex(), content
    if kind.text == "address":
        text = "0x" + draw(st.binary(min_size=20, max_size=20)).hex()
        return text, text
    if kind.text == "bool":
        truth = draw(st.booleans())
        return truth, truth
    bits = int(kind.text.removeprefix("u")[3:])
    least, most = (
        (0, 2**bits - 1) if kind.text[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )
    number = draw(st.integers(least, most))
    return str(number), number


@settings(max_examples=150, deadline=None)
@given(st.lists(kinds(), max_size=4), st.data())
def test_values__of_any_types__are_encoded_as_everybody_does(texts, data):
    """And come back as they were."""
    signature = signature_of(f"f({','.join(texts)})")
    pairs = [value_of(kind, data.draw) for kind in signature.fields]
    ours = encode(signature.fields, [a for a, _ in pairs])

    assert eth_abi.encode(texts, [b for _, b in pairs]) == ours
    assert [a for a, _ in pairs] == decode(signature.fields, ours)


@settings(max_examples=100, deadline=None)
@given(st.lists(kinds(), min_size=1, max_size=4), st.binary(max_size=300))
def test_decode__of_anything__gives_values_or_a_named_error(texts, content):
    """A node's answer cannot exhaust us."""
    signature = signature_of(f"f({','.join(texts)})")
    try:
        decode(signature.fields, content)
    except ValueError as error:
        assert str(error)


def test_decode__of_a_list_longer_than_its_answer__is_refused():
    """The announced length alone takes no room."""
    words = (32, 1 << 40)
    data = b"".join(each.to_bytes(32, "big") for each in words)
    with pytest.raises(ValueError, match="no room"):
        decode(signature_of("f(uint256[])").fields, data)


def test_calldata__of_a_function_with_names_and_a_tuple__is_shown_as_it_is():
    """Names do not change the selector."""
    signature = signature_of("finalize((uint nonce, address to, bytes data) tx, bool really)")
    args = [["7", "0x" + "11" * 20, "0xabcd"], "true"]
    data = calldata(signature, args)

    assert selector("finalize((uint256,address,bytes),bool)") == data[:10]
    shown = decoded_call(signature, data)
    assert [["7", "0x" + "11" * 20, "0xabcd"], True] == [each["value"] for each in shown]
    assert "(uint256,address,bytes)" == shown[0]["type"]


def test_log__of_an_event__gives_its_fields_by_name():
    """Of an indexed text only the hash is there."""
    event = signature_of("E(uint256 indexed a, address b, string indexed c, bytes d)")
    data = eth_abi.encode(["address", "bytes"], ["0x" + "22" * 20, b"\x01\x02"])
    topics = [event.hash, "0x" + "00" * 31 + "05", "0x" + "cc" * 32]

    assert {"a": "5", "b": "0x" + "22" * 20, "c": "0x" + "cc" * 32, "d": "0x0102"} == log_fields(
        event, topics, "0x" + data.hex()
    )
    with pytest.raises(ValueError, match="no E with 2 indexed"):
        log_fields(event, topics[:2], "0x" + data.hex())


@pytest.mark.parametrize(
    "text", ["f", "f(uint7)", "f(bytes33)", "f(a)", "f((uint256)", "f(x y z)", "1()"]
)
def test_signature__that_is_none__is_refused(text):
    """A runbook's mistake has a name."""
    with pytest.raises(ValueError, match=r"\w"):
        signature_of(text)


@pytest.mark.parametrize(
    ("signature", "args"),
    [
        ("f(uint8)", ["256"]),
        ("f(uint8)", [True]),
        ("f(uint8)", ["x"]),
        ("f(address)", ["0x12"]),
        ("f(bytes4)", ["0x12"]),
        ("f(bool)", ["maybe"]),
        ("f(uint8[2])", [["1"]]),
        ("f(uint8)", []),
        ("f(uint8)", ["1", "2"]),
        ("f(string)", [5]),
        ("f((uint8,bool))", ["1"]),
    ],
)
def test_value__that_does_not_fit__is_refused(signature, args):
    """Nothing is cut off or filled up."""
    with pytest.raises(ValueError, match=r"\w"):
        calldata(signature_of(signature), args)
