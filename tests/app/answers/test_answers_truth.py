"""Truth, rules and coverage, and what names mean, as the API shows them."""

import re
from pathlib import Path

import pytest
from answers_scene import ADAPTERS, L1, L2, START, TEXT, Dialled, with_answers

import layerkeep
from layerkeep.app.answers import Answers
from layerkeep.core.facts import Judged, Posted, Sent
from layerkeep.core.units import HOUR, Key

SOURCES = Path(layerkeep.__file__).parent / "adapters"


async def told(answers: Answers):
    """The rows of l2, by check."""
    return {row.check: row for row in await answers.truth() if row.chain == "l2"}


def test_truth__before_any_check__is_never_for_each_check_of_the_stack(tmp_path: Path):
    """Children only; what nobody answers for is blind."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(5)
        return await answers.truth()

    rows = with_answers(tmp_path / "s", body)

    assert [
        *((check, "l2", "never") for check in ADAPTERS["op_stack"].checks),
        *((check, "l3", "blind") for check in ADAPTERS["nitro"].checks),
    ] == [(row.check, row.chain, row.verdict) for row in rows]


@pytest.mark.parametrize("stack", ["op_stack", "nitro"])
def test_checks__of_a_stack__are_those_its_code_makes(stack: str):
    """Nothing is shown as never made that is never made."""
    code = "".join(path.read_text() for path in (SOURCES / stack).rglob("*.py"))
    assert set(re.findall(r'Judged\(\s*"([a-z]+)"', code)) == set(ADAPTERS[stack].checks)


def test_truth__of_witnesses__counts_subjects_once_and_nodes_each(tmp_path: Path):
    """Two nodes agree on one claim; of the next one nobody can tell."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(5)
        for via in ("l2-a", "l2-b"):
            await daemon.tell(L1, Judged("claim", L2, "game-1", "true"), via=via)
        first = (await told(answers))["claim"]
        await daemon.tell(L1, Judged("claim", L2, "game-2", "unknown", detail="pruned"), via="l2-a")
        second = (await told(answers))["claim"]
        daemon.time += HOUR
        return first, second, (await told(answers))["claim"]

    first, second, third = with_answers(tmp_path / "s", body)

    assert ("true", 2, 2, 1, 0, "game-1", 5, START + 5000) == (
        first.verdict,
        first.nodes,
        first.asked,
        first.right,
        first.wrong,
        first.subject,
        first.height,
        first.time,
    )
    assert ("unknown", "game-2", "pruned", 1) == (
        second.verdict,
        second.subject,
        second.detail,
        second.right,
    )
    assert ("blind", "game-2") == (third.verdict, third.subject)


def test_truth__while_anything_false_stands__is_false_also_when_the_newest_is_true(tmp_path: Path):
    """Until it is over: a batch is mended by a later true one, a claim only by its voiding."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(30)
        for check in ("claim", "batch"):
            await daemon.tell(L1, Judged(check, L2, f"{check}-1", "false", "0x1", "0x2"), via="a")
        both = await told(answers)
        await daemon.pass_time(1)
        for check in ("claim", "batch"):
            await daemon.tell(L1, Judged(check, L2, f"{check}-2", "true"), via="a")
        return both, await told(answers)

    both, after = with_answers(tmp_path / "s", body)

    assert [("false", "claim-1", 1), ("false", "batch-1", 1)] == [
        (both[check].verdict, both[check].subject, both[check].wrong)
        for check in ("claim", "batch")
    ]
    assert ("false", "claim-1", 1, 1) == (
        after["claim"].verdict,
        after["claim"].subject,
        after["claim"].right,
        after["claim"].wrong,
    )
    assert ("true", "batch-2") == (after["batch"].verdict, after["batch"].subject)


def test_truth__after_a_restart__is_known_and_not_counted_again(tmp_path: Path):
    """The newest judgement comes from the store; right and wrong count since the start."""
    path = tmp_path / "s"

    async def before(daemon: Dialled, _answers: Answers) -> None:
        await daemon.pass_time(5)
        await daemon.tell(L1, Judged("claim", L2, "game-1", "true"), via="l2-a")

    async def after(daemon: Dialled, answers: Answers):
        daemon.time = START + 6000
        await daemon.begin()
        await daemon.pass_time(7)
        return (await told(answers))["claim"]

    with_answers(path, before)
    row = with_answers(path, after)

    assert ("true", "game-1", 0) == (row.verdict, row.subject, row.right)


def test_placement__of_a_batch_in_its_place__is_true_without_a_word(tmp_path: Path):
    """Only a batch out of place is told of; then it is false until the next one is in place."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(30)
        before = (await told(answers))["placement"]
        await daemon.tell(L1, Posted(L2, "7"))
        placed = (await told(answers))["placement"]
        await daemon.tell(L1, Posted(L2, "8", location="wrong-inbox"))
        wrong = (await told(answers))["placement"]
        return before, placed, wrong

    before, placed, wrong = with_answers(tmp_path / "s", body)

    assert ["never", "true", "false"] == [each.verdict for each in (before, placed, wrong)]
    assert ["l2/batch/7", "l2/batch/8"] == [placed.subject, wrong.subject]


OWN = """
[rules.tall]
chain = "l1"
head-lag = "latest"
compare = ">"
threshold = "1h"
runbook = "https://example.org/tall"
"""


def test_rules__of_a_daemon_that_judges__tell_subjects_and_when_they_had_all(tmp_path: Path):
    """Pages come from the operator's pages; while nobody answers for a chain, its rules lack it."""

    async def body(daemon: Dialled, answers: Answers):
        asleep = (await answers.coverage()).judging
        await daemon.pass_time(30)
        seen = {rule.name: rule for rule in await answers.rules()}
        await daemon.hear_nothing(10 * 60)
        return asleep, seen, await answers.coverage(), daemon.time

    asleep, seen, later, now = with_answers(tmp_path / "s", body)

    assert (False, True) == (asleep, later.judging)
    halted = seen["chain_halted"]
    assert (("chain-halted", "sequencer-down"), 0, False) == (
        halted.kinds,
        halted.problems,
        halted.own,
    )
    assert halted.subjects == 3
    assert halted.page.startswith("# chain-halted")
    assert halted.judged is not None
    assert START < halted.judged <= START + 30_000
    gaps = [gap for gap in later.gaps if gap.since is not None]
    assert len(gaps) == later.lacking > 0
    since = {gap.subject: gap.since for gap in gaps if gap.rule == "chain_halted"}
    assert since["l1"] is not None
    assert START + 30_000 < since["l1"] < now
    assert since["l3"] is not None
    assert START < since["l3"] <= START + 30_000
    assert later.watched == sum(rule.subjects for rule in later.rules)


def test_rules__of_the_operator__come_last_with_their_runbook(tmp_path: Path):
    """Own rules are marked as such."""

    async def body(_daemon: Dialled, answers: Answers):
        return await answers.rules()

    last = with_answers(tmp_path / "s", body, TEXT + OWN)[-1]

    assert ("custom:tall", True, 1) == (last.name, last.own, last.subjects)
    assert "https://example.org/tall" in last.page


def test_coverage__of_what_the_topology_leaves_out__says_why(tmp_path: Path):
    """No upstream, one upstream, no account, and roles without an address."""

    async def body(_daemon: Dialled, answers: Answers):
        return (await answers.coverage()).gaps

    gaps = {
        (gap.rule, gap.chain, gap.subject): gap.lacks for gap in with_answers(tmp_path / "s", body)
    }

    assert gaps["*", "l3", "l3"] == "no upstream is named for this chain"
    assert gaps["node_split", "l2", "l2"].startswith("one upstream only")
    assert ("actor_funds", "l2", "proposer") in gaps
    assert ("actor_funds", "l2", "batcher") not in gaps
    assert "not seen" in gaps["*", "l2", "l1_standard_bridge"]
    assert ("batch_false", "l2", "l2") not in gaps


def test_coverage__without_a_beacon_node__tells_that_blobs_are_not_read(tmp_path: Path):
    """Only where batches go to a chain that has blobs."""
    text = TEXT.replace('roles = ["beacon"]', 'roles = ["archive"]')

    async def body(_daemon: Dialled, answers: Answers):
        return (await answers.coverage()).gaps

    gaps = [gap for gap in with_answers(tmp_path / "s", body, text) if gap.rule == "batch_false"]
    assert ["l2"] == [gap.chain for gap in gaps]


def test_search__of_any_name__finds_what_bears_it(tmp_path: Path):
    """Chains by name, title and chain id; upstreams; rules by kind; incidents by six digits."""

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(40)
        await daemon.pass_time(40, l1=40)
        (name,) = [
            name
            for name, each in daemon.engine.incidents.open.items()
            if each.root.component == "chain:l1"
        ]
        texts = (" L2 ", "second", "901", "l1-b", "Batches stalled", name[:6].upper(), "", "zz")
        return name, [await answers.search(text) for text in texts]

    name, found = with_answers(tmp_path / "s", body)
    pairs = [[(each.kind, each.name) for each in hits] for hits in found]

    assert ("chain", "l2") == pairs[0][0]
    assert [("chain", "l2")] == pairs[1] == pairs[2]
    assert ("upstream", "l1-b") == pairs[3][0]
    assert [("rule", "batches_stalled")] == pairs[4]
    assert ("incident", name) in pairs[5]
    assert [] == pairs[6] == pairs[7]


def test_search__of_a_hash_cut_short__finds_open_messages(tmp_path: Path):
    """Eight digits or more, or as we show it; fewer are no name."""
    message = "0x7be1" + "0" * 56 + "30ca"
    sent = Sent("op_stack.deposit", message, (Key(f"l2/deposit/{message}"),), L1, L2, "0xa", "0xb")

    async def body(daemon: Dialled, answers: Answers):
        await daemon.pass_time(2)
        await daemon.tell(L1, sent)
        texts = (message[:12].upper().replace("0X", "0x"), " 0x7be1…30ca ", "0x7be1…30cb", "0x7be1")
        return [[each.name for each in await answers.search(text)] for text in texts]

    assert [[message], [message], [], []] == with_answers(tmp_path / "s", body)
