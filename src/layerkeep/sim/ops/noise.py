"""What happens in every healthy network, and must call nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field

from layerkeep.core.units import DAY, HOUR
from layerkeep.sim.ops.traffic import draw_any
from layerkeep.sim.ops.world import OpsWorld

ALWAYS = 1 << 60
REORGS_A_WEEK = 10
"""Of one or two blocks, per chain."""

SLOW_PACE = (1.2, 2.0)
"""Missed slots make blocks so much rarer for hours."""

BURST = (8, 24)
HICCUPS_A_WEEK = 4
HICCUPS_APART = 4
"""Polls at least: who gives no answer twice in a row is silent, and no healthy node."""


@dataclass(slots=True)
class Noise:
    """A network's healthy ups and downs; `calm` while a fault is there, so as not to hide it."""

    world: OpsWorld
    calm: bool = False
    hiccups: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Plan the first of each kind."""
        world = self.world
        for name, chain in world.chains.items():
            self._later(self._reorg, name, rate=REORGS_A_WEEK)
            self._later(self._hiccup, name, rate=HICCUPS_A_WEEK)
            if chain.parent is None:
                self._later(self._slow, name, rate=2)
            elif not chain.layer.empty_blocks and not self._is_parent(name):
                self._later(self._idle, name, rate=5)
        for name in world.bridges:
            self._later(self._burst, name, rate=2)
            self._later(self._upgrade, name, rate=1)

    def keep_calm(self) -> None:
        """Every chain is in use again, and stays so."""
        self.calm = True
        for chain in self.world.chains.values():
            chain.move(self.world.now)
            chain.busy_until = ALWAYS

    def _is_parent(self, name: str) -> bool:
        """A chain that others settle on is in use all the time."""
        return any(layer.parent == name for layer in self.world.layers.values())

    def _later(self, act: Callable[[str], None], name: str, *, rate: int) -> None:
        world = self.world
        world.after(2 * HOUR + int(world.chance.expovariate(rate / (7 * DAY))), act, name)

    def _reorg(self, name: str) -> None:
        world = self.world
        if world.chains[name].is_making and not world.nodes[name].unseen:
            world.reorg(name, world.chance.randint(1, 2))
        self._later(self._reorg, name, rate=REORGS_A_WEEK)

    def _hiccup(self, name: str) -> None:
        """One node, now and then all of them, give no answer for a poll; not twice in a row."""
        world = self.world
        nodes, poll = world.nodes[name].nodes, world.chains[name].layer.poll_every
        silent = nodes if world.chance.randrange(4) == 0 else nodes[-1:]
        if world.now - self.hiccups.get(name, 0) > HICCUPS_APART * poll:
            self.hiccups[name] = world.now
            for node in silent:
                node.silent_until = max(node.silent_until, world.now + poll)
        self._later(self._hiccup, name, rate=HICCUPS_A_WEEK)

    def _slow(self, name: str) -> None:
        chain, world = self.world.chains[name], self.world
        chain.move(world.now)
        chain.pace = world.chance.uniform(*SLOW_PACE)
        world.after(world.chance.randrange(HOUR, 8 * HOUR), self._normal, name)
        self._later(self._slow, name, rate=2)

    def _normal(self, name: str) -> None:
        chain = self.world.chains[name]
        chain.move(self.world.now)
        chain.pace = 1.0

    def _idle(self, name: str) -> None:
        """Nobody uses the chain for some hours: it makes no blocks of itself."""
        world, chain = self.world, self.world.chains[name]
        if not self.calm:
            chain.move(world.now)
            chain.busy_until = world.now
            world.after(world.chance.randrange(HOUR, 14 * HOUR), self._wake, name)
        self._later(self._idle, name, rate=5)

    def _wake(self, name: str) -> None:
        chain = self.world.chains[name]
        chain.move(self.world.now)
        chain.busy_until = ALWAYS

    def _burst(self, name: str) -> None:
        world = self.world
        for _ in range(world.chance.randint(*BURST)):
            world.after(world.chance.randrange(HOUR), world.begin, name, draw_any)
        self._later(self._burst, name, rate=2)

    def _upgrade(self, name: str) -> None:
        world = self.world
        bridge = world.bridges[name]
        bridge.parent.move(world.now)
        world.measured(bridge, "portal_implementation", f"0x{world.planned:040x}")
        self._later(self._upgrade, name, rate=1)
