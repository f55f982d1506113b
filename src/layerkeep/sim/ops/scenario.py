"""What goes wrong in a world, when, and until when: episodes of faults with quiet between them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules import RULES
from layerkeep.core.units import DAY, HOUR
from layerkeep.sim.ops.faults import FAULTS, Fault, Undo
from layerkeep.sim.ops.faults.nodes import NODE_FAULTS
from layerkeep.sim.ops.noise import Noise
from layerkeep.sim.ops.world import OpsWorld
from layerkeep.sim.world import EPOCH

WARM_UP = 2 * DAY
"""Before the first fault: every actor has a history by then."""

STAGGER = 2 * HOUR
"""Faults at once begin within so long."""

AT_ONCE = (1, 1, 1, 2, 2, 3)
"""How many faults an episode has, one of these."""

HEALTHY_ONE_IN = 8
"""Of so many seeds one has no fault at all."""

TRIES = 40


@dataclass(slots=True, eq=False)
class Injury:
    """One fault at one place; times in milliseconds, 0 while not yet. `at_once`: in its episode."""

    fault: Fault
    place: str
    kind: str
    component: str
    began: int
    bound: int
    at_once: int = 1
    healed: int = 0
    undo: Undo | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What a right answer names as root."""
        return (self.kind, self.component)

    @property
    def settled(self) -> int:
        """When everything about it must be over."""
        return self.healed + self.fault.settled


@dataclass(slots=True)
class Scenario:
    """The faults of one world. `count` at once: drawn anew each time where it is None.

    `patience` is how much longer a fault that may last does so where people and runs may heal it.
    """

    world: OpsWorld
    noise: Noise
    chance: Random
    count: int | None = None
    only: Fault | None = None
    patience: int = 0
    injuries: list[Injury] = field(default_factory=list)
    planned: int = 0
    done: list[Injury] = field(default_factory=list)
    current: list[Injury] = field(default_factory=list)
    causes: dict[str, frozenset[str]] = field(default_factory=dict)
    graph: Graph = field(init=False)

    def __post_init__(self) -> None:
        self.graph = Graph(self.world.layers)
        for rule in RULES:
            for kind in rule.kinds:
                self.causes[kind] = frozenset(rule.causes)

    def start(self, end: int) -> None:
        """Plan the first episode; none begins so late that it could not end."""
        self.world.at(EPOCH + WARM_UP + self.chance.randrange(HOUR, 12 * HOUR), self._episode, end)

    def active(self, now: int) -> list[Injury]:
        """The faults that are there, or were healed a short while ago."""
        self.current = [each for each in self.current if not each.healed or now < each.settled]
        return self.current

    def plan(self, start: int, fault: Fault, place: str, length: int) -> None:
        """A fault begins at a time and is healed so long after it."""
        self.noise.calm = True
        self.planned += 1
        self.world.at(start, self.hurt, fault, place, length)

    def _episode(self, end: int) -> None:
        count = self.count if self.count is not None else self.chance.choice(AT_ONCE)
        drawn = self._draw(count)
        self.noise.keep_calm()
        self.planned = len(drawn)
        last = self.world.now + STAGGER
        planned: list[tuple[int, Fault, str, int]] = []
        for fault, place in drawn:
            start = self.world.now + self.chance.randrange(HOUR, STAGGER)
            length = self._length(fault, place)
            last = max(last, start + length + fault.settled)
            planned.append((start, fault, place, length))
        if last >= end:
            return
        for each in planned:
            self.world.at(each[0], self.hurt, *each[1:])
        self.world.at(last, self._calm_over)
        self.world.at(last + self.chance.randrange(6 * HOUR, 30 * HOUR), self._episode, end)

    def _calm_over(self) -> None:
        self.noise.calm = False

    def _length(self, fault: Fault, place: str) -> int:
        bound = fault.bound(self._layer(place))
        longer, patience = bound // 3 + HOUR, self.patience
        if fault.hard_end:
            longer, patience = min(longer, fault.hard_end // 2), 0
        return bound + patience + longer // 2 + self.chance.randrange(longer // 2)

    def _layer(self, place: str) -> Layer:
        return self.world.chains[place.split("-", 1)[0]].layer

    def hurt(self, fault: Fault, place: str, length: int) -> None:
        """A fault begins now, if it can, and is healed after so long unless it was before."""
        world = self.world
        undo = fault.begin(world, place)
        if undo is None:
            return
        injury = Injury(
            fault,
            place,
            fault.kind,
            fault.component(world, place),
            world.now,
            world.now + fault.bound(self._layer(place)),
            self.planned,
            undo=undo,
        )
        self.injuries.append(injury)
        self.current.append(injury)
        world.after(length, self.heal, injury)

    def heal(self, injury: Injury) -> None:
        """The fault is over now, if it was not before."""
        if injury.healed:
            return
        assert injury.undo is not None
        injury.undo()
        injury.healed = self.world.now
        self.done.append(injury)

    # ---- which faults can be told apart

    def _draw(self, count: int) -> list[tuple[Fault, str]]:
        kinds = [self.only] if self.only is not None else list(FAULTS.values())
        drawn: list[tuple[Fault, str]] = []
        for _ in range(TRIES):
            if len(drawn) == count:
                break
            fault = self.chance.choice(kinds)
            places = fault.places(self.world)
            if not places:
                continue
            place = self.chance.choice(list(places))
            if all(self._apart((fault, place), other) for other in drawn):
                drawn.append((fault, place))
        return drawn

    def _apart(self, one: tuple[Fault, str], other: tuple[Fault, str]) -> bool:
        """True if neither fault can hide or cause what the other shows."""
        (fault, place), (also, elsewhere) = one, other
        here, there = place.split("-", 1)[0], elsewhere.split("-", 1)[0]
        if not self._related(here, there):
            return True
        if (fault.wide and also.wide) or "blind" in (fault.kind, also.kind):
            return False
        if place == elsewhere or _same_nodes((fault, here), (also, there)):
            return False
        ours, theirs = self.causes.get(fault.kind, ()), self.causes.get(also.kind, ())
        return also.kind not in ours and fault.kind not in theirs

    def _related(self, one: str, other: str) -> bool:
        return one in self._down(other) or other in self._down(one)

    def _down(self, name: str) -> Iterable[str]:
        chain = self.world.chains[name]
        found = [str(chain.name)]
        while chain.parent is not None:
            chain = chain.parent
            found.append(str(chain.name))
        return found


def _same_nodes(one: tuple[Fault, str], other: tuple[Fault, str]) -> bool:
    """True if one is about nodes, and the other about the same chain's or about what they show."""
    is_nodes, also_nodes = one[0] in NODE_FAULTS, other[0] in NODE_FAULTS
    if is_nodes and also_nodes:
        return one[1] == other[1]
    return (is_nodes and other[0].wide) or (also_nodes and one[0].wide)


def draw_scenario(
    world: OpsWorld, seed: int, *, only: Fault | None = None, count: int | None = None
) -> Scenario:
    """The faults of a seed; none in some seeds, unless a fault or a number is asked for."""
    chance = Random(f"layerkeep scenario {seed}")
    if count is None and only is None and chance.randrange(HEALTHY_ONE_IN) == 0:
        count = 0
    if only is not None and count is None:
        count = 1
    return Scenario(world, Noise(world), chance, count, only)
