"""Journeys told in steps with what was checked, and what was posted with its verdicts."""

import pytest
from answers_scene import L1, L2, L3, START, with_answers

from layerkeep.api.source import NotKnown
from layerkeep.app.answers.journeys import Journeys, hash_in
from layerkeep.app.answers.posted import Posted
from layerkeep.core.facts import (
    ClaimCovers,
    Claimed,
    ClaimMoved,
    Judged,
    Reached,
    Sent,
)
from layerkeep.core.facts import Posted as Batch
from layerkeep.core.units import MINUTE, SECOND

CLAIM = "game-l2-1"


def hashed(number):
    """A hash."""
    return f"0xab{number:062x}"


def deposit(number, child, tx):
    """A deposit that the transaction `tx` of the child will execute."""
    kind, parent = ("op_stack.deposit", L1) if child == L2 else ("nitro.eth_deposit", L2)
    keys = (f"{child}/tx/{tx}",)
    return Sent(kind, hashed(number), keys, parent, child, "0xaa", "0xbb", value=5, awaits=tx)


async def two_hops(daemon):
    """A deposit from l1 that goes on to l3, where it is awaited."""
    await daemon.tell(L1, deposit(1, L2, hashed(21)), via="l1-a", tx=hashed(11))
    daemon.time += 2 * MINUTE
    done = Reached(f"l2/tx/{hashed(21)}", "executed", executes=True)
    onward = deposit(2, L3, hashed(31))
    judged = Judged("delivery", L2, f"l2/tx/{hashed(21)}", "true", "deposited", "deposited")
    await daemon.tell(L2, done, onward, judged, via="l2-a", tx=hashed(21))
    daemon.time += 10 * SECOND


def test_journey__of_two_hops__has_passed_and_coming_steps(tmp_path):
    """What it took, what is usual, what is awaited, what is expected when."""

    async def body(daemon, _answers):
        await two_hops(daemon)
        (journey,) = await Journeys(daemon).journeys(hashed(11))
        assert (hashed(1), ("l1", "l2", "l3"), START) == (journey.id, journey.path, journey.began)
        first, second = journey.hops
        assert [("initiated", 2 * MINUTE, "hollow"), ("executed", None, "full")] == [
            (step.stage, step.took, step.fill) for step in first.steps
        ]
        waits, ahead = second.steps
        assert ("initiated", 10 * SECOND, "usual", "l2") == (
            waits.stage,
            waits.took,
            waits.mark,
            waits.chain,
        )
        sent = START + 2 * MINUTE
        assert ("executed", "not-begun", "l3", None, sent + 15 * MINUTE) == (
            ahead.stage,
            ahead.mark,
            ahead.chain,
            ahead.time,
            ahead.expected,
        )
        assert ahead.expected == journey.eta
        assert [("sequencer", "l3")] == [(each.duty, each.chain) for each in journey.awaited]
        assert ("usual", None, hashed(2)) == (journey.state, journey.ended, second.message.id)

    with_answers(tmp_path / "s.sqlite", body)


def test_journey__checked__tells_what_was_not_checked(tmp_path):
    """True where two chains agree or a node said so, unknown where nobody looked."""

    async def body(daemon, _answers):
        await two_hops(daemon)
        (journey,) = await Journeys(daemon).journeys(hashed(2))
        found = {each.link: each for each in journey.checked}
        ran = found["its transaction on l2 has the hash computed from l1"]
        assert ("true", 2, hashed(21)) == (ran.verdict, ran.nodes, ran.value)
        waits = found["its transaction on l3 has the hash computed from l2"]
        assert ("unknown", 0, "not seen on l3 so far") == (waits.verdict, waits.nodes, waits.detail)
        asked = found["what ran on l2 was asked for on l1"]
        assert ("true", 1) == (asked.verdict, asked.nodes)
        joined = next(each for each in journey.checked if each.link.startswith("the hops meet"))
        assert ("true", hashed(21)) == (joined.verdict, joined.value)
        assert "unknown" == found["the block that sent it cannot leave l1"].verdict
        assert {"sent", "reached", "judged"} == {fact.says for fact in journey.facts}
        assert all(fact.body.startswith("{") for fact in journey.facts)

    with_answers(tmp_path / "s.sqlite", body)


def test_journey__whose_claim_was_voided__shows_the_step_that_counts_no_more(tmp_path):
    """The withdrawal is back where it was, and the proof stays visible as undone."""

    async def body(daemon, _answers):
        key = f"l2/msg/{hashed(5)}"
        sent = Sent("op_stack.withdrawal", hashed(5), (key,), L2, L1, "0xa", "0xb", position=3)
        await daemon.tell(L2, sent, tx=hashed(51))
        daemon.time += MINUTE
        await daemon.tell(L1, Claimed(CLAIM, "l2/claims", 9), tx=hashed(52))
        daemon.time += MINUTE
        await daemon.tell(L1, Reached(key, "proven", claim=CLAIM), tx=hashed(53))
        daemon.time += MINUTE
        await daemon.tell(L1, ClaimMoved(CLAIM, "voided"), tx=hashed(54))
        (journey,) = await Journeys(daemon).journeys(hashed(5))
        (hop,) = journey.hops
        assert "initiated" == hop.message.stage
        undone = [step.stage for step in hop.steps if not step.counts]
        ahead = [step.stage for step in hop.steps if step.mark == "not-begun"]
        assert (["proven"], ["claimed", "proven", "finalized"]) == (undone, ahead)
        assert ["proposer", "user", "clock"] == [each.duty for each in journey.awaited]
        assert ["l1", "l1", "l1"] == [each.chain for each in journey.awaited]
        assert journey.hops[0].steps[0].took == 3 * MINUTE

    with_answers(tmp_path / "s.sqlite", body)


def test_search__by_a_hash__finds_journeys_or_facts_or_nothing(tmp_path):
    """In any case, with spaces around and inside; a name that stands for nothing says so."""

    async def body(daemon, _answers):
        await two_hops(daemon)
        await daemon.tell(L1, Batch(L2, hashed(9)), tx=hashed(9))
        journeys = Journeys(daemon)
        (found,) = await journeys.by_hash(f"  {hashed(31).upper()[:20]} {hashed(31)[20:]} ")
        assert ("journey", hashed(1)) == (found.kind, found.name)
        (batch,) = await journeys.by_hash(hashed(9))
        assert ("facts", "posted on l1") == (batch.kind, batch.title)
        assert ((), ()) == (await journeys.by_hash("l2"), await journeys.by_hash(hashed(77)))
        assert ["posted"] == [fact.says for fact in await journeys.facts(hashed(9))]
        for ask in (journeys.journeys, journeys.facts):
            with pytest.raises(NotKnown):
                await ask(hashed(77))
        assert "" == hash_in("0x12")

    with_answers(tmp_path / "s.sqlite", body)


def test_posted__claims_and_batches__come_by_height_with_their_verdicts(tmp_path):
    """Newest first; a page ends with a height; what was judged is told, and by how many nodes."""

    async def body(daemon, _answers):
        for number in range(6):
            daemon.time += 2 * SECOND
            both = (Batch(L2, f"b{number}"), Batch(L2, f"c{number}"))
            await daemon.tell(L1, Claimed(f"game-{number}", "l2/claims", None), *both)
        await daemon.tell(L2, ClaimCovers("game-5", 77), Judged("claim", L2, "game-5", "true"))
        for via, verdict in (("l2-a", "true"), ("l2-b", "false"), ("l2-c", "false")):
            daemon.time += SECOND
            await daemon.tell(L2, Judged("batch", L2, "l2/batch/b5", verdict), via=via)
        await daemon.tell(L1, ClaimMoved("game-4", "voided"), ClaimMoved("game-3", "confirmed"))
        daemon.engine.sightings.judged.known.clear()
        posted = Posted(daemon)
        claims = await posted.claims("l2", None, 3)
        assert [("game-5", 77, "claimed", "true"), ("game-4", None, "voided", "")] == [
            (each.claim, each.covers, each.status, each.verdict) for each in claims[:2]
        ]
        assert "confirmed" == claims[2].status
        rest = await posted.claims("l2", claims[-1].height, 10)
        assert ["game-2", "game-1", "game-0"] == [each.claim for each in rest]
        batches = await posted.batches("l2", None, 3)
        assert ["c5", "b5", "c4", "b4"] == [each.batch for each in batches]
        assert ("false", 2) == (batches[1].verdict, batches[1].nodes)
        more = await posted.batches("l2", batches[-1].height, 3)
        assert ["c3", "b3", "c2", "b2"] == [each.batch for each in more]
        assert () == await posted.batches("l1", None, 3)

    with_answers(tmp_path / "s.sqlite", body)
