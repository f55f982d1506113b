"""What steps do to a simulated world: performers that fail, hang, half-succeed or lie by seed.

An effect lands within its step's time limit or never: whoever may act after that needs fencing by
the world itself, which nothing here stands in for.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from layerkeep.core.acting.runs.model import DONE, FAILED, UNSURE, Outcome
from layerkeep.core.acting.runs.record import Planned, Run
from layerkeep.core.units import MINUTE, SECOND
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.nodes import SimNode
from layerkeep.sim.ops.scenario import Injury, Scenario
from layerkeep.sim.respond.library import PATIENCE, mends

MISFORTUNES_MAX = 2
"""So many performers fail an incident in ways that take hours to see; then they do their work."""

LOOKED_BACK = 16
"""Injuries among which one that is there is found: an episode has three at most."""

WORKS, FAILS, DOUBTFUL, LOST, HANGS, LIES, LATE = (
    "works",
    "fails",
    "doubtful",
    "lost",
    "hangs",
    "lies",
    "late",
)
LOTS = (WORKS,) * 13 + (FAILS, FAILS, DOUBTFUL, LOST, HANGS, LIES, LATE)
"""`doubtful`: done, and nobody says so; `lost`: not done, and nobody says so; `lies`: said to be
done and not; `late`: said to be done before it is."""


@dataclass(frozen=True, slots=True)
class Performed:
    """An action was begun: when, its key, its run, and whether it belongs to the way back."""

    time: int
    key: str
    run: str
    step: str
    back: bool


@dataclass(slots=True)
class Hands:
    """Everything that steps can reach.

    `switches` are components that were prepared; `moved` chains whose leader was transferred;
    `mended` says by which run an injury was healed.
    """

    scenario: Scenario
    chance: Random
    switches: dict[str, bool] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    mended: dict[Injury, str] = field(default_factory=dict)
    misfortunes: dict[str, int] = field(default_factory=dict)
    performed: list[Performed] = field(default_factory=list)
    landed: list[tuple[int, str]] = field(default_factory=list)

    # ---- as performers

    def rehearse(self) -> Outcome:
        """A dry run: it changes nothing, and now and then shows that a step cannot work."""
        drawn = self.chance.random()
        if drawn < 0.04:
            return Outcome(FAILED, "the simulation reverts")
        return Outcome(UNSURE, "nobody can tell") if drawn < 0.08 else Outcome(DONE)

    def perform(self, run: Run, step: Planned) -> Generator[int, None, Outcome]:
        """Waits that a worker may be killed in; the outcome is the generator's value."""
        world, back = self.scenario.world, run.plan is run.way_back
        self.performed.append(Performed(world.now, step.key, run.id, step.name, back))
        way = self._drawn(run)
        yield self.chance.randrange(SECOND, 20 * SECOND)
        if way in (WORKS, DOUBTFUL) or (way == HANGS and self.chance.random() < 0.5):
            self._land(run, step, back=back)
        elif way == LATE:
            late = self.chance.randrange(MINUTE, 10 * MINUTE)
            world.after(late, self._land_late, run, step, back)
        if way == HANGS:
            yield step.time_limit
            return Outcome(UNSURE, "it did not end within its time limit")
        yield self.chance.randrange(SECOND, 20 * SECOND)
        if way == FAILS:
            return Outcome(FAILED, "refused")
        return Outcome(UNSURE, "no answer") if way in (DOUBTFUL, LOST) else Outcome(DONE)

    def _drawn(self, run: Run) -> str:
        way = self.chance.choice(LOTS)
        if way in (LOST, HANGS, LIES):
            self.misfortunes[run.incident] = count = self.misfortunes.get(run.incident, 0) + 1
            return WORKS if count > MISFORTUNES_MAX else way
        return way

    def _land_late(self, run: Run, step: Planned, back: bool) -> None:
        self._land(run, step, back=back)

    def _land(self, run: Run, step: Planned, *, back: bool) -> None:
        """The world is changed."""
        self.landed.append((self.scenario.world.now, step.key))
        if step.name in ("prepare", "put-back"):
            self.switches[run.component] = step.name == "prepare"
        elif back:
            self._take_back(run, step)
        elif run.runbook == "pause-bridge":
            self._hurt("bridge-paused", run.chain)
        elif step.name == mends((each.name, each.acts) for each in run.steps):
            self._mend_by(run, step)

    def _mend_by(self, run: Run, step: Planned) -> None:
        if run.runbook == "transfer-leader":
            self.moved.add(run.chain)
        if "stop" in step.params:
            node = self._node(run.component)
            poll = self.scenario.world.nodes[node.name.split("-", 1)[0]].chain.layer.poll_every
            node.silent_until = self.scenario.world.now + 3 * poll // 2
        self.mend(run)

    def mend(self, run: Run) -> None:
        """What the run is about is healed, if it is the world's fault and not its consequence."""
        for injury in self.there(run.kind, run.component):
            self.mended[injury] = run.id
            self.scenario.heal(injury)

    def _take_back(self, run: Run, step: Planned) -> None:
        if "start" in step.params:
            self._node(run.component).silent_until = 0
        elif run.runbook == "start-sequencer":
            self._hurt("sequencer-down", run.chain)
        elif run.runbook == "resume-bridge":
            self._hurt("bridge-paused", run.chain)
        elif run.runbook == "pause-bridge":
            for injury in self.there("bridge-paused", f"bridge:{run.chain}"):
                self.mended[injury] = run.id
                self.scenario.heal(injury)

    def _hurt(self, kind: str, place: str) -> None:
        if not self._is_hurt(kind, place):
            self.scenario.hurt(FAULTS[kind], place, PATIENCE)

    def _is_hurt(self, kind: str, place: str) -> bool:
        world = self.scenario.world
        if kind == "bridge-paused":
            return world.bridges[place].paused
        return world.chains[place].now.halted

    # ---- as the world is

    def there(self, kind: str, component: str) -> list[Injury]:
        """The injuries of this kind there that are not healed."""
        newest = self.scenario.injuries[-LOOKED_BACK:]
        return [each for each in newest if each.key == (kind, component) and not each.healed]

    def answers(self, params: Mapping[str, Any]) -> bool | None:
        """Whether a method answers as expected; None where nobody does."""
        endpoint, method = str(params["endpoint"]), params["method"]
        chain = endpoint.split(":", 1)[-1]
        if self.chance.random() < 0.03:
            return None
        if method == "net_listening":
            found = self.switches.get(endpoint, False)
        elif method == "admin_sequencerActive":
            found = not self.scenario.world.chains[chain].now.halted
        elif method == "conductor_leader":
            found = chain not in self.moved
        else:
            found = False
        return bool(found == params["expect"])

    def _node(self, component: str) -> SimNode:
        name = component.split(":", 1)[-1]
        nodes = self.scenario.world.nodes[name.split("-", 1)[0]].nodes
        return next(node for node in nodes if node.name == name)
