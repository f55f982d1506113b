"""Nobody claims a rollup's state on its parent any more, although it went on.

A chain on which nothing happened since the newest claim has nothing to claim, and is not stalled.
"""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import Claimed, Fact, HeadSeen
from layerkeep.core.network.graph import actor_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.network.progress import Mark
from layerkeep.core.rules.heads import and_parent, goes_on, head_fact, is_read
from layerkeep.core.rules.problems import WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Duration, Timestamp, duration_text

UPWARD = "child-to-parent"


def _watched(layer: Layer | None) -> bool:
    return layer is not None and layer.parent is not None and layer.limits.claims_every is not None


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if _watched(layer)]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    chain = says.lane.split("/", 1)[0] if isinstance(says, Claimed) else fact.anchor.chain
    return (chain,) if _watched(ground.layers.get(ChainName(chain))) else ()


def _lane(ground: Ground, layer: Layer) -> str | None:
    """The lane whose claims the chain's messages to its parent wait for."""
    for lifecycle in ground.view.lifecycles.values():
        is_own = lifecycle.name.startswith(f"{layer.stack}.")
        if is_own and lifecycle.lane and lifecycle.direction == UPWARD:
            return f"{layer.name}/{lifecycle.lane}"
    return None


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    limit = layer.limits.claims_every
    assert limit is not None and layer.parent is not None
    lane = _lane(ground, layer)
    mark = ground.sightings.progress.mark(subject, lane) if lane is not None else None
    if mark is None:
        return Verdict(lacks=f"nothing is known of claims about {subject}")
    if mark.beyond is None:
        soonest = Timestamp(mark.at + limit + layer.poll_every)
        return Verdict(soonest if now < soonest else None)
    expires = Timestamp(mark.beyond + limit + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    if not is_read(ground, layer.parent):
        return Verdict(lacks=f"{layer.parent} is not read so far yet")
    return Verdict(None, (_problem(ground, layer, mark),))


def _problem(ground: Ground, layer: Layer, mark: Mark) -> Problem:
    every = duration_text(layer.limits.claims_every or Duration(0))
    last = _name(mark.fact)
    problem = Problem(
        "claims-stalled",
        actor_of("proposer", layer.name),
        layer.name,
        mark.at,
        WARNING,
        f"no claim about {layer.name} was made {last}, and safe blocks wait for one for more than"
        f" {every}",
        proof=(*head_fact(ground, layer.name), *((mark.fact,) if mark.fact is not None else ())),
    )
    return ground.lasting(problem)


def _name(claim: Fact | None) -> str:
    if claim is None:
        return "that we know of"
    assert isinstance(claim.says, Claimed)
    return f"since {claim.says.claim}"


CLAIMS_STALLED = Rule(
    name="claims_stalled",
    about="No state claim was made for longer than usual, although blocks wait for one.",
    kinds=("claims-stalled",),
    review=_review,
    causes=("message-overdue",),
    wakes=(HeadSeen, Claimed),
    touched=_touched,
    subjects=_chains,
    needs=and_parent,
    puts_off=goes_on,
)
