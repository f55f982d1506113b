"""Blocks come, but the safe or the finalized head does not follow.

A safe head that does not follow although batches are posted is something else than a batcher that
posts none: that is batches_stalled's. A chain whose newest block is safe, or final, is idle.
"""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import Fact, HeadSeen, Measured, Posted
from layerkeep.core.network.accounts import accounts_every
from layerkeep.core.network.graph import chain_of
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
from layerkeep.core.rules.problems import CRITICAL, WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Duration, Timestamp, duration_text

SAFE, FINALIZED = "safe", "finalized"


def _subjects(ground: Ground) -> Iterable[str]:
    return [subject for name in ground.layers for subject in _of(ground, name)]


def _of(ground: Ground, chain: str) -> list[str]:
    """The subjects of one chain: its heads that somebody watches."""
    layer = ground.layers.get(ChainName(chain))
    if layer is None:
        return []
    safe = layer.parent is not None and layer.limits.safe_stalled_after is not None
    return [f"{chain} {FINALIZED}", *([f"{chain} {SAFE}"] if safe else [])]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, HeadSeen):
        return _of(ground, fact.anchor.chain)
    assert isinstance(says, Posted | Measured)
    if isinstance(says, Measured) and says.name != "batcher.nonce":
        return ()
    return [subject for subject in _of(ground, says.child) if subject.endswith(SAFE)]


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    chain, tag = subject.split(" ")
    return and_parent(ground, chain) if tag == SAFE else (chain,)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    chain, tag = subject.split(" ")
    layer = ground.layers[ChainName(chain)]
    head = head_of(ground, layer, now)
    if head is None:
        return Verdict(lacks=f"the heads of {chain} were not told lately")
    height, time = (
        (head.safe, head.safe_time) if tag == SAFE else (head.finalized, head.finalized_time)
    )
    if height is None or time is None:
        return Verdict(lacks=f"no node of {chain} tells its {tag} head")
    if height >= head.latest:
        return Verdict(Timestamp(now + _limit(layer, tag) + layer.poll_every))
    since = waiting_since(ground, layer, tag, time)
    if tag == SAFE:
        return _review_safe(ground, layer, (height, since), now)
    limit = layer.limits.final_stalled_after
    expires = Timestamp(since + limit + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    severity = WARNING if layer.parent is not None else CRITICAL
    return Verdict(None, (_problem(ground, layer, (FINALIZED, height, since), severity),))


def _limit(layer: Layer, tag: str) -> Duration:
    limits = layer.limits
    limit = limits.safe_stalled_after if tag == SAFE else limits.final_stalled_after
    assert limit is not None, f"{tag} of {layer.name} is not watched"
    return limit


def _review_safe(
    ground: Ground, layer: Layer, safe: tuple[int, Timestamp], now: Timestamp
) -> Verdict:
    """Batches were posted lately, and still the safe head stands."""
    limit, (height, since) = layer.limits.safe_stalled_after, safe
    assert limit is not None and layer.parent is not None
    expires = Timestamp(since + limit + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    if not is_read(ground, layer.parent):
        return Verdict(lacks=f"{layer.parent} is not read so far yet")
    batched, stands = batched_at(ground, layer.name), ground.sightings.moved[f"{layer.name} {SAFE}"]
    late = accounts_every(ground.layers[layer.parent].block_time) + layer.poll_every
    over = Timestamp(batched + limit + layer.poll_every)
    if now >= over or batched <= stands[1] + late:
        return Verdict()  # no batch, or none since the one that moved it
    return Verdict(over, (_problem(ground, layer, (SAFE, height, since), WARNING),))


def _problem(
    ground: Ground, layer: Layer, stands: tuple[str, int, Timestamp], severity: str
) -> Problem:
    tag, height, since = stands
    although = ", although batches are posted" if tag == SAFE else ""
    posted = ground.sightings.posted.get(layer.name) if tag == SAFE else None
    problem = Problem(
        f"{tag}-stalled",
        chain_of(layer.name),
        layer.name,
        stood_since(ground, layer, tag, since),
        severity,
        f"the {tag} head of {layer.name} stands at {height}: newer blocks have not become {tag}"
        f" for more than {duration_text(_limit(layer, tag))}{although}",
        proof=(*head_fact(ground, layer.name), *((posted,) if posted is not None else ())),
    )
    return ground.lasting(problem)


HEADS_STALLED = Rule(
    name="heads_stalled",
    about="The safe or the finalized head is further behind than the chain's limit.",
    kinds=("safe-stalled", "finalized-stalled"),
    review=_review,
    causes=(
        "safe-stalled",
        "finalized-stalled",
        "claims-stalled",
        "inclusion-delayed",
        "message-overdue",
    ),
    causes_of={"safe-stalled": ("finalized-stalled", "claims-stalled", "message-overdue")},
    elsewhere=("safe-stalled",),
    wakes=(HeadSeen, Posted, Measured),
    touched=_touched,
    subjects=_subjects,
    needs=_needs,
    puts_off=goes_on,
)
