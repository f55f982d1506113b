"""A batch on the parent does not hold the blocks that the child's own nodes have.

What was posted before blocks left the child held those blocks. That is no fault of the batcher's,
and follows from the reorg: it is a note about the chain, until a later batch is right or the nodes
have derived from the parent what was posted. Where neither comes in time, one of them is wrong.
"""

from collections.abc import Collection
from dataclasses import replace

from layerkeep.core.facts import BlocksLeft, Fact, Judged
from layerkeep.core.network.graph import actor_of, chain_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.problems import INFO, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Timestamp

BLOCKS_LEFT = "blocks-left"
"""The reason where the batch holds blocks that left the child."""


def _component(child: str) -> str:
    return actor_of("batcher", child)


COMPARED = Comparison(
    "batch", "batch-false", _component, "a batch holds other blocks than the chain", mends=True
)


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    if isinstance(fact.says, BlocksLeft):
        standing = [p for p in ground.standing.values() if p.kind == COMPARED.kind]
        chain = fact.anchor.chain
        return [p.subject for p in standing if ground.graph.chain(p.component) == chain]
    return COMPARED.touched(ground, fact)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    verdict = COMPARED.review(ground, subject, now)
    layer = ground.layers.get(ChainName(subject.split("/", 1)[0]))
    if layer is None or not verdict.problems:
        return verdict
    (problem,) = verdict.problems
    over = _excused_until(ground, layer, problem)
    if over is None or now >= over:
        return verdict
    until = over if verdict.until is None else Timestamp(min(over, verdict.until))
    return Verdict(until, (_note(layer, problem),), verdict.lacks)


def _excused_until(ground: Ground, layer: Layer, problem: Problem) -> Timestamp | None:
    """Until when blocks that left the child explain what is false; None where none do.

    All blocks that differ must be such that left, and the batch was on its way by then. After that
    a batch with the new ones is due as ever.
    """
    says = [fact.says for fact in problem.proof if isinstance(fact.says, Judged)]
    heights = [each.height for each in says if each.verdict == "false"]
    limits = layer.limits
    due = limits.safe_stalled_after or limits.news_for
    found = None
    for fact in ground.sightings.reorgs.get(layer.name, ()):
        left = fact.says
        assert isinstance(left, BlocksLeft)
        was_there = all(left.ancestor < height <= left.tip for height in heights)
        if was_there and problem.since <= fact.anchor.time + limits.stuck_after:
            found = Timestamp(fact.anchor.time + due)
    return found


def _note(layer: Layer, problem: Problem) -> Problem:
    return replace(
        problem,
        component=chain_of(layer.name),
        severity=INFO,
        summary=f"a batch on {layer.parent} holds blocks that left {layer.name}: {problem.subject}",
        reason=BLOCKS_LEFT,
    )


BATCH_FALSE = Rule(
    name="batch_false",
    about="A batch on the parent holds other blocks than the child's own nodes.",
    kinds=("batch-false",),
    review=_review,
    causes=("safe-stalled", "claim-false", "claims-stalled", "finalized-stalled"),
    wakes=(Judged, BlocksLeft),
    touched=_touched,
    subjects=COMPARED.subjects,
)
