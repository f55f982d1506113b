"""No new block, although nodes answer: a chain stands still, or a rollup's sequencer is down.

A chain that makes no blocks while nobody uses it is not judged by its silence alone.
"""

from collections.abc import Iterable, Sequence

from layerkeep.core.facts import Fact, HeadSeen, NodesSeen
from layerkeep.core.network.graph import actor_of, chain_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Timestamp, duration_text


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.empty_blocks]


def _touched(ground: Ground, fact: Fact) -> Iterable[str]:
    layer = ground.layers.get(fact.anchor.chain)
    return (layer.name,) if layer is not None and layer.empty_blocks else ()


def _needs(_ground: Ground, subject: str) -> Sequence[str]:
    return (subject,)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    moved = ground.sightings.moved.get(f"{subject} latest")
    if moved is None:
        return Verdict(Timestamp(now + layer.poll_every), lacks=f"no block of {subject} was seen")
    height, since = moved
    expires = Timestamp(since + layer.limits.halted_after + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    return Verdict(None, (_problem(ground, layer, height, since),))


def _problem(ground: Ground, layer: Layer, height: int, since: Timestamp) -> Problem:
    rollup = layer.parent is not None
    after = duration_text(layer.limits.halted_after)
    proof = [ground.view.heads.get(layer.name), ground.sightings.nodes.get(layer.name)]
    return Problem(
        "sequencer-down" if rollup else "chain-halted",
        actor_of("sequencer", layer.name) if rollup else chain_of(layer.name),
        layer.name,
        since,
        CRITICAL,
        f"{layer.name} has made no block since {height}; usual is one each"
        f" {duration_text(layer.block_time)}, and {after} without one is too long",
        proof=tuple(fact for fact in proof if fact is not None),
    )


CHAIN_HALTED = Rule(
    name="chain_halted",
    about="No new block for longer than the chain's limit, although its nodes answer.",
    kinds=("chain-halted", "sequencer-down"),
    review=_review,
    causes=(
        "sequencer-down",
        "sequencer-drift",
        "batches-stalled",
        "safe-stalled",
        "finalized-stalled",
        "claims-stalled",
        "message-overdue",
        "message-expiring",
        "inclusion-delayed",
        "nonce-stuck",
    ),
    wakes=(HeadSeen, NodesSeen),
    touched=_touched,
    subjects=_chains,
    needs=_needs,
)
