"""Filling a runbook in, and judging conditions by what is believed."""

import tomllib
from typing import Any

import pytest

from layerkeep.core.acting.runbooks.model import Condition
from layerkeep.core.acting.runbooks.placeholders import Unfilled
from layerkeep.core.acting.runs.conditions import Look, holds
from layerkeep.core.acting.runs.plan import Asked, Scene, run_of
from layerkeep.core.engine import Engine
from layerkeep.core.facts import (
    Anchor,
    Fact,
    HeadSeen,
    Measured,
    NodesSeen,
    NodeState,
    Posted,
    Switched,
)
from layerkeep.core.incidents.incident import Incident, incident_id
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.rules.problems import Problem
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.runbook_files import load_runbooks

ADAPTERS = load_adapters()
NOW = Timestamp(1_700_000_000_000)
BATCHER = "0x" + "b1" * 20
TEXT = f"""
[network]
name = "x"
[chains.l1]
chain_id = 1
stack = "ethereum"
block_time_ms = 12000
[chains.l2]
chain_id = 2
stack = "op_stack"
settles_on = "l1"
block_time_ms = 2000
upstreams = [{{ name = "a", url = "http://a" }}, {{ name = "b", url = "http://b" }}]
[chains.l2.actors]
batcher = "{BATCHER}"
[chains.l2.contracts.l1]
portal = "0x00000000000000000000000000000000000000a1"
l1_messenger = "0x00000000000000000000000000000000000000a2"
superchain_config = "0x00000000000000000000000000000000000000a3"
[acting.amounts]
refill = "7"
floor = "5"
[runners.host1]
kind = "systemd"
units = {{ "upstream:a" = "geth.service" }}
[signers.treasury]
kind = "safe"
chain = "l1"
address = "0x00000000000000000000000000000000000000d4"
jobs = ["funder"]
"""
TOPOLOGY = read_topology({"x.toml": tomllib.loads(TEXT)}, ADAPTERS)
LAYERS = layers_of(TOPOLOGY, ADAPTERS)
BOOKS = load_runbooks()


def scene(kind: str, component: str) -> Scene:
    """An incident of one problem."""
    root = Problem(kind, component, "x", NOW, "critical", "something")
    name = incident_id(f"{kind} {component}", NOW)
    incident = Incident(name, root, "something", "critical", "open", NOW, NOW)
    head = Fact(Anchor(ChainName("l2"), 9, "0xabc", NOW), HeadSeen(9))
    jobs = ADAPTERS["op_stack"].jobs
    return Scene(incident, TOPOLOGY, Graph(LAYERS), None, head, jobs)


def asked(attempts: int = 0, before: int = 0) -> Asked:
    """Ann asks."""
    return Asked("ann", NOW, before, attempts)


def test_plan__of_a_refill__names_account_amount_and_signer() -> None:
    """Everything is a plain value, and the incident must still be open."""
    run = run_of(BOOKS["refill-actor"], scene("funds-out", "batcher:l2"), asked())

    expected = {"chain": "l1", "to": BATCHER, "value": "7", "signer": "treasury"}
    assert expected == run.steps[0].params
    assert {"chain": "l2", "job": "batcher", "wei": "5"} == run.preconditions[1].params
    assert "incident-open" == run.preconditions[0].name


def test_plan__of_a_restart__names_runner_and_unit_where_there_is_one() -> None:
    """A node that nobody may restart is named as what is missing."""
    run = run_of(BOOKS["restart-node"], scene("upstream-silent", "upstream:a"), asked())

    assert {"runner": "host1", "restart": "geth.service"} == run.steps[0].params
    with pytest.raises(Unfilled, match=r"unit|runner"):
        run_of(BOOKS["restart-node"], scene("upstream-silent", "upstream:b"), asked())


def test_plan__without_a_signer_for_the_job__is_prepared_for_a_person() -> None:
    """No guardian is declared; both ways are filled in."""
    run = run_of(BOOKS["pause-bridge"], scene("claim-false", "proposer:l2"), asked())

    assert ("", "pause(address)") == (
        run.steps[0].params["signer"],
        run.steps[0].params["signature"],
    )
    assert "unpause(address)" == run.way_back[0].params["signature"]
    assert run.steps[0].key != run.way_back[0].key


def test_key__is_alike_as_long_as_nothing_acted__whatever_was_proposed() -> None:
    """A store from a backup counts fewer runs, and comes to the key that the world knows."""
    place = scene("sequencer-down", "sequencer:l2")
    first, again, second = (
        run_of(BOOKS["start-sequencer"], place, asked(*counts))
        for counts in ((0, 0), (0, 1), (1, 1))
    )

    assert first.steps[0].key == again.steps[0].key != second.steps[0].key
    assert first.id != again.id
    assert ["0xabc"] == first.steps[0].params["params"]
    assert ("sequencer:l2",) == first.touches


def told(chain: str, says: Any, time: int = NOW) -> Fact:
    """A fact of a moment."""
    return Fact(Anchor(ChainName(chain), 1000, "0x9", time), says)


def engine() -> Engine:
    """What is believed: l2 moves, a is level, b lags far, the batcher has 4 wei, a batch came."""
    found = Engine((), TOPOLOGY.chains, LAYERS)
    nodes = (NodeState("a", True, 1000), NodeState("b", True, 10))
    for fact in (
        told("l1", HeadSeen(9)),
        told("l2", HeadSeen(1000)),
        told("l2", NodesSeen(-1, nodes)),
        told("l1", Measured(ChainName("l2"), "batcher.balance_wei", 4)),
        told("l1", Posted(ChainName("l2"), "batch")),
        told("l1", Switched(ChainName("l2"), "paused", True)),
    ):
        found.observe(fact, NOW)
    return found


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("incident-open", {"incident": "i"}, True),
        ("incident-resolved", {"incident": "i"}, False),
        ("problem-gone", {"problem": "batches-stalled", "on": "batcher:l2"}, True),
        ("problem-there", {"problem": "batches-stalled", "on": "batcher:l2"}, False),
        ("message-in-stage", {"message": "m", "stages": ["executed"]}, True),
        ("message-in-stage", {"message": "m", "stages": ["failed"]}, False),
        ("message-in-stage", {"message": "other", "stages": ["failed"]}, None),
        ("head-moving", {"chain": "l2"}, True),
        ("head-standing", {"chain": "l2"}, False),
        ("balance-at-least", {"chain": "l2", "job": "batcher", "wei": "5"}, False),
        ("balance-below", {"chain": "l2", "job": "batcher", "wei": "5"}, True),
        ("balance-below", {"chain": "l2", "job": "proposer", "wei": "5"}, None),
        ("upstream-answering", {"upstream": "a"}, True),
        ("upstream-silent", {"upstream": "a"}, False),
        ("upstream-level", {"upstream": "a"}, True),
        ("upstream-level", {"upstream": "b"}, False),
        ("upstream-level", {"upstream": "c"}, None),
        ("upstream-not-alone", {"upstream": "a"}, True),
        ("bridge-paused", {"chain": "l2"}, True),
        ("bridge-open", {"chain": "l2"}, False),
        ("batch-posted", {"chain": "l2"}, False),
    ],
)
def test_condition__before_a_step__is_judged_by_what_is_believed(
    name: str, params: dict[str, Any], expected: bool | None
) -> None:
    """True, false, or nobody can tell."""
    look = Look(engine().watch.ground, {"i"}, NOW, None, {"m": "executed"})

    assert expected is holds(Condition(name, params), look)


@pytest.mark.parametrize(
    ("name", "params", "before", "after"),
    [
        ("head-moving", {"chain": "l2"}, True, False),
        ("batch-posted", {"chain": "l2"}, True, False),
        ("upstream-answering", {"upstream": "a"}, True, None),
    ],
)
def test_proof__counts_only_what_came_since_the_step_began(
    name: str, params: dict[str, Any], before: bool, after: bool | None
) -> None:
    """What was so before proves nothing."""
    found = []
    for since in (NOW - 1, NOW):
        look = Look(engine().watch.ground, (), NOW, Timestamp(since))
        found.append(holds(Condition(name, params), look))

    assert [before, after] == found


def test_condition__while_the_chain_is_blind__nobody_can_tell() -> None:
    """An hour after the last answer."""
    look = Look(engine().watch.ground, (), Timestamp(NOW + 3_600_000))

    for name, params in (
        ("head-moving", {"chain": "l2"}),
        ("problem-gone", {"problem": "batches-stalled", "on": "batcher:l2"}),
        ("bridge-paused", {"chain": "l2"}),
    ):
        assert None is holds(Condition(name, params), look)
