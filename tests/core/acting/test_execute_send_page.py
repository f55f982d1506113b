"""The page for a confirmed send says, with everything filled in, what to ask and what to call."""

import re
import tomllib

import pytest

from layerkeep.adapters.nitro.lifecycles import SEND
from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.acting.runbooks.placeholders import Unfilled
from layerkeep.core.acting.runs.plan import Asked, Scene, run_of
from layerkeep.core.facts import Anchor, Fact, Sent
from layerkeep.core.incidents.incident import Incident, incident_id
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.messages import Message
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.rules.problems import Problem
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.runbook_files import load_runbooks

NOW = Timestamp(1_700_000_000_000)
ADAPTERS = load_adapters()
BOOKS = load_runbooks()
OUTBOX = "0x00000000000000000000000000000000000000b4"
TX = "0x" + "7a" * 32
TEXT = f"""
[network]
name = "x"
[chains.l1]
chain_id = 1
stack = "ethereum"
block_time_ms = 12000
[chains.arb]
chain_id = 2
stack = "nitro"
settles_on = "l1"
block_time_ms = 250
[chains.arb.contracts.l1]
bridge = "0x00000000000000000000000000000000000000b1"
inbox = "0x00000000000000000000000000000000000000b2"
sequencer_inbox = "0x00000000000000000000000000000000000000b3"
outbox = "{OUTBOX}"
rollup = "0x00000000000000000000000000000000000000b5"
"""
HASHES = {
    "L2ToL1Tx": "0x3e7aafa77dbf186b7fd488006beff893744caa3c4f6f299e8a709fa2087374fc",
    "SendRootUpdated": "0xb4df3847300f076a369cd76d2314b470a1194d9e8a6bb97f1860aee88a5f6748",
    "constructOutboxProof": "0x42696350",
    "executeTransaction": "0x08635a95",
}
"""Topics and selectors as they are seen on Arbitrum One and its parent."""


def scene(*, known: bool = True) -> Scene:
    """A send that rests too long."""
    topology = read_topology({"x.toml": tomllib.loads(TEXT)}, ADAPTERS)
    graph = Graph(layers_of(topology, ADAPTERS))
    root = Problem("message-overdue", "route:arb->l1", "m", NOW, "warning", "late")
    incident = Incident(incident_id("i", NOW), root, "late", "warning", "open", NOW, NOW)
    says = Sent("nitro.send", "m", (), ChainName("arb"), ChainName("l1"), "0xa", "0xb")
    sent = Fact(Anchor(ChainName("arb"), 9, "0x9", NOW, TX, 4), says)
    return Scene(
        incident, topology, graph, Message(sent, SEND, ChainName("arb")) if known else None
    )


def test_page__of_a_confirmed_send__names_chain_contract_and_transaction() -> None:
    """It is offered for a late message, and is over when the outbox executed it."""
    named = [page.name for page in answering(BOOKS.values(), "message-overdue", "route:arb->l1")]
    run = run_of(BOOKS["execute-send"], scene(), Asked("ann", NOW))
    words = " ".join(f"{step.note} {step.params.get('question', '')}" for step in run.steps)

    assert "execute-send" in named
    assert f"on arb: eth_getTransactionReceipt {TX}" in words
    assert f"eth_call on l1 of {OUTBOX} with executeTransaction" in words
    assert "{" not in words
    assert ["confirmed"] == run.preconditions[1].params["stages"]
    assert ["executed"] == run.steps[-1].params["until"]["stages"]


def test_page__of_a_confirmed_send__writes_signatures_as_the_contracts_have_them() -> None:
    """Whoever copies one out of it asks for what is there."""
    run = run_of(BOOKS["execute-send"], scene(), Asked("ann", NOW))
    words = " ".join(f"{step.note} {step.params.get('question', '')}" for step in run.steps)
    found = {each.split("(")[0]: each for each in re.findall(r"\w+\([a-z0-9,\[\]]+\)", words)}

    assert HASHES == {
        name: keccak_hex(text.encode())[: len(HASHES[name])] for name, text in found.items()
    }


def test_page__of_a_confirmed_send__needs_a_message() -> None:
    """Without one it says what it lacks."""
    with pytest.raises(Unfilled, match=r"message\."):
        run_of(BOOKS["execute-send"], scene(known=False), Asked("ann", NOW))
