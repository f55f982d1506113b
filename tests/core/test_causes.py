"""Causes: which problem follows from which."""

import random
from collections.abc import Sequence
from itertools import permutations, product

import pytest
from storm import (
    CRITICAL,
    MAY_CAUSE,
    T0,
    calls,
    down,
    graph,
    layer,
    note,
    overdue,
    problem,
    rules,
)

from layerkeep.core.incidents.causes import SLACK, Causes
from layerkeep.core.network.graph import Graph
from layerkeep.core.rules.problems import Problem
from layerkeep.core.units import HOUR, MINUTE, ChainName, Timestamp

RAISED = Timestamp(T0 + 2 * MINUTE)


def causes(*problems: Problem, at: Timestamp = RAISED) -> Causes:
    """All told at one time, one after the other."""
    found = Causes(graph(), rules())
    for each in problems:
        found.put(each, at, each.since)
        found.settle()
    return found


def roots(found: Causes) -> dict[str, str]:
    """The root of each problem."""
    return {name: node.root for name, node in found.nodes.items()}


def test_root__below_and_able__is_named() -> None:
    """A late message follows from the sequencer that its route goes through."""
    found = causes(overdue(1), down())

    assert "sequencer-down sequencer:l2" == found.nodes[overdue(1).id].root
    assert "sequencer-down sequencer:l2" == found.nodes[down().id].root


@pytest.mark.parametrize(
    "other",
    [
        problem("upstream-silent", "upstream:l1-a"),
        down(chain="l3"),
        problem("sequencer-down", "sequencer:l2", since=2 * MINUTE + SLACK + 1),
    ],
    ids=["not able", "not below", "too late"],
)
def test_root__not_able_or_not_below_or_too_late__is_its_own(other: Problem) -> None:
    """Each of the three conditions is needed."""
    found = causes(other, overdue(1))

    assert "message-overdue route:l1->l2" == found.nodes[overdue(1).id].root


def test_root__just_within_slack__is_named() -> None:
    """A cause may seem to begin a little after its symptom was told."""
    late = problem("sequencer-down", "sequencer:l2", since=2 * MINUTE + SLACK)

    assert "sequencer-down sequencer:l2" == causes(late, overdue(1)).nodes[overdue(1).id].root


def test_root__through_others__is_the_last_cause() -> None:
    """Batches stall for want of funds, so the safe head stands, and so does the child's."""
    chain = [
        problem("funds-out", "batcher:l2", since=MINUTE),
        problem("batches-stalled", "batcher:l2"),
        problem("safe-stalled", "chain:l2"),
        problem("claims-stalled", "proposer:l3"),
        problem("message-overdue", "route:l3->l2", "m1"),
    ]
    found = causes(*reversed(chain))

    assert {"funds-out batcher:l2"} == set(roots(found).values())
    assert [
        "",
        "funds-out batcher:l2",
        "batches-stalled batcher:l2",
        "safe-stalled chain:l2",
        "claims-stalled proposer:l3",
    ] == [found.nodes[each.id].cause for each in chain]


def test_root__of_several__is_the_lowest() -> None:
    """Of two causes the one on which more stands is the root, then the elder, then by name."""
    halted = problem("chain-halted", "chain:l1", since=MINUTE, severity=CRITICAL)
    paused = problem("bridge-paused", "bridge:l2")

    assert "chain-halted chain:l1" == causes(paused, halted, overdue(1)).nodes[overdue(1).id].root
    assert "bridge-paused bridge:l2" == causes(paused, overdue(1)).nodes[overdue(1).id].root


def test_root__equally_low__is_the_elder() -> None:
    """On one component the one that began first is the root."""
    found = causes(
        problem("bridge-paused", "bridge:l2", since=1),
        problem("claim-disputed", "bridge:l2", since=0),
        overdue(1),
    )

    assert "claim-disputed bridge:l2" == found.nodes[overdue(1).id].root


def test_note__is_a_symptom_and_causes_nothing() -> None:
    """What pages nobody is not named as a cause."""
    quiet = problem("bridge-paused", "bridge:l2", severity="info")
    found = causes(down(), quiet, note(1))

    assert "sequencer-down sequencer:l2" == found.nodes[note(1).id].root
    assert "message-overdue route:l1->l2" == causes(quiet, overdue(1)).nodes[overdue(1).id].root


def test_note__that_ended__explains_nothing() -> None:
    """Nor is it remembered."""
    quiet = problem("bridge-paused", "bridge:l2", severity="info")
    found = causes(quiet, overdue(1))
    assert None is found.clear(quiet.id, RAISED)
    found.settle()
    assert {overdue(1).id: "message-overdue route:l1->l2"} == roots(found)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_circle__of_kinds_that_cause_each_other__is_impossible(order: Sequence[int]) -> None:
    """Of kinds that can cause each other the elder is the cause, whoever was told first."""
    ring = [
        problem("sequencer-drift", "sequencer:l2", since=5),
        problem("sequencer-down", "sequencer:l2", since=3),
        problem("message-overdue", "route:l1->l2", since=1),
    ]
    found = causes(*(ring[each] for each in order))

    assert {"sequencer-down sequencer:l2"} == set(roots(found).values())
    assert "" == found.nodes[ring[1].id].cause


def _many(chance: random.Random, count: int) -> list[Problem]:
    components = [each for each in graph() if not each.startswith("upstream")]
    everything = list(product(MAY_CAUSE, components, "abc"))
    return [
        problem(*spot, since=chance.randrange(0, 6 * MINUTE, MINUTE // 2), severity=severity)
        for spot in chance.sample(everything, count)
        for severity in [chance.choice(["info", "warning", "critical"])]
    ]


@pytest.mark.parametrize("seed", range(25))
def test_causes__in_any_order__are_the_same_and_without_circle(seed: int) -> None:
    """The order of telling changes nothing, nor does what came and went in between."""
    chance = random.Random(seed)
    problems = _many(chance, 60)
    told = {each.id: Timestamp(T0 + chance.randrange(8 * MINUTE)) for each in problems}
    passing = {each.id for each in problems[40:] if each.kind == "message-overdue"}
    expected: dict[str, tuple[str, str]] = {}
    for turn in range(4):
        chance.shuffle(problems)
        found = Causes(graph(), rules())
        for each in problems:
            found.put(each, told[each.id], each.since)
            if chance.random() < 0.5 or turn == 0:
                found.settle()
        for each in passing:
            found.clear(each, T0)
        found.settle()
        result = {name: (node.root, node.cause) for name, node in found.nodes.items()}
        expected = expected or result

        assert expected == result
    for name in expected:
        _walk(found, name)


def _walk(found: Causes, name: str) -> None:
    """Following the eldest of each cause's group comes to an end at the root."""
    node, steps = found.nodes[name], 0
    while node.cause:
        above = found.eldest(node.cause)
        assert above is not None
        assert above.root == node.root
        node, steps = above, steps + 1
        assert steps < 50, f"{name} goes round in a circle"


def test_gone__still_explains_until_forgotten() -> None:
    """What ended explains its symptoms and late ones; forgotten, nothing."""
    found = causes(down(), overdue(1))
    found.clear(down().id, RAISED)
    found.put(overdue(2), RAISED, RAISED)
    found.settle()
    assert 2 == sum(
        root == "sequencer-down sequencer:l2" for root in list(roots(found).values())[1:]
    )

    found.forget(down().id)
    changed = found.settle()
    assert {overdue(1).id, overdue(2).id} == changed
    assert {"message-overdue route:l1->l2"} == set(roots(found).values())


def test_gone__beside_one_that_lives__is_not_preferred() -> None:
    """A living cause comes before one that ended."""
    halted = problem("chain-halted", "chain:l1", severity=CRITICAL)
    found = causes(halted, problem("bridge-paused", "bridge:l2"), overdue(1))
    found.clear(halted.id, RAISED)
    found.settle()

    assert "bridge-paused bridge:l2" == found.nodes[overdue(1).id].root


def test_gone__of_two_that_both_could__the_last_to_end_is_named() -> None:
    """Who stopped being wrong long ago is hardly to blame for what was only just told."""
    both = problem("bridge-paused", "bridge:l2"), problem("claim-disputed", "bridge:l2")
    for first, last in permutations(both):
        found = causes(first, last, overdue(1))
        found.clear(first.id, RAISED)
        found.settle()
        found.clear(last.id, Timestamp(RAISED + MINUTE))
        found.settle()
        assert f"{last.kind} bridge:l2" == found.nodes[overdue(1).id].root


def test_gone__of_two_in_one_group__the_last_stays_as_old_as_the_first() -> None:
    """Another of the same kind takes over, and leaves; the trouble began with the first."""
    first, second = (problem("claim-disputed", "bridge:l2", name) for name in "ab")
    found = causes(first, overdue(1))
    found.clear(first.id, RAISED)
    later = Timestamp(T0 + HOUR)
    found.put(second, later, later)
    found.settle()
    assert "claim-disputed bridge:l2" == found.nodes[overdue(1).id].root

    found.clear(second.id, later)
    found.settle()
    assert first.id not in found.nodes
    assert "claim-disputed bridge:l2" == found.nodes[overdue(1).id].root


def test_circle__of_components__makes_no_circle_of_causes() -> None:
    """Even where two chains stand on each other, no cause follows from its own symptom."""
    ring = Graph({ChainName("a"): layer("a", "b"), ChainName("b"): layer("b", "a")})
    found = Causes(ring, rules())
    for name in "ab":
        found.put(problem("finalized-stalled", f"chain:{name}"), RAISED, RAISED)
    found.settle()

    assert ["finalized-stalled chain:a", "finalized-stalled chain:b"] == sorted(
        node.root for node in found.nodes.values()
    )


def test_gone__comes_back__is_as_old_as_it_was() -> None:
    """A root that flaps keeps its symptoms, though it says that it began anew."""
    found = causes(down(), overdue(1))
    found.clear(down().id, RAISED)
    later = down(since=HOUR)
    found.put(later, Timestamp(T0 + HOUR), later.since)
    found.settle()

    assert "sequencer-down sequencer:l2" == found.nodes[overdue(1).id].root


def stalled_in_an_outage() -> Causes:
    """Batches stalled while the sequencer was down; both are over."""
    found = causes(down(), problem("batches-stalled", "batcher:l2", since=MINUTE))
    for name in (down().id, problem("batches-stalled", "batcher:l2").id):
        found.clear(name, Timestamp(T0 + 10 * MINUTE))
        found.settle()
    return found


@pytest.mark.parametrize(
    ("since", "root"),
    [
        (9 * MINUTE, "sequencer-down sequencer:l2"),
        (20 * MINUTE, "batches-stalled batcher:l2"),
    ],
    ids=["the same", "anew"],
)
def test_gone__comes_back__follows_from_what_ended_only_if_it_began_before(since, root) -> None:
    """A batcher that stops minutes after an outage has a cause of its own."""
    found = stalled_in_an_outage()
    again = problem("batches-stalled", "batcher:l2", since=since)
    found.put(again, Timestamp(T0 + 20 * MINUTE), again.since)
    found.settle()

    assert root == found.nodes[again.id].root


def test_gone__began_anew__may_follow_from_what_came_since() -> None:
    """Its first time was told long before this cause began; that is no reason not to name it."""
    found = stalled_in_an_outage()
    broke = problem("funds-out", "batcher:l2", since=HOUR)
    again = problem("batches-stalled", "batcher:l2", since=HOUR + MINUTE)
    for each in (broke, again):
        found.put(each, Timestamp(T0 + HOUR + 2 * MINUTE), each.since)
        found.settle()

    assert "funds-out batcher:l2" == found.nodes[again.id].root


def test_work__for_twice_as_many_dependents__is_twice_as_much() -> None:
    """Nothing is looked at more than a few times, in whatever order and step they come."""

    def told_first(count: int) -> int:
        return calls(lambda: causes(down(), *(overdue(each) for each in range(count))))

    def told_last(count: int) -> int:
        return calls(lambda: causes(*(overdue(each) for each in range(count)), down()))

    for told in (told_first, told_last):
        few, many = told(250), told(1_000)
        assert many < 4.4 * few, (few, many)
        assert many < 60_000


def test_work__of_a_root_that_explains_nothing__does_not_touch_the_rest() -> None:
    """A problem elsewhere costs the same whether ten or a thousand problems are there."""

    def elsewhere(count: int) -> int:
        found = causes(*(overdue(each) for each in range(count)))
        other = down(chain="l3")

        def run() -> None:
            found.put(other, RAISED, other.since)
            found.settle()

        return calls(run)

    assert elsewhere(10) == elsewhere(1_000)
