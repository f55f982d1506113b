"""node_split: nodes with different blocks at one height."""

from dataclasses import replace

from grounds import L1, L3, LAYERS, START, scene, silent

from layerkeep.core.facts import NodeState
from layerkeep.core.rules.nodes.node_split import NODE_SPLIT
from layerkeep.core.units import HOUR

POLL = LAYERS[L1].poll_every


def look(made, *hashes, height=90, chain=L1):
    """All are asked; each tells its hash, or nothing."""
    names = list(LAYERS[chain].upstreams)
    made.nodes(
        chain,
        *(
            NodeState(name, True, 100, block, f"client-{name[-1]}") if block else silent(name)
            for name, block in zip(names, hashes, strict=True)
        ),
        height=height,
    )


def begun():
    """A scene in which the nodes agree."""
    made = scene(NODE_SPLIT)
    look(made, "0xa", "0xa", "0xa")
    return made


def test_node_split__of_two_nodes__is_looked_at_from_the_start():
    """Two are enough to part; one alone has nobody to differ from."""
    for count, lacks in ((2, "nobody answers for l1"), (1, "")):
        few = dict(list(LAYERS[L1].upstreams.items())[:count])
        made = scene(NODE_SPLIT, layers={**LAYERS, L1: replace(LAYERS[L1], upstreams=few)})
        assert lacks == made.lacks(NODE_SPLIT, "l1")


def test_node_split__once__may_be_a_race():
    """At the next look they agree again."""
    made = begun()
    look(made, "0xa", "0xa", "0xb")
    assert [] == made.kinds
    made.wait(POLL, every=POLL * 2)
    look(made, "0xa", "0xa", "0xa", height=91)
    made.wait(HOUR)
    assert [] == made.kinds


def test_node_split__twice_in_a_row__names_the_minority():
    """Most agree; the other one is named, with its client."""
    made = begun()
    look(made, "0xa", "0xa", "0xb")
    made.wait(POLL, every=POLL * 2)
    look(made, "0xc", "0xc", "0xd", height=91)
    found = made.only
    assert ("node-split", "upstream:l1-c", "critical") == _what(found)
    assert START == found.since
    assert "l1-c (client-c)" in found.summary
    made.wait(HOUR)
    look(made, "0xe", "0xe", "0xf", height=95)
    assert found is made.only
    look(made, "0xe", "0xe", "0xe", height=96)
    assert [] == made.kinds


def test_node_split__no_second_look__is_found_after_two_polls():
    """Who does not look again must not wait for ever."""
    made = begun()
    look(made, "0xa", "0xa", "0xb")
    made.wait(2 * POLL - 1, every=HOUR)
    assert [] == made.kinds
    made.wait(1)
    assert ["node-split"] == made.kinds


def test_node_split__another_one_each_time__is_a_race():
    """Two nodes, each late once, do not follow another chain."""
    made = begun()
    for odd in range(3):
        hashes = ["0xa"] * 3
        hashes[odd] = "0xb"
        look(made, *hashes, height=90 + odd)
        made.wait(POLL, every=POLL * 2)
    assert [] == made.kinds


def test_node_split__even__is_the_chains():
    """Nobody can tell who is right: both sides are told."""
    made = begun()
    for _ in range(2):
        look(made, "0xa", "0xb", "")
    found = made.only
    assert ("node-split", "chain:l1", "critical") == _what(found)
    assert "l1-a (client-a) against l1-b (client-b)" in found.summary


def test_node_split__only_one_tells__says_so():
    """One alone agrees with itself; what was found before stands."""
    made = begun()
    look(made, "0xa", "", "")
    assert "fewer than two nodes" in made.lacks(NODE_SPLIT, "l1")
    for _ in range(2):
        look(made, "0xa", "0xa", "0xb")
    look(made, "0xa", "", "")
    assert ["node-split"] == made.kinds


def test_node_split__idle_chain__is_fine():
    """The same blocks again and again are no split."""
    made = scene(NODE_SPLIT)
    look(made, "0xa", "0xa", "0xa", chain=L3)
    made.wait(HOUR)
    assert [] == made.kinds
    assert "" == made.lacks(NODE_SPLIT, "l3")


def _what(problem):
    return (problem.kind, problem.component, problem.severity)


def split():
    """A scene in which the third node is known to have other blocks."""
    made = begun()
    look(made, "0xa", "0xa", "0xb")
    made.wait(POLL, every=POLL * 2)
    look(made, "0xc", "0xc", "0xd", height=91)
    return made, made.only


def test_node_split__whose_node_gives_no_answer_now__stands():
    """The others agree, which says nothing of the one that is silent."""
    made, found = split()
    look(made, "0xe", "0xe", None, height=92)
    assert [found] == list(made.problems)
    look(made, "0xf", "0xf", "0xf", height=93)
    assert [] == made.kinds


def test_node_split__with_one_witness_left__still_names_the_node_known_to_differ():
    """One against one is even, but for what is known already."""
    made, found = split()
    look(made, "0xe", None, "0xf", height=92)
    assert [found.id] == [each.id for each in made.problems]
