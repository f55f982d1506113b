"""Blocks left a chain, more of them than is usual there, or some that were final."""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import BlocksLeft, Fact
from layerkeep.core.network.graph import chain_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.heads import itself
from layerkeep.core.rules.problems import CRITICAL, WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Timestamp


def _chains(ground: Ground) -> Iterable[str]:
    return [chain for chain in ground.sightings.reorgs if chain in ground.layers]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    return (fact.anchor.chain,) if fact.anchor.chain in ground.layers else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    known = ground.sightings.reorgs.get(subject, ())
    deep = [f for f in known if now < f.anchor.time + layer.limits.news_for and _is_deep(f, layer)]
    if not deep:
        return Verdict()
    until = Timestamp(min(fact.anchor.time for fact in deep) + layer.limits.news_for)
    return Verdict(until, (_problem(ground, layer, deep),))


def _is_deep(fact: Fact, layer: Layer) -> bool:
    return _is_final(fact) or _depth(fact) > layer.limits.reorg_depth


def _depth(fact: Fact) -> int:
    assert isinstance(fact.says, BlocksLeft)
    return fact.says.tip - fact.says.ancestor


def _is_final(fact: Fact) -> bool:
    return isinstance(fact.says, BlocksLeft) and fact.says.final


def _problem(ground: Ground, layer: Layer, deep: list[Fact]) -> Problem:
    worst = max(deep, key=lambda fact: (_is_final(fact), _depth(fact)))
    assert isinstance(worst.says, BlocksLeft)
    final = ", some of them final" if worst.says.final else ""
    problem = Problem(
        "reorg-deep",
        chain_of(layer.name),
        layer.name,
        Timestamp(min(fact.anchor.time for fact in deep)),
        CRITICAL if worst.says.final else WARNING,
        f"{_depth(worst)} blocks above {worst.says.ancestor} left {layer.name}{final}; up to"
        f" {layer.limits.reorg_depth} is usual there",
        "final" if worst.says.final else "",
        tuple(deep),
    )
    return ground.lasting(problem)


REORG_DEEP = Rule(
    name="reorg_deep",
    about="More blocks left the chain than is usual there, or blocks that were final.",
    kinds=("reorg-deep",),
    review=_review,
    causes=(
        "reorg-deep",
        "message-overdue",
        "node-split",
        "claim-false",
        "claim-disputed",
        "claims-stalled",
        "batch-false",
        "safe-stalled",
    ),
    wakes=(BlocksLeft,),
    touched=_touched,
    subjects=_chains,
    needs=itself,
)
