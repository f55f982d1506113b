"""How far a chain is, for rules: from samples new enough, and never taking idle for stuck."""

from collections.abc import Sequence

from layerkeep.core.facts import Fact, HeadSeen
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.rule import Ground, patience
from layerkeep.core.units import ChainName, Timestamp

UNREAD_MAX = 64
"""Blocks: what was said in so few of a chain's newest ones is read within moments."""


def itself(_ground: Ground, subject: str) -> Sequence[str]:
    """The subject is a chain, which must be seen."""
    return (subject,)


def and_parent(ground: Ground, subject: str) -> Sequence[str]:
    """The subject is a chain, which must be seen, and so must the one it settles on."""
    parent = ground.layers[ChainName(subject)].parent
    return (subject,) if parent is None else (subject, parent)


def goes_on(ground: Ground, fact: Fact) -> bool:
    """True of heads of which none is behind those told before: what stood still has moved, or not.

    False of any other statement.
    """
    says = fact.says
    if not isinstance(says, HeadSeen):
        return False
    return ground.sightings.progress.receded.get(fact.anchor.chain) is not says


def head_of(ground: Ground, layer: Layer, now: Timestamp) -> HeadSeen | None:
    """The newest sample of a chain's heads; None if there is none so new that it can be judged."""
    fact = ground.view.heads.get(layer.name)
    sampled = ground.sightings.progress.sampled.get(layer.name, Timestamp(0))
    if fact is None or now - sampled > patience(layer):
        return None
    assert isinstance(fact.says, HeadSeen)
    return fact.says


def head_fact(ground: Ground, chain: str) -> tuple[Fact, ...]:
    """The sample itself, as a proof."""
    fact = ground.view.heads.get(chain)
    return () if fact is None else (fact,)


def waiting_since(ground: Ground, layer: Layer, tag: str, time: int) -> Timestamp:
    """Since when the oldest block above the head `tag`, a block of this time, waits at most.

    A chain that makes no empty blocks may have been idle since its safe head's block, so there it
    counts from when that head was last seen to move.
    """
    key = f"{layer.name} {tag}"
    level = ground.sightings.progress.level.get(key, Timestamp(0))
    moved = ground.sightings.moved.get(key)
    if layer.empty_blocks or moved is None:
        return Timestamp(max(time, level))
    return Timestamp(max(time, level, moved[1]))


def stood_since(ground: Ground, layer: Layer, tag: str, since: Timestamp) -> Timestamp:
    """When the head `tag` was last seen to move: a chain's own time may be behind ours."""
    moved = ground.sightings.moved.get(f"{layer.name} {tag}")
    return since if moved is None else max(since, moved[1])


def is_read(ground: Ground, chain: str) -> bool:
    """True if a chain is read up to its newest blocks: what is not read yet is not missing."""
    fact = ground.view.heads.get(chain)
    if fact is None:
        return False
    assert isinstance(fact.says, HeadSeen)
    return fact.says.latest - fact.anchor.height <= UNREAD_MAX


def batched_at(ground: Ground, chain: str) -> Timestamp:
    """When the chain's batcher was last seen to act: a batch, or its nonce; 0 if it never was."""
    posted = ground.sightings.posted.get(chain)
    moved = ground.sightings.progress.acted.get((chain, "batcher.nonce"), Timestamp(0))
    return Timestamp(max(moved, posted.anchor.time if posted is not None else 0))
