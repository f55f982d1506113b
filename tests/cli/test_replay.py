"""Recorded mainnet transactions through `layerkeep replay` and `layerkeep decode`."""

import json

import pytest

from layerkeep.core.keccak import topic0

L2_TO_L1_TX = topic0(
    "L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)"
)
CHAINS = {1: "ethereum", 10: "op-mainnet", 42161: "arbitrum-one"}


@pytest.fixture(scope="module")
def recorded(realdata):
    """Every file of recorded transactions, in the order of their names."""
    return sorted((realdata / "receipts").glob("rotki_*.json"))


def test_replay__of_everything_recorded__decodes_all(layerkeep_json, recorded):
    """No log of a known contract is left undecoded."""
    found = layerkeep_json("replay", "--topology", "mainnet", *recorded)

    assert [] == found["undecoded"]
    assert found["transactions"] == sum(len(json.loads(path.read_text())) for path in recorded)


def test_replay__of_everything_recorded__finds_every_link_with_both_sides(
    layerkeep_json, recorded, realdata
):
    """Each pair recorded on both sides is found, by the key that ties it."""
    pairs = json.loads((realdata / "receipts" / "pairs.json").read_text())
    expected = {
        (CHAINS[pair["src"][0]], pair["src"][1], CHAINS[pair["dst"][0]], pair["dst"][1])
        for pair in pairs
        if pair["dstReceiptPresent"]
    }
    keys = {pair["dst"][1]: pair["key"] for pair in pairs if pair["dstReceiptPresent"]}

    links = layerkeep_json("replay", "--topology", "mainnet", *recorded)["links"]
    found = {(*link["source"], *link["target"]) for link in links}

    assert set() == expected - found
    assert keys == {
        link["target"][1]: link["key"].rsplit("/", 1)[1]
        for link in links
        if link["target"][1] in keys
    }


def test_replay__of_everything_recorded__finds_no_link_that_the_logs_do_not_prove(
    layerkeep_json, recorded, realdata
):
    """Every other link is one of an Arbitrum send to its execution, by the send's own position."""
    pairs = json.loads((realdata / "receipts" / "pairs.json").read_text())
    paired = {pair["dst"][1] for pair in pairs}
    logs = {
        entry["transaction"]["hash"]: entry["receipt"]["logs"]
        for path in recorded
        for entry in json.loads(path.read_text())
    }

    links = layerkeep_json("replay", "--topology", "mainnet", *recorded)["links"]
    others = [link for link in links if link["target"][1] not in paired]

    for link in others:
        position = link["key"].rsplit("/", 1)[1]
        sent = [
            log
            for log in logs[link["source"][1]]
            if (log["topics"][0], log["topics"][3:]) == (L2_TO_L1_TX, [position])
        ]
        executed = [log for log in logs[link["target"][1]] if log["data"] == position]
        assert (1, 1) == (len(sent), len(executed))


def test_replay__of_derived_children__names_the_transaction_that_was_to_come(
    layerkeep_json, recorded, realdata
):
    """Where only the source was recorded, the child's transaction hash is derived from it."""
    pairs = json.loads((realdata / "receipts" / "pairs.json").read_text())
    expected = {p["src"][1]: p["key"] for p in pairs if "derived" in p["kind"]}

    messages = layerkeep_json("replay", "--topology", "mainnet", *recorded)["messages"]

    assert expected == {m["tx"]: m["id"] for m in messages if m["tx"] in expected}


def test_decode__of_a_block_of_receipts__finds_nothing_of_other_networks(layerkeep_json, realdata):
    """A whole block with a deposit and an output of chains we do not know says nothing of ours."""
    path = realdata / "receipts" / "ethereum_block_21925176_all_receipts.json"

    found = layerkeep_json("decode", "--topology", "mainnet", "--chain", "1", "--receipt", path)

    assert (202, []) == (found["receipts"], found["facts"])


def test_decode__of_recorded_deposits__finds_them(layerkeep_json, realdata):
    """Every recorded deposit of Ethereum to a chain we know is a fact that sends a message."""
    path = realdata / "receipts" / "rotki_ethereum.json"

    facts = layerkeep_json(
        "decode", "--topology", "mainnet", "--chain", "ethereum", "--receipt", path
    )["facts"]

    assert 13 == sum(fact["says"]["type"] == "sent" for fact in facts)
