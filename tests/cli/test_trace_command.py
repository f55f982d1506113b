"""`layerkeep trace` by a claim's root, an address, and a hash that is cut short."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from layerkeep.cli.main import cli
from layerkeep.core.facts import Anchor, Claimed, Fact, Sent
from layerkeep.core.units import ChainName
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Cursor, Entry, MessageRow

L1, L2 = ChainName("l1"), ChainName("l2")
NAMES = ["0x7be1" + digit * 56 + "30ca" for digit in "56"]
ROOT, ANN, BOB = "0x" + "0d" * 32, "0x" + "1a" * 20, "0x" + "2b" * 20
PORTAL = "0x" + "a1" * 20
TOPOLOGY = f"""
[network]
name = "two"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
[chains.l2]
chain_id = 901
stack = "op_stack"
settles_on = "l1"
block_time_ms = 1000
[chains.l2.contracts.l1]
portal = "{PORTAL}"
l1_messenger = "0x00000000000000000000000000000000000000a2"
"""


async def fill(path: Path) -> None:
    """Two deposits of one sender, and a claim."""
    anchor = Anchor(L1, 20, "0x14", 1_800_000_000_000, "0x" + "51" * 32, 0, 1)
    facts = [
        Fact(
            anchor,
            Sent("op_stack.deposit", name, (f"l2/tx/{name}",), L1, L2, ANN, BOB),
            ordinal=nth,
        )
        for nth, name in enumerate(NAMES)
    ]
    facts.append(Fact(anchor, Claimed("l2/game/0x9a", "l2/claims", 7, ROOT), ordinal=2))
    rows = [
        MessageRow(name, nth + 1, "op_stack.deposit", L1, L2, "initiated", False, 5, 5, sender=ANN)
        for nth, name in enumerate(NAMES)
    ]
    store = await Store.open(str(path), "two")
    try:
        await store.append(Entry(Cursor(L1, 20, "0x14", anchor.time, 0, 20), facts))
        await store.save_messages(rows, (), 3)
    finally:
        await store.close()


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What `layerkeep trace` says in JSON, and how it ends."""
    topology, store = tmp_path / "two.toml", tmp_path / "two.sqlite"
    topology.write_text(TOPOLOGY)
    asyncio.run(fill(store))

    def trace(name: str) -> tuple[dict, int]:
        args = ["trace", name, "--topology", str(topology), "--store", str(store), "--json"]
        done = CliRunner().invoke(cli, args)
        assert done.stdout, (done.output, done.exception)
        return json.loads(done.stdout), done.exit_code

    return trace


def test_trace__of_a_cut_hash__is_the_journey_or_a_list(traced) -> None:
    """One is told, several are listed; none is an end with 1."""
    told, code = traced(NAMES[0][:10])
    assert ([NAMES[0]], 0) == ([each["id"] for each in told["journeys"]], code)
    listed, code = traced("0x7be1…30ca")
    assert (NAMES, [], 0) == ([each["name"] for each in listed["found"]], listed["journeys"], code)
    assert ([], 1) == (traced("0x7be1…30cb")[0]["found"], traced("0x7be1…30cb")[1])


def test_trace__of_a_root_or_an_address__tells_the_claim_or_who_it_is(traced) -> None:
    """A claim's root its facts; a sender its messages; a contract its component."""
    told, code = traced(ROOT)
    assert (1, 0) == (len(told["facts"]), code)
    assert ROOT == told["facts"][0]["says"]["root"]
    for address, expected in ((ANN, ("messages", ANN)), (PORTAL, ("component", "bridge:l2"))):
        (found,) = traced(address)[0]["found"]
        assert expected == (found["kind"], found["name"])
