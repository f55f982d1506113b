"""One seed through the real engine: facts in, time on, and what its incidents say each moment."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.core.effects import Effect, IncidentMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, Operated
from layerkeep.core.incidents.incident import MERGED, Incident
from layerkeep.core.network.layers import Layers
from layerkeep.core.rules.problems import INFO
from layerkeep.core.units import HOUR, MINUTE, Timestamp, duration_text
from layerkeep.sim.ops.faults import Fault
from layerkeep.sim.ops.network import draw_network
from layerkeep.sim.ops.restart import Told, restarted
from layerkeep.sim.ops.scenario import Injury, Scenario, draw_scenario
from layerkeep.sim.ops.world import OpsWorld, open_world
from layerkeep.sim.world import EPOCH, Event

MakeEngine = Callable[[Layers], Engine]

RESTARTED_ONE_IN = 8
"""Of so many seeds one is also run through a restart."""

RESOLVED_AFTER = 2 * HOUR
"""So long after what nothing takes back an operator has seen to it, and calls it resolved."""

NETWORKS_MAX = 200
"""Networks drawn at most until one has a place for a fault that was asked for."""


@dataclass(frozen=True, slots=True)
class Moved:
    """An effect about an incident, and what the incident was after it."""

    time: int
    incident: str
    transition: str
    kind: str
    component: str
    severity: str


@dataclass(slots=True, eq=False)
class Course:
    """What happened to one injury: when it was first told of, and as what it stood at its end.

    `root` is the root of the incident that held it when it was healed, empty if none did.
    """

    injury: Injury
    told: int = 0
    paged: int = 0
    root: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Run:
    """One seed's world, its engine, and all that is needed to score them."""

    seed: int
    world: OpsWorld
    scenario: Scenario
    engine: Engine
    log: list[tuple[int, Event]] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    facts: int = 0
    restart_at: int = 0
    make: MakeEngine | None = None
    lived: Told | None = None
    again: Told | None = None
    healed: int = 0
    looked_at: int = 0
    closed: dict[str, Incident] = field(default_factory=dict)
    unsettled: dict[str, str] = field(default_factory=dict)

    def go(self, end: int) -> None:
        """Play the world to its end."""
        started = False
        for now, events in self.world.play(end):
            if not started and now > EPOCH + MINUTE:
                started = True
                self.take(self.engine.start(Timestamp(now)), now)
            self.pass_time(now)
            self._follow(now)
            self.facts += len(events)
            if self.restart_at:
                self._restart(now)
                self.log += [(now, event) for event in events]
            for event in events:
                self.take(tell(self.engine, event, now), now)
                if self.again is not None:
                    self.again.take(tell(self.again.engine, event, now))
        self.pass_time(end)
        self._follow(end)

    def pass_time(self, until: int) -> None:
        """Let the engine look at whatever is due."""
        engine = self.engine
        while (due := engine.next_deadline()) is not None and due <= until:
            self.take(engine.tick(due), due)
        again = self.again.engine if self.again is not None else None
        while again is not None and (due := again.next_deadline()) is not None and due <= until:
            assert self.again is not None
            self.again.take(again.tick(due))

    def take(self, effects: Iterable[Effect], now: int) -> None:
        """Note what incidents did."""
        if self.lived is not None:
            effects = list(effects)
            self.lived.take(effects)
        for effect in effects:
            if isinstance(effect, IncidentMoved):
                self._note(effect, now)

    def _restart(self, now: int) -> None:
        """At its time, go on with a second engine made from what was logged."""
        if self.lived is not None or now < self.restart_at:
            return
        assert self.make is not None
        self.lived = Told(self.engine)
        self.again = restarted(self.engine, self.make(self.world.layers), self.log, now)
        self.log.clear()

    def _note(self, effect: IncidentMoved, now: int) -> None:
        incidents = self.engine.incidents
        incident = incidents.open.get(effect.incident) or incidents.recent[effect.incident]
        root = incident.root
        self.closed[incident.id] = incident
        self.moves.append(
            Moved(now, incident.id, effect.transition, root.kind, root.component, incident.severity)
        )
        for course in self.courses:
            known = f"{course.injury.kind} {course.injury.component}"
            if not course.told and known in incident.seen:
                course.told = now

    def _follow(self, now: int) -> None:
        """Begin to follow new injuries; look at how those stand that were healed just now."""
        injuries = self.scenario.injuries
        for injury in injuries[len(self.courses) :]:
            self.courses.append(Course(injury))
        for injury in self.scenario.done[self.healed :]:
            course = next(each for each in self.courses if each.injury is injury)
            course.root = self._root_of(injury)
            if injury.fault.irrevocable:
                self.world.after(RESOLVED_AFTER, self._resolve, injury)
        self.healed = len(self.scenario.done)
        self._look_at_quiet(now)

    def _resolve(self, injury: Injury) -> None:
        """An operator says of the incident that holds this injury that it is resolved."""
        key, world = f"{injury.kind} {injury.component}", self.world
        chain = next(iter(world.chains.values()))
        for incident in sorted(self.engine.incidents.open.values(), key=lambda each: each.id):
            if key in incident.seen:
                says = Operated("resolve", incident.id, "operator", reason="seen-to")
                world.speech.look(chain, says, world.now)

    def _look_at_quiet(self, now: int) -> None:
        """When every fault should be over, and before the next, nothing is open any more."""
        done = self.scenario.done
        if self.looked_at == len(done) or self.scenario.active(now):
            return
        self.looked_at = len(done)
        for incident in self.engine.incidents.open.values():
            if incident.severity != INFO and incident.opened < max(each.healed for each in done):
                since = duration_text(incident.opened - EPOCH)
                text = f"{incident.key} of {since} is still {incident.state}"
                self.unsettled.setdefault(incident.id, text)

    def _root_of(self, injury: Injury) -> tuple[str, str]:
        """The root of the newest incident that the injury's problem belongs or belonged to."""
        incidents = self.engine.incidents
        key = f"{injury.kind} {injury.component}"
        held = [
            incident
            for incident in (*incidents.recent.values(), *incidents.open.values())
            if key in incident.seen and incident.state != MERGED
            if not incident.resolved_at or incident.resolved_at >= injury.began
        ]
        newest = max(held, key=lambda incident: (incident.opened, incident.id), default=None)
        return (newest.root.kind, newest.root.component) if newest is not None else ("", "")


def tell(engine: Engine, event: Event, now: int) -> list[Effect]:
    """The engine hears of an event."""
    if isinstance(event, Fact):
        return engine.observe(event, Timestamp(now))
    return engine.retract(event.chain, event.ancestor, Timestamp(now))


def make_engine(layers: Layers) -> Engine:
    """An engine that watches a network with every rule."""
    return Engine((*OP_STACK, *NITRO), layers, layers)


def prepare(
    seed: int,
    days_end: int,
    *,
    only: Fault | None = None,
    count: int | None = None,
    make: MakeEngine = make_engine,
) -> Run:
    """The world of a seed with its faults, before its first moment."""
    chance = Random(f"layerkeep network {seed}")
    for _ in range(NETWORKS_MAX):
        layers = draw_network(chance)
        world = open_world(layers, seed)
        if only is None or only.places(world):
            break
    scenario = draw_scenario(world, seed, only=only, count=count)
    scenario.noise.start()
    scenario.start(EPOCH + days_end)
    run = Run(seed, world, scenario, make(layers), make=make)
    if seed % RESTARTED_ONE_IN == 0:
        run.restart_at = EPOCH + int(days_end * chance.uniform(0.2, 0.8))
    return run
