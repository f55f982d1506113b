"""delivery_forged, batch_false, attributes_false and what all judgements share."""

import pytest
from crossing import LIFECYCLES
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import Fact, Judged
from layerkeep.core.rules.integrity.attributes_false import ATTRIBUTES_FALSE
from layerkeep.core.rules.integrity.batch_false import BATCH_FALSE
from layerkeep.core.rules.integrity.delivery_forged import DELIVERY_FORGED
from layerkeep.core.rules.rule import Rule

RULES = {"attributes": ATTRIBUTES_FALSE, "batch": BATCH_FALSE, "delivery": DELIVERY_FORGED}


def judge(world: Scene, check: str, verdict: str, via: str = "l2-a", height: int = 10) -> Fact:
    """A witness's word on the one subject there is."""
    says = Judged(check, L2, "l2/subject", verdict, "0x1", "0x2", "root-differs")
    return world.tell(L1, says, height=height, via=via)


def watched(rule: Rule) -> Scene:
    """Nobody answers for anything: a judgement is evidence without."""
    return scene(rule, lifecycles=LIFECYCLES)


@pytest.mark.parametrize(
    ("check", "kind", "component"),
    [
        ("attributes", "attributes-false", "sequencer:l2"),
        ("batch", "batch-false", "batcher:l2"),
        ("delivery", "delivery-forged", "bridge:l2"),
    ],
)
def test_judgement__of_false__is_critical(check, kind, component):
    """With what was expected and what was found."""
    world = watched(RULES[check])
    fact = judge(world, check, "false")

    problem = world.only
    assert (kind, component, "l2/subject") == (problem.kind, problem.component, problem.subject)
    assert ("critical", "root-differs", world.now) == (
        problem.severity,
        problem.reason,
        problem.since,
    )
    assert "expected 0x1, found 0x2" in problem.summary
    assert (fact,) == problem.proof


@pytest.mark.parametrize("check", RULES)
def test_judgement__of_true_or_of_another_check__is_fine(check):
    """Each rule hears its own check only."""
    world = watched(RULES[check])
    judge(world, check, "true")
    judge(world, "something-else", "false")

    assert [] == world.problems


def test_witnesses__who_disagree__are_a_warning():
    """One of our own nodes may be the liar."""
    world = watched(BATCH_FALSE)
    judge(world, "batch", "false", "l2-a")
    judge(world, "batch", "true", "l2-b")

    assert ("warning", "witnesses-disagree") == (world.only.severity, world.only.reason)
    assert 2 == len(world.only.proof)


def test_witness__who_comes_to_another_view__counts_by_its_last_word():
    """A node that was behind, and is not any more."""
    world = watched(BATCH_FALSE)
    judge(world, "batch", "false")
    judge(world, "batch", "true", height=11)

    assert [] == world.problems


def test_witnesses__who_cannot_tell__leave_it_open():
    """Unknown is neither true nor false."""
    world = watched(BATCH_FALSE)
    judge(world, "batch", "unknown")

    assert [] == world.problems
    assert "no node can tell" in world.lacks(BATCH_FALSE, "l2/subject")

    judge(world, "batch", "true", "l2-b")
    assert "" == world.lacks(BATCH_FALSE, "l2/subject")


def test_judgement__whose_block_left__is_none():
    """The batch is not on the chain any more."""
    world = watched(BATCH_FALSE)
    judge(world, "batch", "false")
    world.engine.retract(L1, 9, world.now)

    assert [] == world.problems


def judge_other(world: Scene, check: str, verdict: str, height: int) -> None:
    """A word on something later of the same child."""
    world.tell(L1, Judged(check, L2, "l2/later", verdict), height=height, via="l2-a")


@pytest.mark.parametrize("check", ["batch", "attributes"])
def test_what_mends__and_a_later_one_is_right__is_over(check):
    """The batcher, or the sequencer, works properly again."""
    world = watched(RULES[check])
    judge(world, check, "false")
    world.wait(60_000)
    judge_other(world, check, "true", 20)

    assert [] == world.problems


def test_forged_delivery__and_later_ones_are_right__stays_until_an_operator_has_spoken():
    """It is in the chains' history."""
    world = watched(DELIVERY_FORGED)
    judge(world, "delivery", "false")
    world.wait(60_000)
    judge_other(world, "delivery", "true", 20)

    assert world.only.irrevocable


def test_witnesses__who_disagree__are_told_while_it_is_news():
    """Which of them is wrong the rules about nodes find out."""
    world = watched(DELIVERY_FORGED)
    judge(world, "delivery", "false", "l2-a")
    judge(world, "delivery", "true", "l2-b")
    assert not world.only.irrevocable
    world.wait(world.layers["l2"].limits.news_for - 1)
    assert ["delivery-forged"] == world.kinds
    world.wait(1)
    assert [] == world.problems
