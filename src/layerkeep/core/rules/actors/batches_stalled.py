"""A rollup's blocks are not posted on its parent: its batcher posts nothing.

Past the protocol's own deadline the parent decides what the chain is, and blocks not posted by then
are gone. A chain whose newest block is safe is idle, and never stalled.
"""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import Fact, HeadSeen, Measured, Posted
from layerkeep.core.network.graph import actor_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.heads import (
    and_parent,
    batched_at,
    goes_on,
    head_fact,
    head_of,
    is_read,
    stood_since,
    waiting_since,
)
from layerkeep.core.rules.problems import CRITICAL, WARNING, Impact, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Duration, Timestamp, duration_text


def _watched(layer: Layer | None) -> bool:
    if layer is None or layer.parent is None:
        return False
    return layer.limits.safe_stalled_after is not None


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if _watched(layer)]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Measured) and says.name != "batcher.nonce":
        return ()
    chain = says.child if isinstance(says, Posted | Measured) else fact.anchor.chain
    return (chain,) if _watched(ground.layers.get(chain)) else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    limit = layer.limits.safe_stalled_after
    assert limit is not None and layer.parent is not None
    head = head_of(ground, layer, now)
    if head is None:
        return Verdict(lacks=f"the heads of {subject} were not told lately")
    if head.safe is None or head.safe_time is None:
        return Verdict(lacks=f"no node of {subject} tells its safe head")
    if head.safe >= head.latest:
        return Verdict(Timestamp(now + limit + layer.poll_every))
    since = waiting_since(ground, layer, "safe", head.safe_time)
    began = max(since, batched_at(ground, subject))
    expires = Timestamp(began + limit + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    if not is_read(ground, layer.parent):
        return Verdict(lacks=f"{layer.parent} is not read so far yet")
    return _judge(ground, layer, (head.safe, since), now)


def _judge(ground: Ground, layer: Layer, safe: tuple[int, Timestamp], now: Timestamp) -> Verdict:
    """It is stalled; how bad that is depends on how much of the deadline is gone."""
    deadline = layer.limits.batch_deadline
    if deadline is None:
        return Verdict(None, (_problem(ground, layer, safe, WARNING),))
    half = Timestamp(safe[1] + deadline // 2 + layer.poll_every)
    if now < half:
        return Verdict(half, (_problem(ground, layer, safe, WARNING),))
    return Verdict(None, (_problem(ground, layer, safe, CRITICAL),))


def _problem(ground: Ground, layer: Layer, safe: tuple[int, Timestamp], severity: str) -> Problem:
    (height, since), limits = safe, layer.limits
    posted = ground.sightings.posted.get(layer.name)
    summary = (
        f"no batch of {layer.name} was posted for more than"
        f" {duration_text(limits.safe_stalled_after or Duration(0))}; its blocks above {height}"
        " wait"
    )
    if limits.batch_deadline is not None:
        left = f"{duration_text(limits.batch_deadline)} after the first of them"
        half = "more than half of that is gone" if severity == CRITICAL else "that is far off still"
        summary += f", and {left} the protocol itself steps in: {half}"
    deadline = None if limits.batch_deadline is None else Timestamp(since + limits.batch_deadline)
    problem = Problem(
        "batches-stalled",
        actor_of("batcher", layer.name),
        layer.name,
        stood_since(ground, layer, "safe", since),
        severity,
        summary,
        proof=(*head_fact(ground, layer.name), *((posted,) if posted is not None else ())),
        impact=Impact(deadline=deadline),
    )
    return ground.lasting(problem)


BATCHES_STALLED = Rule(
    name="batches_stalled",
    about="Blocks wait to be posted on the parent for too long, and nothing is posted.",
    kinds=("batches-stalled",),
    review=_review,
    causes=("safe-stalled", "finalized-stalled", "claims-stalled", "message-overdue"),
    wakes=(HeadSeen, Posted, Measured),
    touched=_touched,
    subjects=_chains,
    needs=and_parent,
    puts_off=goes_on,
)
