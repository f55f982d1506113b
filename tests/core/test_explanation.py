"""Explanations: why an incident is what it says it is."""

import msgspec
from storm import CRITICAL, Desk, down, graph, overdue, problem

from layerkeep.core.facts import Anchor, Fact, HeadSeen
from layerkeep.core.incidents import explain, explanation_text
from layerkeep.core.incidents.explanation import EDGE_WORDS, PROOFS_MAX, Proof, way_text
from layerkeep.core.units import MINUTE, ChainName

PROOF = Proof("l1", 7, "0xabc", 3, "l1-a", "head")


def test_explanation__of_a_storm__tells_root_then_symptoms() -> None:
    """The root comes first with its proof, then each kind of symptom with count, way and time."""
    desk = Desk()
    desk.take(down(), *(overdue(each) for each in range(20)), problem("safe-stalled", "chain:l3"))
    root, *symptoms = explain(desk.only(), graph())

    assert ("root", "sequencer-down", 1, 0, ()) == (
        root.role,
        root.kind,
        root.count,
        root.after,
        root.way,
    )
    assert (PROOF,) == root.proofs
    assert [("safe-stalled", 1, 0), ("message-overdue", 20, MINUTE)] == [
        (each.kind, each.count, each.after) for each in symptoms
    ]
    assert {"sequencer-down sequencer:l2"} == {each.cause for each in symptoms}
    assert ("the route l1->l2 gets its blocks from l2's sequencer",) == symptoms[1].way


def test_explanation__as_text__reads_as_sentences() -> None:
    """What a person reads at night."""
    desk = Desk()
    desk.take(
        problem("chain-halted", "chain:l1", severity=CRITICAL),
        problem("batches-stalled", "batcher:l2", since=-MINUTE),
    )

    assert [
        "root: chain-halted of chain:l1",
        "  proof: head at l1 block 7, tx 0xabc, log 3, told by l1-a",
        "symptom: batches-stalled of l2's batcher, 1 now, began 1 m before the root",
        "  l2's batcher posts to l1",
        "  proof: head at l1 block 7, tx 0xabc, log 3, told by l1-a",
    ] == explanation_text(desk.only(), graph())


def test_explanation__of_a_resolved_incident__still_tells_all_there_was() -> None:
    """A report is written after the end."""
    desk = Desk()
    desk.take(down(), overdue(1), overdue(2))
    incident = desk.only()
    desk.clear(down(), overdue(1), overdue(2))
    desk.wait(60 * MINUTE)

    assert "resolved" == incident.state
    assert ["root: sequencer-down of sequencer:l2, over now"] == explanation_text(
        incident, graph()
    )[:1]
    assert [(0, 1), (0, 2)] == [(each.count, each.seen) for each in explain(incident, graph())]


def test_explanation__of_group__says_how_many() -> None:
    """Many of one kind are told once."""
    desk = Desk()
    desk.take(overdue(1, severity=CRITICAL), overdue(2))

    assert (
        "root: message-overdue of route:l1->l2, 2 of its kind"
        == explanation_text(desk.only(), graph())[0]
    )


def test_proofs__of_many__are_bounded_and_plain() -> None:
    """A line names a few facts; all of it can be shown as JSON."""
    facts = tuple(Fact(Anchor(ChainName("l1"), n, "0x", 0), HeadSeen(n)) for n in range(50))
    desk = Desk()
    desk.take(down(), *(overdue(each, proof=facts[each : each + 3]) for each in range(40)))
    lines = explain(desk.only(), graph())

    assert PROOFS_MAX == len(lines[1].proofs)
    assert None is lines[1].proofs[0].log
    assert msgspec.json.encode(lines)


def test_way__between_any_two_components__is_told_whole() -> None:
    """Every edge of the graph has words, and every path is told edge by edge."""
    network = graph()
    for component in network:
        for below, path in network.stands_on(component).items():
            assert len(path) == len(way_text(network, component, below)), (component, below)

    assert set(EDGE_WORDS) == {edge for edges in network.edges.values() for edge, _ in edges}


def test_way__on_one_component__says_so() -> None:
    """Two troubles of one component need no edge."""
    assert ("both are troubles of l2's batcher",) == way_text(graph(), "batcher:l2", "batcher:l2")
