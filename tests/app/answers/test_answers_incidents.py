"""Incidents as the API shows them: open, ended, explained, and the draft of their review."""

from dataclasses import replace
from pathlib import Path

import pytest
from answers_scene import L1, L2, START, Dialled, with_answers

from layerkeep.api.source import NotKnown
from layerkeep.app.answers import Answers
from layerkeep.app.answers.marks import Marks
from layerkeep.app.diary import row_of
from layerkeep.core.facts import Judged, Posted
from layerkeep.core.incidents.incident import Incident, Member
from layerkeep.core.rules.problems import Problem
from layerkeep.core.units import HOUR, MINUTE, Timestamp


async def halt(daemon: Dialled) -> str:
    """Forty seconds in order, then as many without a block; the id of what opened."""
    await daemon.pass_time(40)
    await daemon.pass_time(40, l1=40)
    (found,) = [
        name
        for name, each in daemon.engine.incidents.open.items()
        if each.root.kind == "chain-halted"
    ]
    return found


def test_incidents__open_and_then_ended__are_listed_in_this_order(tmp_path: Path):
    """From the engine while it is open; from the store when even memory has let go of it."""

    async def body(daemon: Dialled, answers: Answers):
        name = await halt(daemon)
        live = await answers.incidents(open_only=True, since=0)
        await daemon.pass_time(5 * 60)
        remembered = await answers.incidents(open_only=False, since=START)
        daemon.engine.incidents.recent.clear()
        stored = await answers.incidents(open_only=False, since=START)
        last = await answers.incidents(open_only=False, since=START, ended_max=0)
        later = await answers.incidents(open_only=False, since=daemon.time)
        none = await answers.incidents(open_only=True, since=0)
        return name, live, remembered, stored, last, later, none

    name, both, remembered, stored, last, later, none = with_answers(tmp_path / "s", body)
    live = [each for each in both if each.id == name]

    assert (name, "open", "critical", "chain-halted", "chain:l1", "l1", True) == (
        live[0].id,
        live[0].state,
        live[0].severity,
        live[0].kind,
        live[0].component,
        live[0].chain,
        live[0].pages,
    )
    assert ["blind chain:l3", "chain-halted chain:l1"] == [
        f"{each.kind} {each.component}" for each in remembered
    ]
    assert remembered == stored
    assert stored[:1] == last
    assert (name, "resolved", False) == (stored[1].id, stored[1].state, stored[1].pages)
    assert remembered[:1] == later == none


def test_incident__of_a_halted_chain__is_told_with_its_rule_and_review(tmp_path: Path):
    """Lines hang on their cause; the review has the spans and who did what, each as defined."""

    async def body(daemon: Dialled, answers: Answers):
        name = await halt(daemon)
        daemon.time += 1000
        await daemon.say("acknowledge", name, reason="I look")
        page = await answers.incident(name[:6].upper())
        await daemon.say("silence", name, daemon.time + HOUR)
        return name, page, await answers.incident(name), await answers.overview()

    name, page, muted, overview = with_answers(tmp_path / "s", body)
    root = page.lines[0]

    assert (name, "acknowledged", "ann") == (
        page.incident.id,
        page.incident.state,
        page.incident.owner,
    )
    assert ("root", "chain-halted chain:l1", "", 1) == (
        root.role,
        root.key,
        root.parent,
        root.count,
    )
    assert all(line.parent in {each.key for each in page.lines} for line in page.lines[1:])
    assert root.proofs
    assert root.proofs[0].chain == "l1"
    assert root.proofs[0].body.startswith("{")
    assert ("chain_halted", True) == (page.rule, page.page.startswith("# chain-halted"))
    assert "l1" in page.chains
    assert page.incident.acknowledged == START + 81_000
    detected = (page.incident.opened - page.incident.since) // 1000
    assert f"the incident was opened): {detected} s" in page.report
    assert "until somebody took it)" in page.report
    assert "resolved): not yet" in page.report
    assert "acknowledged by ann: I look" in page.report.split("## What was done")[1]
    assert "## Follow-ups" in page.report
    assert muted.incident.muted_until == START + 81_000 + HOUR
    assert [(START + 81_000 + HOUR, name)] == [
        (limit.at, limit.incident) for limit in overview.limits
    ]


def test_incident__of_no_such_id__tells_the_nearest(tmp_path: Path):
    """Too short a beginning is no name."""

    async def body(daemon: Dialled, answers: Answers):
        name = await halt(daemon)
        with pytest.raises(NotKnown) as short:
            await answers.incident(name[:3])
        other = "f" if name[-1] != "f" else "e"
        with pytest.raises(NotKnown) as wrong:
            await answers.incident(name[:-1] + other)
        return name, short.value.near, wrong.value.near

    name, _, near = with_answers(tmp_path / "s", body)
    assert name == near


def test_marks__of_a_false_claim__outrank_all_and_name_the_proposer(tmp_path: Path):
    """The chain that the claim is about says what is false; a doubted word is no proof."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(30)
        await daemon.tell(L1, Judged("claim", L2, "game-1", "false", "0x1", "0x2"), via="l2-a")
        alone = Marks(daemon.engine.incidents, daemon.now()).of("proposer:l2")
        chain = (await answers.chains())[1]
        behind = Marks(daemon.engine.incidents, daemon.now()).behind("game-1")
        await daemon.tell(L1, Judged("claim", L2, "game-1", "true", "0x1", "0x1"), via="l2-b")
        doubted = Marks(daemon.engine.incidents, daemon.now()).of("proposer:l2")
        return alone, behind, chain, doubted

    alone, behind, chain, doubted = with_answers(tmp_path / "s", body)

    assert "false" == alone[0]
    assert alone[1] == behind != ""
    assert ("false", "claim is false") == (chain.mark, chain.phrase)
    assert "cause" == doubted[0]


def test_marks__of_two_incidents_on_one_component__show_the_gravest(tmp_path: Path):
    """A batch in the wrong inbox is a cause; that another one is false outranks it."""

    async def body(daemon: Dialled, _answers: Answers):
        await daemon.pass_time(30)
        await daemon.tell(L1, Posted(L2, "8", location="wrong-inbox"))
        first = Marks(daemon.engine.incidents, daemon.now()).of("batcher:l2")
        await daemon.pass_time(1)
        await daemon.tell(L1, Judged("batch", L2, "l2/batch/7", "false"), via="l2-a")
        return first, Marks(daemon.engine.incidents, daemon.now()).of("batcher:l2")

    first, second = with_answers(tmp_path / "s", body)

    assert ("cause", "false") == (first[0], second[0])
    assert first[1] != second[1]


def test_incident__with_symptoms__hangs_each_on_a_line_that_is_there(tmp_path: Path):
    """On its direct cause; where that is not told, on the root. Its reach is told."""

    def problem(kind: str, component: str) -> Problem:
        return Problem(kind, component, component, Timestamp(START), "warning", kind)

    root = problem("funds-out", "batcher:l2")
    ways = {
        "batches-stalled batcher:l2": "funds-out batcher:l2",
        "safe-stalled chain:l2": "batches-stalled batcher:l2",
        "message-overdue route:l2->l1": "",
        "claims-stalled proposer:l2": "of-another chain:l9",
    }

    async def body(daemon: Dialled, answers: Answers):
        at = Timestamp(START)
        incident = Incident("abcdef012345", root, "", "warning", "open", at, at)
        incident.members[root.id] = Member(root, "root", at, at)
        for key, cause in ways.items():
            each = problem(*key.split(" "))
            incident.members[each.id] = Member(each, "symptom", at, at, cause)
        for member in incident.members.values():
            incident.remember(member)
        daemon.engine.incidents.open[incident.id] = incident
        return await answers.incident(incident.id)

    page = with_answers(tmp_path / "s", body)

    assert {
        "funds-out batcher:l2": "",
        "batches-stalled batcher:l2": "funds-out batcher:l2",
        "safe-stalled chain:l2": "batches-stalled batcher:l2",
        "message-overdue route:l2->l1": "funds-out batcher:l2",
        "claims-stalled proposer:l2": "funds-out batcher:l2",
    } == {line.key: line.parent for line in page.lines}
    assert (("l2",), ("l2->l1",)) == (page.chains, page.routes)


def test_incidents__that_came_back__are_not_listed_twice(tmp_path: Path):
    """The store may lag behind: what is open is not among those that ended."""

    async def body(daemon: Dialled, answers: Answers):
        name = await halt(daemon)
        row = row_of(daemon.engine.incidents.open[name])
        await daemon.store.save_incidents([replace(row, resolved=daemon.time)])
        return name, await answers.incidents(open_only=False, since=START)

    name, found = with_answers(tmp_path / "s", body)
    assert 1 == [each.id for each in found].count(name)


def test_marks__of_what_settles__are_none(tmp_path: Path):
    """All is clear; the incident is only kept open a while."""

    async def body(daemon: Dialled, _answers: Answers):
        name = await halt(daemon)
        incident = daemon.engine.incidents.open[name]
        while incident.settles is None:
            await daemon.pass_time(1)
        return incident.settles, Marks(daemon.engine.incidents, daemon.now()).of("chain:l1")

    settles, mark = with_answers(tmp_path / "s", body)

    assert settles is not None
    assert ("usual", "") == mark


def test_limits__of_a_chain_in_maintenance__tell_when_that_ends(tmp_path: Path):
    """Also without an incident; once it has ended nothing is told."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(5)
        await daemon.say("maintain", "chain:l2", daemon.time + 10 * MINUTE)
        during = (await answers.overview()).limits
        daemon.time += 11 * MINUTE
        return during, (await answers.overview()).limits

    (limit,), after = with_answers(tmp_path / "s", body)

    assert (START + 5000 + 10 * MINUTE, "maintenance of l2 ends", "chain:l2") == (
        limit.at,
        limit.what,
        limit.component,
    )
    assert () == after
