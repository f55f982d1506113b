"""What people and the policy say to runs: propose, approve, start, answer, halt; and who said what.

`said` is a record of its own: the checkers hold runs against it, and never against themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.acting.runbooks.placeholders import Unfilled
from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.plan import Asked, Scene, run_of
from layerkeep.core.acting.runs.record import Approval, Run
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Anchor, Fact, HeadSeen
from layerkeep.core.incidents.incident import OPEN, Incident
from layerkeep.core.messages import Message
from layerkeep.core.topology.access import ROLES
from layerkeep.core.units import Key, Timestamp
from layerkeep.sim.respond.worker import Place

ITSELF = "layerkeep"


@dataclass(frozen=True, slots=True)
class Yes:
    """A person truly said yes to a run, by a token of this role."""

    time: int
    run: str
    person: str
    token: str
    role: str


@dataclass(slots=True)
class Record:
    """Everything that was said, as the world knows it."""

    runs: dict[str, Run] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    yes: dict[str, list[Yes]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)
    halts: list[tuple[int, int]] = field(default_factory=list)
    refused: int = 0


class Clerk:
    """Takes what is said to the desk."""

    def __init__(
        self,
        place: Place,
        engine: Engine,
        runbooks: Mapping[str, Runbook],
        roles: Mapping[str, str],
    ) -> None:
        self.place = place
        self.engine = engine
        self.runbooks = runbooks
        self.roles = roles
        self.said = Record()
        self._refused: set[tuple[str, str]] = set()

    @property
    def now(self) -> Timestamp:
        """Milliseconds since the epoch."""
        return Timestamp(self.place.world.now)

    def propose(self, runbook: Runbook, incident: Incident, by: str) -> Run | None:
        """A run, filled in and stored; None if it cannot be."""
        before, attempts = self.place.desk.tries(runbook.name, incident.id)
        asked = Asked(by, self.now, before, attempts, by == ITSELF)
        try:
            run = run_of(runbook, self._scene(incident), asked)
        except Unfilled:
            return None
        if not self.place.desk.add(run):
            return None
        self.said.runs[run.id] = run
        self.said.keys |= {step.key: run.id for step in (*run.steps, *run.way_back)}
        self.place.hands.moved.discard(run.chain)
        return run

    def propose_automatic(self) -> list[Run]:
        """Where runbook and policy both allow it, and each runbook once for an incident."""
        acting, desk = self.place.topology.acting, self.place.desk
        able = [self.runbooks[name] for name in acting.automatic]
        if desk.halted or not able:
            return []
        proposed: list[Run] = []
        for incident in list(self.engine.incidents.open.values()):
            root = incident.root
            for runbook in answering(able, root.kind, root.component)[:1]:
                if incident.state != OPEN or (runbook.name, incident.id) in self._refused:
                    continue
                within = self.now - acting.automatic_within
                if sum(time >= within for time in desk.automatic) >= acting.automatic_max:
                    return proposed
                self._refused.add((runbook.name, incident.id))
                if not any(desk.tries(runbook.name, incident.id)):
                    run = self.propose(runbook, incident, ITSELF)
                    proposed += [run] if run is not None else []
        return proposed

    def approve(self, name: str, person: str) -> bool:
        """A person agrees by their token; true if it counts."""
        token = self.place.topology.people.people[person].token
        role = self.roles[token]
        self.said.yes.setdefault(name, []).append(Yes(self.now, name, person, token, role))

        def how(run: Run) -> str:
            if ROLES.index(role) < ROLES.index(run.needs.role):
                return "it takes a higher role"
            return journal.approve(run, Approval(person, token, role, self.now), self.now)

        return self._change(name, how)

    def deny(self, name: str, person: str) -> bool:
        """A person says no."""
        done = self._change(name, lambda run: journal.deny(run, person, "no", self.now))
        if done:
            self.said.denied[name] = self.now
        return done

    def start(self, name: str, person: str) -> bool:
        """An approved run is to be carried out."""
        done = self._change(name, lambda run: journal.start(run, person, self.now))
        if done:
            self.said.starts[name] = self.now
        return done

    def answer(self, name: str, person: str, *, yes: bool) -> bool:
        """A person answers what a run asks."""
        return self._change(name, lambda run: journal.answered(run, person, self.now, yes=yes))

    def halt(self, *, on: bool) -> None:
        """Nothing is begun or carried on any more, or it may be again."""
        self.place.desk.halted = "somebody: not now" if on else ""
        if on:
            self.said.halts.append((self.now, 1 << 60))
        else:
            self.said.halts[-1] = (self.said.halts[-1][0], self.now)

    def open_runs(self, incident: str) -> list[Run]:
        """The runs of an incident that are not over."""
        desk = self.place.desk
        names = desk.by_incident.get(incident, ())
        return [desk.read(name).run for name in names if not desk.rows[name].over]

    def _change(self, name: str, how: Callable[[Run], str]) -> bool:
        stored = self.place.desk.read(name)
        if how(stored.run):
            self.said.refused += 1
            return False
        return self.place.desk.save(stored) is not None

    def _scene(self, incident: Incident) -> Scene:
        graph, topology = self.engine.watch.ground.graph, self.place.topology
        name = graph.chain(incident.root.component)
        head = None
        if name is not None:
            latest = self.place.world.chains[name].latest
            anchor = Anchor(name, latest.height, f"0x{latest.height:064x}", latest.time)
            head = Fact(anchor, HeadSeen(latest.height))
        return Scene(incident, topology, graph, self._message(incident), head)

    def _message(self, incident: Incident) -> Message | None:
        subject, view = incident.root.subject, self.engine.view
        return view.messages.get(subject) or view.messages.get(view.by_key.get(Key(subject), ""))
