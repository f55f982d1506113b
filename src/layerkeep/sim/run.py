"""Running seeds: every checker over every drawn world, and one world's history to read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from layerkeep.core.facts import Claimed, Fact, HeadSeen, Reached, Sent
from layerkeep.core.units import DAY, duration_text
from layerkeep.sim.checkers import CHECKERS, MakeEngine, make_engine
from layerkeep.sim.world import EPOCH, Event, World, draw_world

DETAILS_MAX = 3
"""Lines kept of each violation: the first ones tell what is wrong."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A checker that did not hold over one seed's world."""

    seed: int
    checker: str
    differences: int
    details: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """What was simulated, and what did not hold."""

    seeds: int = 0
    days: int = 0
    chains: int = 0
    facts: int = 0
    messages: int = 0
    journeys: int = 0
    reorgs: int = 0
    violations: list[Violation] = field(default_factory=list)

    @property
    def failing_seeds(self) -> tuple[int, ...]:
        """The seeds over which some checker did not hold."""
        return tuple(sorted({violation.seed for violation in self.violations}))

    @property
    def by_checker(self) -> dict[str, int]:
        """How often each checker did not hold."""
        names = [violation.checker for violation in self.violations]
        return {name: names.count(name) for name in CHECKERS}


def simulate(
    seeds: Iterable[int],
    days: int,
    make: MakeEngine = make_engine,
    on_seed: Callable[[int], None] | None = None,
) -> Report:
    """Every checker over the world of every seed; `on_seed` hears of each one that is done."""
    report = Report(days=days)
    for seed in seeds:
        world = draw_world(seed, days * DAY)
        _count(report, world)
        for name, check in CHECKERS.items():
            found = check(world, make)
            if found:
                details = tuple(found[:DETAILS_MAX])
                report.violations.append(Violation(seed, name, len(found), details))
        if on_seed is not None:
            on_seed(seed)
    return report


def timeline(seed: int, days: int = 1) -> list[str]:
    """A seed's history in words, one line an event, heads left out."""
    world = draw_world(seed, days * DAY)
    return [_told(event) for event in world.events if not _is_head(event)]


def _count(report: Report, world: World) -> None:
    facts = [event for event in world.events if isinstance(event, Fact)]
    sent = [fact for fact in facts if isinstance(fact.says, Sent)]
    executed = {(f.anchor.chain, f.anchor.tx) for f in facts if _executes(f)}
    report.seeds += 1
    report.chains += len(world.fleet.chains)
    report.facts += len(facts)
    report.messages += len(sent)
    report.journeys += sum((fact.anchor.chain, fact.anchor.tx) in executed for fact in sent)
    report.reorgs += world.reorgs


def _executes(fact: Fact) -> bool:
    return isinstance(fact.says, Reached) and fact.says.executes


def _is_head(event: Event) -> bool:
    return isinstance(event, Fact) and isinstance(event.says, HeadSeen)


def _told(event: Event) -> str:
    if not isinstance(event, Fact):
        when = duration_text(event.time - EPOCH)
        return f"{when:>10}  {event.chain}  blocks above {event.ancestor} left"
    anchor, says = event.anchor, event.says
    when = duration_text(anchor.time - EPOCH)
    kind = type(says).__name__
    subject = ""
    if isinstance(says, Sent):
        subject = f"{says.lifecycle} {says.source}->{says.target} {says.message[:12]}"
    elif isinstance(says, Reached):
        subject = f"{says.stage} {says.key}"[:60]
    elif isinstance(says, Claimed):
        subject = f"{says.lane} {says.claim}"[:60]
    return f"{when:>10}  {anchor.chain}  {anchor.height}  {kind} {subject}".rstrip()
