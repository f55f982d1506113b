"""The table of tokens: names by address, every fault at its spot, the same in the schema."""

import pytest

from layerkeep.core.errors import TopologyError
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.schema import topology_schema
from layerkeep.core.topology.tokens import TokenName
from layerkeep.edge.plugins import load_adapters

ADAPTERS = load_adapters()
CHAIN = {"l1": {"chain_id": 1, "stack": "ethereum", "block_time_ms": 12_000}}
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


def read(*tables):
    """The tokens of a topology whose files have these tables."""
    files = {f"{nth}.toml": {"tokens": table} for nth, table in enumerate(tables)}
    files["0.toml"] |= {"network": {"name": "x"}, "chains": CHAIN}
    return read_topology(files, ADAPTERS).tokens


def test_tokens__of_several_files__are_named_by_address():
    """In lower case, as facts have them."""
    other = "0x" + "3c" * 20
    found = read(
        {USDC: {"symbol": "USDC", "decimals": 6}}, {other: {"symbol": "T b", "decimals": 0}}
    )

    assert {USDC.lower(): TokenName("USDC", 6), other: TokenName("T b", 0)} == found
    assert {} == read({})


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (({"usdc": {"symbol": "USDC", "decimals": 6}},), "an address"),
        (({USDC.replace("A", "a", 1): {"symbol": "U", "decimals": 6}},), "checksum"),
        (({USDC: {"symbol": "USDC"}},), "decimals"),
        (({USDC: {"symbol": "", "decimals": 6}},), "letters that can be printed"),
        (({USDC: {"symbol": "U\u202eSD", "decimals": 6}},), "letters that can be printed"),
        (({USDC: {"symbol": "x" * 25, "decimals": 6}},), "letters that can be printed"),
        (({USDC: {"symbol": "U", "decimals": -1}},), "decimals"),
        (({USDC: {"symbol": "U", "decimals": 78}},), "from 0 to 77"),
        (({USDC: {"symbol": "U", "decimals": "6"}},), "decimals"),
        (({USDC: {"symbol": "U", "decimals": 6, "name": "x"}},), "name"),
        (({USDC: 6},), "table"),
        (({USDC: {"symbol": "U", "decimals": 6}},) * 2, "a second name"),
    ],
)
def test_tokens__with_a_fault__are_refused_with_what_was_expected(tables, said):
    """Nothing half understood is shown as an amount."""
    with pytest.raises(TopologyError) as refused:
        read(*tables)

    assert said in str(refused.value)
    assert "tokens" in str(refused.value)


def test_schema__of_tokens__asks_for_both_words():
    """An editor says so before layerkeep does."""
    (schema,) = topology_schema(ADAPTERS)["properties"]["tokens"]["patternProperties"].values()

    assert ["decimals", "symbol"] == sorted(schema["required"])
    assert (0, 77) == (
        schema["properties"]["decimals"]["minimum"],
        schema["properties"]["decimals"]["maximum"],
    )
