"""People who are paged: some come at once, some late, some never; who comes looks after it.

They propose, agree, say start and answer as people do: late, twice, by a token that is not theirs
alone, without the role for it, and sometimes they say no.
"""

from random import Random

from layerkeep.core.acting.paging.model import Notice
from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.acting.runs.record import APPROVED, AWAITING, DONE, VERIFYING, Run
from layerkeep.core.facts import Operated
from layerkeep.core.units import DAY, HOUR, MINUTE
from layerkeep.sim.respond.clerk import Clerk
from layerkeep.sim.respond.worker import Worker

LOOKS_EVERY = (5 * MINUTE, 25 * MINUTE)
HALT_EVERY = 12 * DAY
HALT = (10 * MINUTE, 6 * HOUR)
ACTS_FIRST = 0.7
"""How often a person takes a runbook that acts where there is one."""


class Crew:
    """Everybody of a simulated house."""

    def __init__(self, clerk: Clerk, workers: tuple[Worker, ...], chance: Random) -> None:
        self.clerk = clerk
        self.world = clerk.place.world
        self.workers = workers
        self._chance = chance
        self._names = list(clerk.place.topology.people.people)
        self._coming: set[tuple[str, str]] = set()
        self._tended: dict[str, str] = {}
        self._asked: dict[str, int] = {}
        self.world.after(int(chance.expovariate(1 / HALT_EVERY)), self._halt)

    def heard(self, person: str, notice: Notice) -> None:
        """A person reads a page."""
        for call in notice.calls:
            drawn, key = self._chance.random(), (person, call.matter)
            if key in self._coming or drawn < 0.2:
                continue
            self._coming.add(key)
            late = (MINUTE, 10 * MINUTE) if drawn < 0.7 else (10 * MINUTE, 3 * HOUR)
            self.world.after(self._chance.randrange(*late), self._come, person, call.matter)

    def _come(self, person: str, incident: str) -> None:
        """Takes the incident, even if it is over by then."""
        self._coming.discard((person, incident))
        chain = next(iter(self.world.chains.values()))
        self.world.speech.look(chain, Operated("acknowledge", incident, person), self.world.now)
        if incident in self.clerk.engine.incidents.open and incident not in self._tended:
            self._tended[incident] = person
            self.world.after(self._chance.randrange(*LOOKS_EVERY), self._tend, person, incident)

    def _tend(self, person: str, name: str) -> None:
        """Looks after an incident until it is over."""
        incident = self.clerk.engine.incidents.open.get(name)
        if incident is None:
            self._tended.pop(name, None)
            return
        self.world.after(self._chance.randrange(*LOOKS_EVERY), self._tend, person, name)
        runs = self.clerk.open_runs(name)
        for run in runs:
            self._help(person, run)
        if not runs:
            for runbook in self._chosen(name):
                proposed = self.clerk.propose(runbook, incident, person)
                if proposed is not None:
                    self.woken(proposed)
                    return

    def woken(self, run: Run, wait: int = 1000) -> None:
        """Workers see that there is something to do."""
        for worker in self.workers:
            worker.wake(run.id, wait + self._chance.randrange(2000))

    def _chosen(self, name: str) -> list[Runbook]:
        """Runbooks in the order in which this person tries them."""
        root = self.clerk.engine.incidents.open[name].root
        runs = self.clerk.place.desk.by_incident.get(name, ())
        tried = [self.clerk.place.desk.read(each).run for each in runs]
        done = {run.runbook for run in tried if run.state == DONE}
        failed = [run.runbook for run in tried]
        found = answering(self.clerk.runbooks.values(), root.kind, root.component)
        first = self._chance.random() < ACTS_FIRST

        def rank(each: Runbook) -> tuple[bool, int, bool, float]:
            acts = any(step.kind in ("rpc", "transaction", "host") for step in each.steps)
            tries = failed.count(each.name)
            return (each.name in done, tries // 2, acts != first, self._chance.random())

        return sorted(found, key=rank)

    def _help(self, person: str, run: Run) -> None:
        drawn = self._chance.random()
        if run.state == AWAITING:
            if drawn < 0.04:
                self.clerk.deny(run.id, person)
            elif self._asked.get(run.id, 0) < self.world.now:
                self._asked[run.id] = self.world.now + run.needs.valid_for
                self._ask_others(run)
        elif run.state == APPROVED and not run.started_by and drawn < 0.85:
            self.clerk.start(run.id, person)
            self.woken(run)
        elif run.step is not None and run.step.kind == "ask" and self._is_asked(run):
            self._answer(person, run, yes=drawn < 0.9)

    def _is_asked(self, run: Run) -> bool:
        return run.progress[run.at].state == VERIFYING

    def _ask_others(self, run: Run) -> None:
        """Of those who are asked some answer soon, some late, one twice, one by another's token."""
        asked = self._chance.sample(self._names, min(len(self._names), 3 + run.needs.count))
        asked += [asked[0], run.proposed_by if run.proposed_by in self._names else asked[1]]
        for person in asked:
            wait = self._chance.randrange(MINUTE, 15 * MINUTE)
            late = run.needs.valid_for + HOUR if self._chance.random() < 0.1 else 0
            self.world.after(wait + late, self._agree, person, run.id)

    def _agree(self, person: str, name: str) -> None:
        if not self.clerk.place.desk.rows[name].over:
            self.clerk.approve(name, person)

    def _answer(self, person: str, run: Run, *, yes: bool) -> None:
        """A yes to the last question of a runbook without a step that acts: it was done by hand."""
        assert run.step is not None, "a question was asked"
        asks = [step.name for step in run.steps if step.kind == "ask"]
        by_hand = not any(step.acts for step in run.steps)
        if yes and by_hand and run.step.name == asks[-1]:
            self.clerk.place.hands.mend(run)
        self.clerk.answer(run.id, person, yes=yes)
        self.woken(run)

    def _halt(self) -> None:
        self.clerk.halt(on=True)
        self.world.after(self._chance.randrange(*HALT), self._go)

    def _go(self) -> None:
        self.clerk.halt(on=False)
        self.world.after(int(self._chance.expovariate(1 / HALT_EVERY)), self._halt)
