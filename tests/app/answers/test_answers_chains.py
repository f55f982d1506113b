"""Chains, upstreams and their agreement as the API shows them."""

from pathlib import Path

import pytest
from answers_scene import BATCHER, L1, L2, L3, START, Dialled, with_answers

from layerkeep.api.source import NotKnown
from layerkeep.app.answers import Answers
from layerkeep.core.facts import Anchor, Fact, Lied, Measured, NodesSeen, NodeState
from layerkeep.core.units import SECOND


def test_chain__that_moves__is_inside_usual_with_three_heads(tmp_path: Path):
    """Heights, times, band and budget of each head; parents come before their children."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(60)
        return await answers.chains()

    chains = with_answers(tmp_path / "s", body)
    first = chains[0]

    assert [("l1", 1), ("l2", 2), ("l3", 3)] == [(each.name, each.depth) for each in chains]
    assert ["latest", "safe", "finalized"] == [head.tag for head in first.heads]
    assert (60, START + 60_000, 20 * SECOND, "usual") == (
        first.heads[0].height,
        first.heads[0].time,
        first.heads[0].budget,
        first.heads[0].state,
    )
    assert ("usual", "", "inside usual", None) == (
        first.mark,
        first.incident,
        first.phrase,
        first.blind_since,
    )
    assert (3, 3, START + 60_000, 60) == (
        first.answering,
        first.upstreams,
        first.looked,
        first.read,
    )


def test_head__past_usual_then_past_its_budget__is_late_then_overdue(tmp_path: Path):
    """By the clock alone: nothing new was learned meanwhile."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(60)
        found = []
        for passed in (1000, 9000, 11_000):
            daemon.time += passed
            chain = (await answers.chains())[0]
            found.append((chain.heads[0].state, chain.phrase))
        return found

    assert [
        ("usual", "inside usual"),
        ("late", "latest is late"),
        ("overdue", "latest is overdue"),
    ] == with_answers(tmp_path / "s", body)


def test_chain__that_halts__is_a_cause_and_its_child_stands_behind_it(tmp_path: Path):
    """The slab says so, and names the incident."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(40)
        await daemon.pass_time(40, l1=40)
        return daemon.engine.incidents.open, await answers.chains(), await answers.graph()

    incidents, chains, graph = with_answers(tmp_path / "s", body)
    halted = next(each for each in incidents.values() if each.root.component == "chain:l1")

    assert ("cause", halted.id, "cause: chain halted") == (
        chains[0].mark,
        chains[0].incident,
        chains[0].phrase,
    )
    marks = {each.component: (each.mark, each.incident) for each in graph.components}
    assert ("cause", halted.id) == marks["chain:l1"]
    assert ("usual", "") == marks["upstream:l1-b"]
    assert ("chain:l2", "settles-on", "chain:l1") in [
        (edge.component, edge.how, edge.on) for edge in graph.edges
    ]


def test_chain__that_nobody_answers_for__is_blind_since_last_heard(tmp_path: Path):
    """Its heads stay as last seen, marked blind; a chain never followed says why."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(30)
        await daemon.hear_nothing(5 * 60)
        for second in range(3):
            daemon.time += 1000
            await daemon.observe(daemon.nodes(L2, 330 + second), daemon.heads(L2, 330 + second))
            await daemon.look()
        return await answers.chains(), await answers.graph()

    (l1, l2, l3), graph = with_answers(tmp_path / "s", body)

    assert (START + 30_000, "blind", "blind", 30) == (
        l1.blind_since,
        l1.mark,
        l1.phrase,
        l1.heads[0].height,
    )
    assert {"blind"} == {head.state for head in l1.heads}
    assert (None, "usual") == (l2.blind_since, l2.heads[0].state)
    assert ("no upstream is named", "blind", 0) == (l3.phrase, l3.mark, l3.upstreams)
    assert START == l3.blind_since
    assert "blind" == {each.component: each.mark for each in graph.components}["chain:l1"]


def test_parts__of_a_rollup__tell_accounts_and_what_they_hold(tmp_path: Path):
    """Sequencer, batcher, proposer and bridge, in this order."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(5)
        await daemon.tell(
            L1,
            Measured(L2, "batcher.balance_wei", 15 * 10**17),
            Measured(L2, "bridge_balance_wei", 2 * 10**18),
            Measured(L2, "proof_maturity_delay_s", 604_800),
            Measured(L2, "origin_number", 7),
        )
        return await answers.chain("l2")

    page = with_answers(tmp_path / "s", body)

    assert [
        ("sequencer", "sequencer:l2", ""),
        ("batcher", "batcher:l2", f"{BATCHER[:6]}…{BATCHER[-4:]} holds 1.5000 ETH"),
        ("proposer", "proposer:l2", ""),
        ("bridge", "bridge:l2", "holds 2.0000 ETH"),
    ] == [(part.job, part.component, part.detail) for part in page.chain.parts]
    assert [("proof_maturity_delay_s", "604800", START + 5000)] == [
        (each.name, each.value, each.read) for each in page.settings
    ]
    assert ("l3",) == page.children


def test_chain__of_no_such_name__tells_the_nearest(tmp_path: Path):
    """NotKnown, with a hint."""

    async def body(_daemon: Dialled, answers: Answers):
        with pytest.raises(NotKnown) as raised:
            await answers.chain("l22")
        return raised.value.near

    assert "l2" == with_answers(tmp_path / "s", body)


def test_upstreams__of_a_chain__tell_what_each_said(tmp_path: Path):
    """One is behind, one is silent, one lied; the beacon node is not asked for blocks."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(5)
        states = (
            NodeState("l1-a", True, 5, "0x1", "geth/1"),
            NodeState("l1-b", True, 3, "0x1", "reth/1"),
            NodeState("l1-c", False, reason="timeout"),
        )
        seen = Fact(Anchor(L1, -1, "", daemon.time), NodesSeen(1, states))
        lied = Fact(Anchor(L1, -1, "", daemon.time), Lied("l1-a", "time-went-back"), via="l1-a")
        await daemon.observe(seen, lied)
        return await answers.upstreams()

    found = {each.name: each for each in with_answers(tmp_path / "s", body)}

    assert ["l1-a", "l1-b", "l1-c", "l1-beacon", "l2-a"] == list(found)
    told = [(found[name].answering, found[name].head, found[name].behind) for name in found]
    assert [(True, 5, 0), (True, 3, 2), (False, None, None), (False, None, None)] == told[:4]
    assert ("timeout", ("time-went-back",), ("beacon",)) == (
        found["l1-c"].reason,
        found["l1-a"].lies,
        found["l1-beacon"].roles,
    )
    assert found["l1-beacon"].looked is None
    assert "blobs" in found["l1-beacon"].reason


def looks(daemon: Dialled, height: int, **blocks: str) -> Fact:
    """All nodes of l1 at a height; `-` gives no answer, an empty block is not there yet."""
    states = tuple(
        NodeState(f"l1-{name}", block != "-", height if block else height - 3, block)
        for name, block in blocks.items()
    )
    return Fact(Anchor(L1, -1, "", daemon.time), NodesSeen(height, states))


def test_agreement__of_nodes_that_part__shows_who_and_where(tmp_path: Path):
    """The odd one tells another block from 11 on; one is behind, one refuses."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(3)
        await daemon.observe(looks(daemon, 10, a="0xa", b="0xa", c="0xa"))
        await daemon.observe(looks(daemon, 11, a="0xb", b="0xb", c="0xc"))
        await daemon.observe(looks(daemon, 12, a="0xd", b="", c="-"))
        split = (await answers.chain("l1")).agreement
        await daemon.observe(looks(daemon, 13, a="0xe", b="0xe", c="0xf"))
        parted = (await answers.chain("l1")).agreement
        await daemon.observe(looks(daemon, 14, a="0x1", b="0x1", c="0x1"))
        return split, parted, (await answers.chain("l1")).agreement

    split, parted, healed = with_answers(tmp_path / "s", body)

    assert [0, 10, 11, 12] == list(split.heights)
    cells = {row.upstream: [cell.state for cell in row.cells[1:]] for row in split.rows}
    assert {
        "l1-a": ["same", "same", "same"],
        "l1-b": ["same", "same", "behind"],
        "l1-c": ["same", "other", "refuses"],
    } == cells
    assert (1, 11) == (split.agreeing, parted.parted)
    assert ["agrees", "agrees", "tells another block at 11"] == [row.verdict for row in parted.rows]
    assert (None, 3) == (healed.parted, healed.agreeing)
    assert "tells another block at 11 before" == healed.rows[2].verdict


def test_agreement__where_the_preferred_node_is_the_odd_one__blames_it(tmp_path: Path):
    """Most count, not the first."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.observe(looks(daemon, 10, a="0xf", b="0xa", c="0xa"))
        return (await answers.chain("l1")).agreement

    found = with_answers(tmp_path / "s", body)
    assert ["other", "same", "same"] == [row.cells[0].state for row in found.rows]


def test_revision__rises_with_what_is_learned__and_not_by_itself(tmp_path: Path):
    """Facts, incidents that time opens, rows written for lists, and a view read anew."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(2)
        first = answers.revision()
        await answers.overview()
        assert first == answers.revision()
        await daemon.observe(daemon.heads(L1, 3))
        second = answers.revision()
        assert first < second
        daemon.engine.start(daemon.now())
        asleep = answers.revision()
        await daemon.hear_nothing(2 * 60)
        third = answers.revision()
        assert asleep < third
        daemon.engine.watch.turns += 1
        assert third < answers.revision()
        await daemon.store.save_messages([], [], 1)
        fourth = answers.revision()
        assert third < fourth
        await daemon.load()
        assert fourth < answers.revision()

    with_answers(tmp_path / "s", body)


def test_chain__not_heard_of_yet__is_blind_before_anything_is_judged(tmp_path: Path):
    """No incident says so yet; a chain without upstreams has a page too."""

    async def body(daemon: Dialled, answers: Answers):
        return daemon.engine.incidents.open, await answers.chain(L3), await answers.chain(L1)

    incidents, third, first = with_answers(tmp_path / "s", body)

    assert {} == incidents
    assert ("blind", "", "blind", START) == (
        first.chain.mark,
        first.chain.incident,
        first.chain.phrase,
        first.chain.blind_since,
    )
    assert ("l2", ()) == (third.chain.parent, third.upstreams)
