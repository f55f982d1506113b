"""A batcher's or proposer's transaction waits and is not taken into a block."""

from collections.abc import Collection, Sequence

from layerkeep.core.facts import Fact, Measured
from layerkeep.core.network.graph import actor_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.problems import WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Timestamp, duration_text

JOBS = ("batcher", "proposer")
"""The actors that send transactions to the parent."""


def paying_actors(ground: Ground) -> list[str]:
    """The components of all actors whose accounts are on a parent."""
    layers = [layer for layer in ground.layers.values() if layer.parent is not None]
    return [actor_of(job, layer.name) for layer in layers for job in JOBS if job in layer.actors]


def actor_touched(ground: Ground, fact: Fact, whats: Sequence[str]) -> Collection[str]:
    """The actor whose quantity was measured, if it is one of these."""
    assert isinstance(fact.says, Measured)
    job, _, what = fact.says.name.rpartition(".")
    layer = ground.layers.get(fact.says.child)
    if layer is None or layer.parent is None or job not in JOBS or what not in whats:
        return ()
    return (actor_of(job, layer.name),)


def actor_layer(ground: Ground, actor: str) -> tuple[str, Layer]:
    """An actor's job and its chain."""
    job, chain = actor.split(":", 1)
    return job, ground.layers[ChainName(chain)]


def on_parent(ground: Ground, subject: str) -> Sequence[str]:
    """An actor's account is on the parent, which must be seen."""
    parent = actor_layer(ground, subject)[1].parent
    return (parent,) if parent is not None else ()


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    return actor_touched(ground, fact, ("nonce", "nonce_pending"))


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    job, layer = actor_layer(ground, subject)
    nonce = ground.sightings.latest(layer.name, f"{job}.nonce")
    pending = ground.sightings.latest(layer.name, f"{job}.nonce_pending")
    if nonce is None or pending is None:
        return Verdict(lacks=f"the nonces of the {job} of {layer.name} were not measured")
    if pending.value <= nonce.value:
        return Verdict()
    since = _stands_since(ground, layer, job)
    after = layer.limits.stuck_after
    expires = Timestamp(since + after + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    problem = Problem(
        "nonce-stuck",
        subject,
        subject,
        since,
        WARNING,
        f"transaction {nonce.value} of the {job} of {layer.name} waits on {layer.parent} for more"
        f" than {duration_text(after)}",
        proof=(nonce.fact, pending.fact),
    )
    return Verdict(None, (ground.lasting(problem),))


def _stands_since(ground: Ground, layer: Layer, job: str) -> Timestamp:
    """Since when this very nonce is seen to wait: it was reached, or its transaction came later."""
    progress = ground.sightings.progress
    moved = progress.acted.get((layer.name, f"{job}.nonce"), Timestamp(0))
    return max(moved, progress.waiting.get((layer.name, job), Timestamp(0)))


ACTOR_STUCK = Rule(
    name="actor_stuck",
    about="A transaction of a batcher or proposer waits in the pool for too long.",
    kinds=("nonce-stuck",),
    review=_review,
    causes=(
        "batches-stalled",
        "claims-stalled",
        "safe-stalled",
        "finalized-stalled",
        "message-overdue",
    ),
    wakes=(Measured,),
    touched=_touched,
    subjects=paying_actors,
    needs=on_parent,
)
