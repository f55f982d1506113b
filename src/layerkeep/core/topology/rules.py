"""What must hold between the chains of a topology, once each has been read by itself."""

from collections.abc import Callable, Mapping

from layerkeep.core.adapter import PARENT, Adapter
from layerkeep.core.topology import Chain
from layerkeep.core.topology.spot import Spot, close_match, one_of
from layerkeep.core.units import ChainName

Chains = Mapping[ChainName, Chain]
SpotOf = Callable[[ChainName, str], Spot]
"""Where a key of a chain stands."""


def check_relations(chains: Chains, adapters: Mapping[str, Adapter], spot_of: SpotOf) -> None:
    """Ids and names are unique, and parents exist, are needed and never come round in a circle."""
    _check_ids(chains, spot_of)
    _check_upstream_names(chains, spot_of)
    _check_parents(chains, adapters, spot_of)
    _check_circles(chains, spot_of)


def parents_first(chains: Chains) -> dict[ChainName, Chain]:
    """The chains in an order in which each follows the one it settles on."""
    ordered: dict[ChainName, Chain] = {}
    while len(ordered) < len(chains):
        ready = [
            chain
            for name, chain in chains.items()
            if name not in ordered and (chain.settles_on is None or chain.settles_on in ordered)
        ]
        assert ready, "parents never come round in a circle"
        ordered |= {chain.name: chain for chain in ready}
    return ordered


def _check_ids(chains: Chains, spot_of: SpotOf) -> None:
    owners: dict[int, ChainName] = {}
    for name, chain in chains.items():
        owner = owners.setdefault(chain.chain_id, name)
        if owner != name and chain.chain_id > 0:
            expected = f"an id of its own; {owner} has this one"
            spot_of(name, "chain_id").fault(str(chain.chain_id), expected)


def _check_upstream_names(chains: Chains, spot_of: SpotOf) -> None:
    owners: dict[str, ChainName] = {}
    for name, chain in chains.items():
        for upstream in chain.upstreams:
            if upstream.name in owners:
                expected = f"a name of its own; an upstream of {owners[upstream.name]} has this one"
                spot_of(name, "upstreams").fault(repr(upstream.name), expected)
            owners.setdefault(upstream.name, name)


def _check_parents(chains: Chains, adapters: Mapping[str, Adapter], spot_of: SpotOf) -> None:
    for name, chain in chains.items():
        spot = spot_of(name, "settles_on")
        others = [other for other in chains if other != name]
        if chain.settles_on is not None and chain.settles_on not in chains:
            spot.fault(
                repr(chain.settles_on), one_of(others), close_match(chain.settles_on, others)
            )
        adapter = adapters.get(chain.stack)
        bridged = adapter is not None and any(role.side == PARENT for role in adapter.roles)
        if chain.settles_on is None and bridged:
            spot.fault("nothing", f"the chain it settles on, which {chain.stack} needs")


def _check_circles(chains: Chains, spot_of: SpotOf) -> None:
    reported: set[ChainName] = set()
    for name in chains:
        path = [name]
        while (parent := _parent(chains, path[-1])) is not None and parent not in path:
            path.append(parent)
        if parent != name or name in reported:
            continue
        reported |= set(path)
        found = " -> ".join([*path, name])
        spot_of(name, "settles_on").fault(found, "parents that end at an L1")


def _parent(chains: Chains, name: ChainName) -> ChainName | None:
    settles_on = chains[name].settles_on
    return settles_on if settles_on in chains else None
