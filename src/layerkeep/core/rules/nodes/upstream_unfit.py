"""An upstream is no use: it gives no answer, it is far behind the others, or it stands still.

All three are told by comparing the nodes of one chain; where all are silent the chain is blind. One
that was far behind already when it last moved lags; one that fell back by standing still does not,
and is not told of before it has stood for the limit: so one fault is not told as two. A
sequencer's own silence is chain_halted's where no empty blocks would show that it is down.
"""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import Fact, NodesSeen, NodeState
from layerkeep.core.network.graph import upstream_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.chains.chain_halted import SEQUENCER
from layerkeep.core.rules.problems import WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import DAY, Timestamp, duration_text

LOOK_EVERY = DAY
"""How soon a node that is level is looked at again, if no look shows one that is not before."""

BEACON = "beacon"
"""Asked for blobs only, when a batch needs one: it has no blocks to compare."""

SILENT, LAGGING, FROZEN = "upstream-silent", "upstream-lagging", "upstream-frozen"


def _upstreams(ground: Ground) -> Iterable[str]:
    layers = ground.layers.values()
    known = [spot for layer in layers for spot in layer.upstreams.items()]
    return [name for name, roles in known if BEACON not in roles]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    layer = ground.layers.get(fact.anchor.chain)
    assert isinstance(fact.says, NodesSeen)
    known = layer.upstreams if layer is not None else {}
    return [node.upstream for node in fact.says.nodes if node.upstream in known]


def _puts_off(_ground: Ground, fact: Fact) -> bool:
    """A look in which all answer, and all are level."""
    assert isinstance(fact.says, NodesSeen)
    nodes = fact.says.nodes
    return not nodes or {(each.answering, each.head) for each in nodes} == {(True, nodes[0].head)}


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    return (_layer(ground, subject).name,)


def _layer(ground: Ground, upstream: str) -> Layer:
    chain = ground.graph.chain(upstream_of(upstream))
    assert chain is not None, f"{upstream} is no upstream"
    return ground.layers[chain]


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = _layer(ground, subject)
    states = {node.upstream: node for node in ground.sightings.states(layer.name)}
    state = states.get(subject)
    if state is None:
        return Verdict(lacks=f"{subject} was not asked yet")
    if state.answering:
        return _review_head(ground, layer, state, now)
    if not layer.empty_blocks and SEQUENCER in layer.upstreams[subject]:
        return Verdict()
    since = ground.sightings.progress.since_silent(subject)
    expires = Timestamp(since + layer.limits.silent_after)
    if now < expires:
        known = (ground.standing.get(_id(kind, subject)) for kind in (LAGGING, FROZEN))
        return Verdict(expires, tuple(problem for problem in known if problem is not None))
    if _looked_at(ground, layer) <= since:
        return Verdict(lacks=f"the nodes of {layer.name} were not asked again")
    if not any(node.answering for node in states.values()):
        return Verdict(lacks=f"no other node of {layer.name} answers either")
    after = duration_text(layer.limits.silent_after)
    summary = f"{subject} has given no answer for more than {after}, while other nodes do"
    return _found(ground, layer, (SILENT, subject, since), summary)


def _review_head(ground: Ground, layer: Layer, state: NodeState, now: Timestamp) -> Verdict:
    """It answers: how far is it behind the best, and does it move?"""
    looks = ground.sightings.progress.looks[layer.name]
    behind = [_behind(ground, look, state.upstream) for look in looks]
    if behind[-1] <= 0:
        return Verdict(Timestamp(now + LOOK_EVERY))
    name, lag = state.upstream, duration_text(layer.limits.upstream_lag)
    level = ground.sightings.progress.level[name]
    expires = Timestamp(level + layer.limits.upstream_lag + layer.poll_every)
    if now >= expires and _looked_at(ground, layer) < level + layer.limits.upstream_lag:
        return Verdict(lacks=f"the nodes of {layer.name} were not asked again")
    if now >= expires:
        summary = (
            f"{name} answers, but has stood at block {state.head} for more than {lag}, while other"
            f" nodes of {layer.name} moved on"
        )
        return _found(ground, layer, (FROZEN, name, level), summary)
    blocks = layer.limits.upstream_lag // layer.block_time
    lagging = _id(LAGGING, name) in ground.standing
    moves = ground.sightings.progress.trailed[name] > blocks
    if min(behind) <= blocks or not (lagging or moves):
        return Verdict(expires)  # not far behind, or by standing still since it was not
    summary = (
        f"{name} is more than {blocks} blocks, {lag} of them, behind the best node of {layer.name}"
    )
    found = _found(ground, layer, (LAGGING, name, Timestamp(looks[0].anchor.time)), summary)
    return Verdict(expires, found.problems)


def _looked_at(ground: Ground, layer: Layer) -> int:
    return ground.sightings.nodes[layer.name].anchor.time


def _behind(ground: Ground, look: Fact, upstream: str) -> int:
    """How many blocks an upstream was behind the best; 0 where it gave no answer."""
    says = look.says
    assert isinstance(says, NodesSeen)
    best = ground.sightings.progress.best(look.anchor.chain, says)
    heads = [node.head for node in says.nodes if node.upstream == upstream and node.answering]
    return best - heads[0] if heads else 0


def _id(kind: str, upstream: str) -> str:
    return f"{kind} {upstream_of(upstream)} {upstream}"


def _found(ground: Ground, layer: Layer, what: tuple[str, str, Timestamp], summary: str) -> Verdict:
    kind, name, since = what
    looks = (ground.sightings.nodes[layer.name],)
    problem = Problem(kind, upstream_of(name), name, since, WARNING, summary, proof=looks)
    return Verdict(None, (ground.lasting(problem),))


UPSTREAM_UNFIT = Rule(
    name="upstream_unfit",
    about="An upstream is silent, far behind, or stands still, while others of its chain do not.",
    kinds=(SILENT, LAGGING, FROZEN),
    review=_review,
    wakes=(NodesSeen,),
    touched=_touched,
    subjects=_upstreams,
    needs=_needs,
    puts_off=_puts_off,
)
