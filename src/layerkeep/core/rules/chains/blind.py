"""Nobody answers for a chain: nothing can be said of it, and that is a problem of its own."""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import Fact, HeadSeen, NodesSeen
from layerkeep.core.network.graph import chain_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule, patience
from layerkeep.core.units import ChainName, Timestamp, duration_text

KIND = "blind"


def _chains(ground: Ground) -> Iterable[str]:
    return list(ground.layers)


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    """Only who is blind is touched by an answer; all others look when theirs has become old."""
    chain = fact.anchor.chain
    return (chain,) if f"{KIND} {chain_of(chain)} {chain}" in ground.standing else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    heard = ground.sightings.heard(subject) or Timestamp(0)
    since = max(heard, ground.started)
    if now - since <= patience(layer):
        return Verdict(Timestamp(since + patience(layer) + 1))
    return Verdict(None, (_problem(ground, layer, since),))


def _problem(ground: Ground, layer: Layer, since: Timestamp) -> Problem:
    nodes = ground.sightings.nodes.get(layer.name)
    silent = sorted(node.upstream for node in ground.sightings.states(layer.name))
    told = {node.upstream: node.reason for node in ground.sightings.states(layer.name)}
    reasons = ", ".join(f"{name}: {told[name] or 'no answer'}" for name in silent)
    problem = Problem(
        KIND,
        chain_of(layer.name),
        layer.name,
        since,
        CRITICAL,
        f"no node of {layer.name} has answered for more than {duration_text(patience(layer))}"
        f" ({reasons or 'none was ever heard'})",
        proof=(nodes,) if nodes is not None else (),
    )
    return ground.lasting(problem)


BLIND = Rule(
    name="blind",
    about="No node of a chain answers: nothing can be said of the chain.",
    kinds=(KIND,),
    review=_review,
    wakes=(HeadSeen, NodesSeen),
    touched=_touched,
    subjects=_chains,
)
