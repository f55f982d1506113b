"""A worker that carries runs out in a simulated world, and is killed at any moment.

It does what the real one does, in the same order, over the same state machine; each place at which
the real one waits is a place at which this one may die or be slow.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random

from layerkeep.core.acting.runbooks.model import Condition
from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.ends import moot
from layerkeep.core.acting.runs.model import Outcome
from layerkeep.core.acting.runs.record import EXECUTING, Planned, Run
from layerkeep.core.acting.runs.run import BEFORE, BEGIN, LOOK, READ, REHEARSE, VERIFY, Ways, Work
from layerkeep.core.topology import Topology
from layerkeep.core.units import MINUTE, SECOND, Timestamp
from layerkeep.sim.ops.world import OpsWorld
from layerkeep.sim.respond.desk import Desk, Stored
from layerkeep.sim.respond.hands import Hands

LEASE = 15 * SECOND
ROUND = 4 * MINUTE
"""How often a run that waits is looked at: more often than anything is sampled."""

SOON = 2 * SECOND
DIES = 0.02
STALLS = 0.005
STALL = (20 * SECOND, 5 * MINUTE)

Steps = Generator[int, None, None]
Judge = Callable[[Condition, Timestamp | None], bool | None]


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker works on."""

    world: OpsWorld
    topology: Topology
    desk: Desk
    hands: Hands


class Lost(Exception):
    """Another worker or a person changed the run."""


class Worker:
    """Carries out the runs of one desk; after its death it goes on as another."""

    def __init__(self, place: Place, judge: Judge, chance: Random, every: int = ROUND) -> None:
        self.world = place.world
        self.topology = place.topology
        self.desk = place.desk
        self.hands = place.hands
        self.judge = judge
        self.deaths = 0
        self._name = chance.random()
        self._every = every
        self._chance = chance
        self._held: dict[str, Steps] = {}
        self._looks: dict[str, int] = {}

    @property
    def now(self) -> Timestamp:
        """Milliseconds since the epoch."""
        return Timestamp(self.world.now)

    def wake(self, name: str, wait: int = SOON) -> None:
        """The run is looked at after this time, and not when it was planned before."""
        self._looks[name] = due = self.world.now + wait
        self.world.at(due, self._look, name, due)

    def _look(self, name: str, due: int) -> None:
        if self._looks.get(name) != due or name in self._held or self.desk.rows[name].over:
            return
        stored = self.desk.lease(
            name, f"{self._name} {self.deaths}", self.world.now, self.world.now + LEASE
        )
        if stored is None:
            self.wake(name, max(LEASE, self.desk.rows[name].leased - self.world.now))
            return
        self._held[name] = steps = self._carry(_Hand(self, stored))
        self._go(name, steps)

    def _go(self, name: str, steps: Steps) -> None:
        if self._held.get(name) is not steps:
            return
        try:
            wait = next(steps)
        except StopIteration:
            self._let_go(name, self._every)
        except Lost:
            self._let_go(name, SOON)
        else:
            if self._chance.random() < DIES:
                at = self.world.now + self._chance.randrange(wait + 1)
                self.world.at(at, self._die, name, steps)
            self.world.after(wait, self._go, name, steps)

    def _let_go(self, name: str, wait: int) -> None:
        del self._held[name]
        if not self.desk.rows[name].over:
            self.wake(name, wait)

    def _die(self, name: str, steps: Steps) -> None:
        """What was in its hands is gone; its lease runs out."""
        if self._held.get(name) is not steps:
            return
        steps.close()
        self.deaths += 1
        row = self.desk.rows[name]
        row.leased = self.world.now + LEASE
        self._let_go(name, LEASE + self._chance.randrange(MINUTE))

    # ---- as the real one

    def _carry(self, hand: "_Hand") -> Steps:
        """Do what is next until nothing is, for now."""
        run = hand.run
        if journal.resume(run, self.now):
            yield from hand.save()
        while not run.is_over:
            journal.tick(run, self.now)
            if not self.judge(Condition("incident-open", {"incident": run.incident}), None):
                moot(run, "the incident is over", self.now)
            at = _mark(run)
            yield from self._do(hand, journal.work_of(run, self._ways(run)))
            if _mark(run) == at:
                break
        yield from hand.save_if_moved()
        self.desk.rows[run.id].leased = 0

    def _ways(self, run: Run) -> Ways:
        freezes = self.topology.acting.freezes
        frozen = [each.name for each in freezes if each.start <= self.now < each.end]
        return Ways(self.desk.halted, frozen[0] if frozen else "", self.desk.busy(run))

    def _do(self, hand: "_Hand", work: Work) -> Steps:
        run = hand.run
        if work.kind == LOOK:
            journal.looked(run, self._missing(run), self.now)
            yield from hand.save()
        elif work.kind == REHEARSE and work.step is not None:
            yield self._chance.randrange(SECOND, 10 * SECOND)
            journal.rehearsed(run, self.hands.rehearse(), self.now)
            yield from hand.save()
        elif work.kind == BEGIN:
            journal.begun(run, self._missing(run), self._ways(run), self.now)
            yield from hand.begin() if run.state == EXECUTING else hand.save_if_moved()
        elif work.kind == READ:
            journal.read(run, self.now)
            yield from hand.save_if_moved()
        elif work.kind == VERIFY and work.condition is not None:
            began = run.progress[run.at].began or None
            journal.verified(run, self.judge(work.condition, began), self.now)
            yield from hand.save_if_moved()
        elif work.kind == BEFORE and work.step is not None:
            yield from self._act(hand, work.step)

    def _missing(self, run: Run) -> list[str]:
        return [each.name for each in run.preconditions if not self.judge(each, None)]

    def _act(self, hand: "_Hand", step: Planned) -> Steps:
        """Perform a step, unless it needs no doing; its intent is stored before."""
        run = hand.run
        assert step.proof is not None, "a step that acts has a proof"
        if self._knows(step.key):
            journal.known(run, self.now)
            yield from hand.save()
            return
        holding = self.judge(step.proof, None)
        if holding:
            journal.already(run, self.now)
            yield from hand.save()
        elif holding is not None:
            journal.intend(run, self.now)
            yield from hand.save()
            if journal.withheld(run, self._ways(run), self.now):
                yield from hand.save()
                return
            self.desk.acted.add(step.key)
            outcome = yield from self._perform(run, step)
            doubt = "step-hangs" if self._is_late(run, step) else "step-unsure"
            journal.performed(run, outcome, self.now, doubt)
            yield from hand.save()

    def _knows(self, key: str) -> bool:
        """True if the action of this key was begun, whatever the store says."""
        return key in self.desk.acted

    def _perform(self, run: Run, step: Planned) -> Generator[int, None, Outcome]:
        """The lease goes on meanwhile."""
        self.desk.rows[run.id].leased = self.world.now + step.time_limit + MINUTE
        return (yield from self.hands.perform(run, step))

    def _is_late(self, run: Run, step: Planned) -> bool:
        return self.now >= run.progress[run.at].began + step.time_limit

    def save_takes(self) -> int:
        """How long a write takes; now and then so long that the lease is over."""
        if self._chance.random() < STALLS:
            return self._chance.randrange(*STALL)
        return self._chance.randrange(10, 200)


class _Hand:
    """A run in a worker's hands: each change is stored before the next."""

    def __init__(self, worker: Worker, stored: Stored) -> None:
        self.worker = worker
        self.stored = stored
        self._kept = _mark(stored.run)

    @property
    def run(self) -> Run:
        """The run as it is in these hands."""
        return self.stored.run

    def save(self) -> Steps:
        """The run is in the store; Lost if somebody else changed it."""
        yield self.worker.save_takes()
        self._take(self.worker.desk.save(self.stored))
        yield 1

    def begin(self) -> Steps:
        """The run acts from now on, and holds what it touches."""
        yield self.worker.save_takes()
        self._take(self.worker.desk.begin(self.stored))
        yield 1

    def save_if_moved(self) -> Steps:
        """The same as `save`, only if anything changed since."""
        if _mark(self.run) != self._kept:
            yield from self.save()

    def _take(self, saved: Stored | None) -> None:
        if saved is None:
            raise Lost
        self.stored, self._kept = saved, _mark(saved.run)


def _mark(run: Run) -> tuple[str, int, str, int, tuple[str, ...]]:
    """Tells whether a run has moved."""
    states = tuple(each.state for each in (*run.done, *run.undone))
    return run.state, run.at, run.rests, len(run.history), states
