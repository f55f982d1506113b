"""Seeds through the simulator: what a run of many adds up to, and one seed's story to read."""

from dataclasses import dataclass, field

from layerkeep.core.units import DAY, duration_text
from layerkeep.sim.ops.faults import FAULTS, Fault
from layerkeep.sim.ops.runner import MakeEngine, Moved, Run, make_engine, prepare
from layerkeep.sim.ops.scoring import Score, score
from layerkeep.sim.run import simulate
from layerkeep.sim.world import EPOCH

FLOOR_ONE_IN = 16
"""Of so many seeds one is also run on the first floor, whose checkers are about messages."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for: days of each seed, one kind of fault or any, how many at once or any."""

    days: int
    fault: str = ""
    count: int | None = None

    @property
    def only(self) -> Fault | None:
        """The fault asked for, None for any."""
        return FAULTS[self.fault] if self.fault else None


@dataclass(slots=True)
class Total:
    """What many seeds add up to."""

    seeds: int = 0
    days: int = 0
    facts: int = 0
    score: Score = field(default_factory=Score)
    failing: list[int] = field(default_factory=list)
    floor: dict[str, int] = field(default_factory=dict)


def run_seed(seed: int, plan: Plan, make: MakeEngine = make_engine) -> Run:
    """One seed, played to its end."""
    run = prepare(seed, plan.days * DAY, only=plan.only, count=plan.count, make=make)
    run.go(EPOCH + plan.days * DAY)
    return run


def add_seed(total: Total, seed: int, plan: Plan, make: MakeEngine = make_engine) -> Run:
    """One more seed is part of the total."""
    run = run_seed(seed, plan, make)
    found = score(run)
    total.seeds += 1
    total.days += plan.days
    total.facts += run.facts
    total.score.add(found)
    if found.misses:
        total.failing.append(seed)
    return run


def add_floor(total: Total, seed: int) -> None:
    """The first floor's checkers over a day of a seed, for one seed in some."""
    if seed % FLOOR_ONE_IN:
        return
    report = simulate([seed], 1)
    for name, count in report.by_checker.items():
        total.floor[name] = total.floor.get(name, 0) + count
    if report.failing_seeds:
        total.failing.append(seed)


def story(run: Run) -> list[str]:
    """A seed's history in words: the network, its faults, its incidents, in order of time."""
    lines = [(0, f"network: {_network(run)}")]
    for course in run.courses:
        injury = course.injury
        lines.append((injury.began, f"FAULT   {injury.kind} on {injury.component}"))
        if injury.healed:
            lines.append((injury.healed, f"HEALED  {injury.kind} on {injury.component}"))
        if course.told:
            after = duration_text(course.told - injury.began)
            lines.append((course.told, f"TOLD    {injury.kind} after {after}"))
    lines += [(move.time, _told(move)) for move in run.moves]
    ordered = sorted(lines, key=lambda line: line[0])
    told = [f"{duration_text(max(0, time - EPOCH)):>12}  {text}" for time, text in ordered]
    return [*told, *(f"MISS {miss.checker}: {miss.text}" for miss in score(run).misses)]


def _network(run: Run) -> str:
    layers = run.world.layers.values()
    return ", ".join(f"{each.name} {each.stack} on {each.parent or 'nothing'}" for each in layers)


def _told(move: Moved) -> str:
    root = f"{move.kind} {move.component}"
    return f"  {move.incident} {move.transition} ({move.severity}) {root}"
