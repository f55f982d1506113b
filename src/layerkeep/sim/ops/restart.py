"""A second engine, made from what was logged when the first was killed, that goes on beside it.

The log holds every fact whose block has not left its chain, and what was observed; the incidents
are kept as records. What the second engine says from then on must be what the first says.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from layerkeep.core.effects import Effect, IncidentMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, Observed
from layerkeep.core.rules.watch import Watch
from layerkeep.core.units import Timestamp
from layerkeep.sim.world import Event

TOLD = ("opened", "reopened", "resolved", "merged")
"""Transitions that call somebody, or tell that it is over."""

Log = list[tuple[int, Event]]


@dataclass(slots=True)
class Told:
    """What an engine told of its incidents, in order: root and transition."""

    engine: Engine
    told: list[tuple[str, str]] = field(default_factory=list)

    def take(self, effects: Iterable[Effect]) -> None:
        """Note what calls somebody."""
        for effect in effects:
            if isinstance(effect, IncidentMoved) and effect.transition in TOLD:
                incidents = self.engine.incidents
                found = incidents.open.get(effect.incident) or incidents.recent[effect.incident]
                self.told.append((found.key, effect.transition))


def restarted(killed: Engine, fresh: Engine, log: Log, now: int) -> Told:
    """The fresh engine as it is after it read the log and the killed one's incidents."""
    watch, fresh.watch = fresh.watch, Watch((), fresh.watch.ground)
    kept = _kept(log)
    for time, event in kept:
        assert isinstance(event, Fact)
        fresh.observe(event, Timestamp(time))
    fresh.watch = watch
    known = (*killed.incidents.recent.values(), *killed.incidents.open.values())
    fresh.incidents.restore(deepcopy(list(known)), _proven(killed, kept))
    again = Told(fresh)
    again.take(fresh.start(Timestamp(now)))
    return again


def _proven(killed: Engine, kept: Log) -> set[str]:
    """The irrevocable problems whose proof is in the log."""
    problems = [m.problem for each in killed.incidents.open.values() for m in each.members.values()]
    told = [event for _, event in kept]
    return {
        problem.id
        for problem in problems
        if problem.irrevocable and all(fact in told for fact in problem.proof)
    }


def differences(lived: Told, again: Told) -> list[str]:
    """What a restart changed, a line each."""
    found = [
        f"{name} was {transition} after a restart only"
        for name, transition in _more(again.told, lived.told)
    ]
    found += [
        f"{name} was {transition} without a restart only"
        for name, transition in _more(lived.told, again.told)
    ]
    mine, theirs = _standing(lived.engine), _standing(again.engine)
    found += [f"open without a restart only: {row}" for row in sorted(mine - theirs)]
    found += [f"open after a restart only: {row}" for row in sorted(theirs - mine)]
    return found


def _kept(log: Log) -> Log:
    """The facts whose blocks are still there, in the order in which they came."""
    kept: Log = []
    lowest: dict[str, int] = {}
    for time, event in reversed(log):
        if not isinstance(event, Fact):
            lowest[event.chain] = min(event.ancestor, lowest.get(event.chain, event.ancestor))
            continue
        top = lowest.get(event.anchor.chain)
        if top is None or isinstance(event.says, Observed) or event.anchor.height <= top:
            kept.append((time, event))
    return kept[::-1]


def _more(some: list[tuple[str, str]], others: list[tuple[str, str]]) -> list[tuple[str, str]]:
    left = list(others)
    found = []
    for each in some:
        if each in left:
            left.remove(each)
        else:
            found.append(each)
    return found


def _standing(engine: Engine) -> set[str]:
    return {f"{each.key} {each.state}" for each in engine.incidents.open.values()}
