"""`layerkeep init`: a topology from the chains themselves.

Each chain is looked at by itself; then every pair of chains that could be parent and child is
tried. Nothing is guessed: a pair counts only if a contract or a block of the parent proves it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerkeep.core.adapter import CHILD, PARENT, Adapter, Parameter
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology import Chain, Topology, Upstream
from layerkeep.core.topology.rules import parents_first
from layerkeep.core.topology.urls import holds_secret
from layerkeep.core.units import Address, ChainName
from layerkeep.edge.discover import nitro, op_stack
from layerkeep.edge.discover.chains import Sight, look
from layerkeep.edge.discover.links import ACTOR, Bridge
from layerkeep.edge.discover.reads import Rpc, view_text, view_uint
from layerkeep.edge.discover.writing import Remarks, topology_text

DELAYS = ("s", "blocks")
"""Units of parameters that stay as they are for months."""

Finder = Callable[[Sight, Sight, Mapping[str, Address]], Awaitable[tuple[Bridge, str] | None]]

FINDERS: Mapping[str, Finder] = {"op_stack": op_stack.find_bridge, "nitro": nitro.find_bridge}
"""How to find the bridge from a child of this stack to a parent."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A chain to look at: the name it shall have, and where its node answers."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What the operator knows: the network's name, and contracts of parents by child and role."""

    network: str = "discovered"
    contracts: Mapping[str, Mapping[str, Address]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found: the topology, the same as a commented file, and what is in doubt."""

    topology: Topology
    toml: str
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Settled:
    parent: Sight
    bridge: Bridge
    proof: str


async def discover(
    endpoints: Sequence[Endpoint],
    connect: Callable[[Endpoint], Rpc],
    adapters: Mapping[str, Adapter],
    hints: Hints | None = None,
) -> Discovery:
    """The topology of these chains, as far as they prove it themselves."""
    hints = hints or Hints()
    sights = await asyncio.gather(*(look(one.name, one.url, connect(one)) for one in endpoints))
    _check_apart(sights)
    for name in hints.contracts:
        if name not in {sight.name for sight in sights}:
            raise SettingsError(f"a hint names {name!r}, which is none of the chains given")
    settled = dict(
        zip(
            (sight.name for sight in sights),
            await asyncio.gather(*(_settle(sight, sights, hints) for sight in sights)),
            strict=True,
        )
    )
    doubts: list[str] = []
    chains = {}
    for sight in sights:
        doubts += _doubts(sight, settled[sight.name])
        chains[ChainName(sight.name)] = await _chain(sight, settled[sight.name], adapters)
    ordered = parents_first({name: chain for name, (chain, _) in chains.items()})
    text = topology_text(hints.network, (chains[name] for name in ordered), doubts)
    return Discovery(Topology(hints.network, ordered), text, tuple(doubts))


def _check_apart(sights: Sequence[Sight]) -> None:
    for index, sight in enumerate(sights):
        for other in sights[:index]:
            if sight.name == other.name:
                raise SettingsError(f"two chains shall be named {sight.name!r}")
            if sight.chain_id == other.chain_id:
                names = f"{other.name} and {sight.name}"
                raise SettingsError(f"{names} are the same chain, with the id {sight.chain_id}")


async def _settle(child: Sight, sights: Sequence[Sight], hints: Hints) -> list[_Settled]:
    """Every proven bridge of this chain; there should be one, or none for an L1."""
    found: list[_Settled] = []
    for parent in sights:
        if parent.name == child.name or child.stack not in FINDERS:
            continue
        known = hints.contracts.get(child.name, {})
        proven = await FINDERS[child.stack](child, parent, known)
        if proven is not None:
            found.append(_Settled(parent, *proven))
    return found


def _doubts(sight: Sight, settled: Sequence[_Settled]) -> list[str]:
    if sight.stack not in FINDERS:
        return []
    if not settled:
        hint = "; name its rollup or its inbox" if sight.stack == "nitro" else ""
        return [f"{sight.name}: no chain given is proven to be the one it settles on{hint}"]
    if len(settled) > 1:
        names = " and ".join(one.parent.name for one in settled)
        return [f"{sight.name}: {names} both prove to be the one it settles on"]
    return [f"{sight.name}: {doubt}" for doubt in settled[0].bridge.doubts]


async def _chain(
    sight: Sight, settled: Sequence[_Settled], adapters: Mapping[str, Adapter]
) -> tuple[Chain, Remarks]:
    hidden = holds_secret(sight.url)
    variable = f"LAYERKEEP_{sight.name.upper().replace('-', '_')}_RPC"
    upstream = Upstream(sight.name, f"env:{variable}" if hidden else sight.url)
    chain = Chain(
        name=ChainName(sight.name),
        chain_id=sight.chain_id,
        stack=sight.stack,
        block_time=sight.block_time,
        upstreams=(upstream,),
        genesis=sight.genesis,
    )
    if len(settled) != 1:
        return chain, Remarks(measured=sight.measured, hidden_url=hidden)
    return await _settled_chain(chain, settled[0], adapters.get(sight.stack), sight, hidden)


async def _settled_chain(
    chain: Chain, settled: _Settled, adapter: Adapter | None, sight: Sight, hidden: bool
) -> tuple[Chain, Remarks]:
    bridge = settled.bridge
    if bridge.stack == "nitro":
        await nitro.add_actors(bridge)
    contracts = {
        ChainName(settled.parent.name): _side(bridge, PARENT, adapter),
        chain.name: _side(bridge, CHILD, adapter),
    }
    roles = () if adapter is None else adapter.roles
    parameters = () if adapter is None else adapter.parameters
    answers = await asyncio.gather(*(_read(one, bridge) for one in parameters))
    remarks = Remarks(
        settled=settled.proof,
        measured=sight.measured,
        parameters=tuple(answer for answer in answers if answer),
        missing={
            here: tuple(
                role.name
                for role in roles
                if role.side == side and (side, role.name) not in bridge.found
            )
            for here, side in zip(contracts, (PARENT, CHILD), strict=True)
        },
        hidden_url=hidden,
    )
    filled = Chain(
        name=chain.name,
        chain_id=chain.chain_id,
        stack=chain.stack,
        block_time=chain.block_time,
        settles_on=ChainName(settled.parent.name),
        upstreams=chain.upstreams,
        contracts=contracts,
        actors=_side(bridge, ACTOR, None),
        genesis=chain.genesis,
    )
    return filled, remarks


def _side(bridge: Bridge, side: str, adapter: Adapter | None) -> dict[str, Address]:
    """What was found on one side; contracts the adapter has no role for only led the way."""
    if adapter is None:
        return {role: address for (here, role), address in bridge.found.items() if here == side}
    roles = [role.name for role in adapter.roles if role.side == side]
    return {role: bridge.found[side, role] for role in roles if (side, role) in bridge.found}


async def _read(parameter: Parameter, bridge: Bridge) -> str:
    """A parameter's value as a comment; counts, which change with every block, are left out."""
    contract = bridge.found.get((parameter.side, parameter.role))
    lasting = parameter.unit in DELAYS or parameter.kind == "string"
    if contract is None or not lasting:
        return ""
    rpc = bridge.rpcs[parameter.side]
    value: str | int | None
    if parameter.kind == "string":
        value = await view_text(rpc, contract, parameter.signature)
    else:
        value = await view_uint(rpc, contract, parameter.signature)
    if value is None:
        return ""
    unit = f" {parameter.unit}" if parameter.unit else ""
    return f"{parameter.name}: {value}{unit}, from {parameter.role}.{parameter.signature}"
