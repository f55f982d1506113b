"""Nodes of one chain have different blocks at one height: they do not follow the same chain.

Where most agree, those that do not are named; where it is even, nobody can tell who is right.
"""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import Fact, NodesSeen, NodeState
from layerkeep.core.network.graph import chain_of, upstream_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.heads import itself
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import DAY, ChainName, Timestamp

KIND = "node-split"

LOOK_EVERY = DAY
"""How soon nodes that agree are looked at again, if no look shows a split before."""

JUDGED = (
    "attributes-false",
    "batch-false",
    "claim-false",
    "delivery-forged",
    "withdrawal-forged",
)
"""What a witness on another branch may take for false."""

LOOKS = 2
"""Looks in a row, or times the usual time between two: once may be a race at the tip."""


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if len(layer.upstreams) > 1]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    layer = ground.layers.get(fact.anchor.chain)
    return (layer.name,) if layer is not None and len(layer.upstreams) > 1 else ()


def _puts_off(_ground: Ground, fact: Fact) -> bool:
    """A look in which all agree."""
    told = _told(fact)
    return len(told) >= LOOKS and all(node.hash == told[0].hash for node in told)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    looks = ground.sightings.progress.looks.get(subject)
    if not looks:
        return Verdict(lacks=f"the nodes of {subject} were not compared yet")
    told = _told(looks[-1])
    if len(told) < LOOKS:
        return Verdict(lacks=f"fewer than two nodes of {subject} told their block at one height")
    odd, even = _odd(told)
    unheard = _unheard(ground, layer, told)
    if not odd:
        return Verdict(None, unheard) if unheard else Verdict(Timestamp(now + LOOK_EVERY))
    before = _odd(_told(looks[0]))[0] if len(looks) == LOOKS else ()
    expires = Timestamp(looks[-1].anchor.time + LOOKS * layer.poll_every)
    lasted = [node for node in odd if node.upstream in {each.upstream for each in before}]
    standing = _is_known(ground, subject, odd)
    if not lasted and not standing and now < expires:
        return Verdict(expires)
    named = [node for node in odd if _standing(ground, node.upstream)] if even else lasted or odd
    if not named:
        return Verdict(None, (*unheard, _even(ground, layer, looks[-1])))
    return Verdict(None, (*unheard, *(_one(ground, layer, looks[-1], node) for node in named)))


def _told(look: Fact) -> list[NodeState]:
    """The nodes that told a hash at the height compared."""
    assert isinstance(look.says, NodesSeen)
    return [node for node in look.says.nodes if node.answering and node.hash]


def _odd(told: list[NodeState]) -> tuple[list[NodeState], bool]:
    """The nodes that most others contradict; all of them, and true, where there is no most."""
    count: dict[str, int] = {}
    for node in told:
        count[node.hash] = count.get(node.hash, 0) + 1
    if len(count) < LOOKS:
        return [], False
    most = max(count.values())
    leading = [block for block, nodes in count.items() if nodes == most]
    if len(leading) > 1:
        return told, True
    return [node for node in told if node.hash != leading[0]], False


def _is_known(ground: Ground, chain: str, odd: list[NodeState]) -> bool:
    """True if the split stands already."""
    return f"{KIND} {chain_of(chain)} {chain}" in ground.standing or any(
        _standing(ground, node.upstream) for node in odd
    )


def _standing(ground: Ground, upstream: str) -> Problem | None:
    """What is said of an upstream already; where only two answer, it tells which one to doubt."""
    return ground.standing.get(f"{KIND} {upstream_of(upstream)} {upstream}")


def _unheard(ground: Ground, layer: Layer, told: list[NodeState]) -> tuple[Problem, ...]:
    """What stands of upstreams that told no block now: to be silent is not to agree again."""
    heard = {node.upstream for node in told}
    standing = (_standing(ground, name) for name in layer.upstreams if name not in heard)
    return tuple(problem for problem in standing if problem is not None)


def _one(ground: Ground, layer: Layer, look: Fact, node: NodeState) -> Problem:
    client = f" ({node.client})" if node.client else ""
    problem = Problem(
        KIND,
        upstream_of(node.upstream),
        node.upstream,
        _began(ground, layer),
        CRITICAL,
        f"{node.upstream}{client} has other blocks than most nodes of {layer.name}",
        "minority",
        (look,),
    )
    return ground.lasting(problem)


def _even(ground: Ground, layer: Layer, look: Fact) -> Problem:
    groups: dict[str, list[str]] = {}
    for node in _told(look):
        client = f" ({node.client})" if node.client else ""
        groups.setdefault(node.hash, []).append(f"{node.upstream}{client}")
    sides = " against ".join(sorted(", ".join(sorted(names)) for names in groups.values()))
    problem = Problem(
        KIND,
        chain_of(layer.name),
        layer.name,
        _began(ground, layer),
        CRITICAL,
        f"the nodes of {layer.name} have different blocks, and no side is larger: {sides}",
        "even",
        (look,),
    )
    return ground.lasting(problem)


def _began(ground: Ground, layer: Layer) -> Timestamp:
    """When the nodes were first seen to differ, of the looks that are remembered."""
    looks = ground.sightings.progress.looks[layer.name]
    split = [look for look in looks if _odd(_told(look))[0]]
    return Timestamp(split[0].anchor.time)


NODE_SPLIT = Rule(
    name="node_split",
    about="Nodes of one chain have different blocks at the same height, and it is no race.",
    kinds=(KIND,),
    review=_review,
    causes=(*JUDGED, "reorg-deep"),
    wakes=(NodesSeen,),
    touched=_touched,
    subjects=_chains,
    needs=itself,
    puts_off=_puts_off,
)
