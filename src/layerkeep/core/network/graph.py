"""The dependency graph: the components of a network, and what each stands on.

A component is named `<kind>:<name>`: `chain:l2`, `sequencer:l2`, `batcher:l2`, `proposer:l2`,
`bridge:l2` (between l2 and its parent), `route:l1->l2`, `upstream:<name>`.
"""

from collections import deque
from collections.abc import Iterator

from layerkeep.core.network.layers import Layer, Layers
from layerkeep.core.units import ChainName

Edge = tuple[str, str]
"""How one component stands on another, and which: (`settles-on`, `chain:l1`). What an actor does is
judged by nodes of its chain (`seen-by`): who lies there makes an honest actor look false."""


def chain_of(name: str) -> str:
    """The component of a chain."""
    return f"chain:{name}"


def actor_of(job: str, chain: str) -> str:
    """The component of an actor: its job is `sequencer`, `batcher` or `proposer`."""
    return f"{job}:{chain}"


def bridge_of(child: str) -> str:
    """The component of the contracts between a child and its parent."""
    return f"bridge:{child}"


def route_of(source: str, target: str) -> str:
    """The component of one direction of a bridge."""
    return f"route:{source}->{target}"


def upstream_of(name: str) -> str:
    """The component of an upstream."""
    return f"upstream:{name}"


class Graph:
    """Which component stands on which, built once from the layers."""

    def __init__(self, layers: Layers) -> None:
        self.edges: dict[str, tuple[Edge, ...]] = {}
        self.chains: dict[str, ChainName] = {}
        for layer in layers.values():
            self._add(layer)
        self._below = {name: self._reach(name) for name in self.edges}

    def stands_on(self, component: str) -> dict[str, tuple[str, ...]]:
        """Every component below this one, nearest first, with the edges that lead there."""
        return self._below.get(component, {})

    def path(self, component: str, cause: str) -> tuple[str, ...]:
        """How one stands on the other, as names of edges; empty if it does not."""
        return self._below.get(component, {}).get(cause, ())

    def chain(self, component: str) -> ChainName | None:
        """The chain a component belongs to: a bridge's and a route's is the child."""
        return self.chains.get(component)

    def __contains__(self, component: object) -> bool:
        return component in self.edges

    def __iter__(self) -> Iterator[str]:
        return iter(self.edges)

    def _add(self, layer: Layer) -> None:
        name, parent = layer.name, layer.parent
        served = tuple(("served-by", upstream_of(each)) for each in layer.upstreams)
        for each in layer.upstreams:
            self._put(upstream_of(each), name)
        if parent is None:
            self._put(chain_of(name), name, *served)
            return
        below, itself = ("settles-on", chain_of(parent)), ("bridged-by", bridge_of(name))
        sequenced = ("sequenced-by", actor_of("sequencer", name))
        posted = ("posted-by", actor_of("batcher", name))
        claimed = ("claimed-by", actor_of("proposer", name))
        self._put(chain_of(name), name, sequenced, posted, below, *served)
        seen = tuple(("seen-by", upstream) for _, upstream in served)
        to_parent = ("posts-to", chain_of(parent))
        self._put(actor_of("sequencer", name), name, ("derives-from", chain_of(parent)), *seen)
        self._put(actor_of("batcher", name), name, sequenced, to_parent, *seen)
        about = ("claims-about", chain_of(name))
        self._put(claimed[1], name, posted, sequenced, to_parent, about, *seen)
        self._put(bridge_of(name), name, below, claimed, ("between", chain_of(name)))
        down = (itself, sequenced, ("from", chain_of(parent)), ("to", chain_of(name)))
        up = (itself, posted, claimed, ("from", chain_of(name)))
        self._put(route_of(parent, name), name, *down)
        self._put(route_of(name, parent), name, *up, ("to", chain_of(parent)))

    def _put(self, component: str, chain: ChainName, *edges: Edge) -> None:
        self.edges[component] = edges
        self.chains[component] = chain

    def _reach(self, start: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        todo: deque[tuple[str, tuple[str, ...]]] = deque([(start, ())])
        while todo:
            component, path = todo.popleft()
            for edge, below in self.edges.get(component, ()):
                if below not in found and below != start:
                    found[below] = (*path, edge)
                    todo.append((below, found[below]))
        return found
