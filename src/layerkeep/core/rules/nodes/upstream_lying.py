"""An upstream gave answers that contradict themselves, or the chain, and no delay explains it."""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import Fact, Lied
from layerkeep.core.network.graph import upstream_of
from layerkeep.core.rules.nodes.node_split import JUDGED
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import Timestamp

LIES_MIN = 2
"""One lie may be a mishap on the way; two while the first is news are not."""

EXPLAINED_BY_LAG = frozenset(
    {
        "answer-incomplete",
        "block-missing",
        "no-head",
        "older-head",
        "above-latest",
        "reorg-deeper-than-window",
        "state-of-another-block",
        "finalized-of-another-block",
        "safe-of-another-block",
    }
)
"""Reasons for which an honest node that is behind, or in the midst of a reorg, is refused too."""


def _upstreams(ground: Ground) -> Iterable[str]:
    return [name for name in ground.sightings.lies if upstream_of(name) in ground.graph]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    assert isinstance(fact.says, Lied)
    name = fact.says.upstream
    return (name,) if upstream_of(name) in ground.graph else ()


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    chain = ground.graph.chain(upstream_of(subject))
    return (chain,) if chain is not None else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    chain = ground.graph.chain(upstream_of(subject))
    assert chain is not None, f"{subject} is no upstream"
    within = ground.layers[chain].limits.news_for
    known = ground.sightings.lies.get(subject, ())
    lies = [fact for fact in known if now < fact.anchor.time + within and _is_lie(fact)]
    if len(lies) < LIES_MIN:
        return Verdict()
    times = sorted(fact.anchor.time for fact in lies)
    until = Timestamp(times[-LIES_MIN] + within)
    reasons = ", ".join(sorted({_reason(fact) for fact in lies}))
    problem = Problem(
        "upstream-lying",
        upstream_of(subject),
        subject,
        Timestamp(times[0]),
        CRITICAL,
        f"{subject} gave answers that contradict themselves or the chain: {reasons}",
        proof=tuple(lies),
    )
    return Verdict(until, (ground.lasting(problem),))


def _reason(fact: Fact) -> str:
    assert isinstance(fact.says, Lied)
    return fact.says.reason


def _is_lie(fact: Fact) -> bool:
    return _reason(fact) not in EXPLAINED_BY_LAG


UPSTREAM_LYING = Rule(
    name="upstream_lying",
    about="An upstream's answers contradict themselves or the chain, more than once.",
    kinds=("upstream-lying",),
    review=_review,
    causes=("node-split", *JUDGED),
    wakes=(Lied,),
    touched=_touched,
    subjects=_upstreams,
    needs=_needs,
)
