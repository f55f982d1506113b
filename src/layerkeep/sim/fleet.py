"""A drawn network: one to six chains, up to three deep, and the bridge of each to its parent."""

from dataclasses import dataclass
from random import Random

from layerkeep.adapters.nitro.actors import NitroModel
from layerkeep.adapters.op_stack.actors import OpStackModel
from layerkeep.core.adapter import Scope
from layerkeep.core.units import MINUTE, SECOND, ChainName

CHAINS_MAX = 6
DEPTH_MAX = 3
BLOCK_TIMES = (SECOND, 2 * SECOND, 12 * SECOND, MINUTE)
"""From a rollup's blocks to those of a slow chain."""

FINAL_DEPTHS = (4, 30, 64, 600)
"""How many blocks behind its tip a chain is final: almost at once, or only after hours."""

Model = OpStackModel | NitroModel


@dataclass(frozen=True, slots=True)
class SimChain:
    """One chain: how often it makes a block, and how deep a block is final."""

    name: ChainName
    block_time: int
    final_depth: int
    depth: int
    parent: str

    def height_at(self, time: int) -> int:
        """The height of the last block not later than a time."""
        return time // self.block_time

    def time_of(self, height: int) -> int:
        """The time of a block."""
        return height * self.block_time


@dataclass(frozen=True, slots=True)
class Bridge:
    """The bridge between a child and its parent, and the actors that use it."""

    child: ChainName
    parent: ChainName
    model: Model


@dataclass(frozen=True, slots=True)
class Fleet:
    """All chains of a world by name, parents first, and their bridges."""

    chains: dict[ChainName, SimChain]
    bridges: tuple[Bridge, ...]

    def from_chain(self, chain: ChainName) -> list[Bridge]:
        """The bridges over which a message can leave a chain."""
        return [bridge for bridge in self.bridges if chain in (bridge.child, bridge.parent)]


def draw_fleet(chance: Random) -> Fleet:
    """A network in which every chain but the first settles on an earlier one."""
    first = _draw_chain(chance, "c1", None)
    chains = {first.name: first}
    bridges: list[Bridge] = []
    for number in range(2, chance.randint(1, CHAINS_MAX) + 1):
        parent = chance.choice([chain for chain in chains.values() if chain.depth < DEPTH_MAX])
        chain = _draw_chain(chance, f"c{number}", parent)
        chains[chain.name] = chain
        scope = Scope(chain.name, parent.name, number, int(parent.name[1:]), chain.name)
        stack = chance.choice((OpStackModel, NitroModel))
        bridges.append(Bridge(chain.name, parent.name, stack(scope, chance)))
    return Fleet(chains, tuple(bridges))


def _draw_chain(chance: Random, name: str, parent: SimChain | None) -> SimChain:
    block_time, final_depth = chance.choice(BLOCK_TIMES), chance.choice(FINAL_DEPTHS)
    if parent is None:
        return SimChain(ChainName(name), block_time, final_depth, 1, "")
    return SimChain(ChainName(name), block_time, final_depth, parent.depth + 1, parent.name)
