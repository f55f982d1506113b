"""What must hold over every seed: silence, detection, cause, liveness, once, and restart."""

from collections import Counter
from dataclasses import dataclass, field

from layerkeep.core.incidents.incident import MERGED, RESOLVED, Incident
from layerkeep.core.rules.problems import INFO
from layerkeep.core.units import duration_text
from layerkeep.sim.ops.restart import differences
from layerkeep.sim.ops.runner import Course, Run
from layerkeep.sim.ops.scenario import Injury
from layerkeep.sim.world import EPOCH

CHECKERS = ("silence", "detection", "cause", "liveness", "once", "restart")


@dataclass(frozen=True, slots=True)
class Miss:
    """Something that did not hold: by which checker, and what, in words."""

    checker: str
    text: str


@dataclass(slots=True)
class Score:
    """How one seed, or several added up, did."""

    faults: int = 0
    detected: int = 0
    late: int = 0
    cause_right: int = 0
    false_alarms: int = 0
    delays: dict[str, list[int]] = field(default_factory=dict)
    at_once: dict[int, Counter[str]] = field(default_factory=dict)
    by_kind: dict[str, Counter[str]] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)

    @property
    def violations(self) -> dict[str, int]:
        """How often each checker did not hold."""
        found = Counter(miss.checker for miss in self.misses)
        return {name: found[name] for name in CHECKERS}

    def add(self, other: "Score") -> None:
        """Another seed's score is part of this one."""
        self.faults += other.faults
        self.detected += other.detected
        self.late += other.late
        self.cause_right += other.cause_right
        self.false_alarms += other.false_alarms
        self.misses += other.misses
        for kind, delays in other.delays.items():
            self.delays.setdefault(kind, []).extend(delays)
        for count, figures in other.at_once.items():
            self.at_once.setdefault(count, Counter()).update(figures)
        for kind, figures in other.by_kind.items():
            self.by_kind.setdefault(kind, Counter()).update(figures)


def score(run: Run) -> Score:
    """How the engine did in a run."""
    found = Score()
    for course in run.courses:
        if course.injury.healed:
            _score_course(found, run, course)
    opened = _opened(run)
    for name, (time, incident) in opened.items():
        _score_incident(found, run, (name, time), incident)
    for injury in run.scenario.injuries:
        _score_twins(found, opened, injury)
    _score_liveness(found, run)
    _score_repeats(found, run)
    if run.lived is not None and run.again is not None:
        unlike = differences(run.lived, run.again)
        found.misses += [Miss("restart", text) for text in unlike]
    return found


def _score_course(found: Score, run: Run, course: Course) -> None:
    injury, latest = course.injury, _latest(run, course.injury)
    figures = found.at_once.setdefault(injury.at_once, Counter())
    kinds = found.by_kind.setdefault(injury.kind, Counter())
    is_told = bool(course.told)
    is_late = is_told and course.told > latest
    is_right = is_told and course.root == injury.key
    for counts in (figures, kinds):
        counts["faults"] += 1
        counts["detected"] += is_told
        counts["cause_right"] += is_right
    found.faults += 1
    found.detected += is_told
    found.late += is_late
    found.cause_right += is_right
    if is_told:
        found.delays.setdefault(injury.kind, []).append(course.told - injury.began)
    if not is_told or is_late:
        after = duration_text(course.told - injury.began) if is_told else "never"
        bound = duration_text(latest - injury.began)
        found.misses.append(Miss("detection", f"{_words(injury)}: told {after}, bound {bound}"))
    elif not is_right:
        found.misses.append(Miss("cause", f"{_words(injury)}: named {' '.join(course.root)}"))


def _latest(run: Run, injury: Injury) -> int:
    """By when an injury must be told: within its bound, and a poll for each look in that time at
    which by chance no node of its chain answered. Nobody could know then what that look would have
    shown, and how often it happens is drawn; so no bound can hold it beforehand.
    """
    nodes = run.world.nodes[injury.place.split("-", 1)[0]]
    missed = sum(injury.began <= time <= injury.bound for time in nodes.missed)
    return injury.bound + missed * nodes.chain.layer.poll_every


def _opened(run: Run) -> dict[str, tuple[int, Incident]]:
    """Every incident that paged, when it was opened, and what it is now or was last."""
    known = {**run.closed, **run.engine.incidents.open}
    return {
        move.incident: (move.time, known[move.incident])
        for move in run.moves
        if move.transition == "opened" and move.incident in known
    }


def _score_incident(found: Score, run: Run, opened: tuple[str, int], incident: Incident) -> None:
    """One that paged although nothing was wrong, or beside the incident of what was."""
    name, time = opened
    if incident.state == MERGED or incident.severity == INFO:
        return
    root = (incident.root.kind, incident.root.component)
    around = [
        injury
        for injury in run.scenario.injuries
        if injury.began <= time and (not injury.healed or time <= injury.settled)
    ]
    if any(injury.key == root for injury in around):
        return
    where = f"{name} {' '.join(root)} at {duration_text(time - EPOCH)}"
    stands_on = run.scenario.graph.stands_on(root[1])
    for injury in around:
        if injury.component == root[1] or injury.component in stands_on:
            found.misses.append(Miss("once", f"{where} is only part of {_words(injury)}"))
            return
    found.false_alarms += 1
    found.misses.append(Miss("silence", f"{where}: nothing is wrong there"))


def _score_twins(found: Score, opened: dict[str, tuple[int, Incident]], injury: Injury) -> None:
    """A fault is its first incident, however long its consequences work through."""
    own = [
        name
        for name, (time, incident) in opened.items()
        if (incident.root.kind, incident.root.component) == injury.key
        and incident.state != MERGED
        and incident.severity != INFO
        and injury.began <= time
        and (not injury.healed or time <= injury.settled)
    ]
    found.misses += [Miss("once", f"{name} is {_words(injury)} again") for name in own[1:]]


def _score_liveness(found: Score, run: Run) -> None:
    """All that was healed long enough ago is over."""
    found.misses += [Miss("liveness", text) for text in run.unsettled.values()]


def _score_repeats(found: Score, run: Run) -> None:
    """No incident is opened twice, and none is resolved that was not open."""
    is_open: dict[str, bool] = {}
    for move in run.moves:
        if move.transition in ("opened", "reopened"):
            if is_open.get(move.incident) or (
                move.transition == "opened" and move.incident in is_open
            ):
                found.misses.append(Miss("once", f"{move.incident} was {move.transition} again"))
            is_open[move.incident] = True
        elif move.transition in (RESOLVED, MERGED):
            if not is_open.get(move.incident):
                found.misses.append(Miss("once", f"{move.incident} was {move.transition} again"))
            is_open[move.incident] = False


def _words(injury: Injury) -> str:
    return f"{injury.kind} on {injury.component} from {duration_text(injury.began - EPOCH)}"
