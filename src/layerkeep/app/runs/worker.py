"""The worker: carries runs out, one task for each, under leases in the store.

Any number of workers may look at one store. Who holds a run's lease carries it on; who loses it can
write nothing more to it. What a dead worker left intended is verified, never done again.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping

import structlog

from layerkeep.app.runs.asking import Place
from layerkeep.app.runs.judging import Judge
from layerkeep.app.runs.ledger import Ledger
from layerkeep.app.runs.persons import Speaker
from layerkeep.app.runs.reading import halted
from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.ends import WAITING, moot
from layerkeep.core.acting.runs.model import FAILED, NOBODY_KNOWS, UNSURE, Action, Outcome
from layerkeep.core.acting.runs.record import EXECUTING, Planned, Run
from layerkeep.core.acting.runs.run import BEFORE, BEGIN, LOOK, READ, REHEARSE, VERIFY, Ways, Work
from layerkeep.core.errors import LayerkeepError, StoreError
from layerkeep.core.units import SECOND, Timestamp
from layerkeep.edge.steps import Performer, Verifier
from layerkeep.edge.store.audit import AuditRow
from layerkeep.edge.store.runs import (
    Lease,
    Stored,
    begin_run,
    held_by_others,
    lease_run,
    open_runs,
    release_run,
    renew_lease,
    save_run,
)

LEASE = 15 * SECOND
"""How long a worker may be silent before another one takes its runs over."""

RENEW_S = 5.0
LOOK_EVERY_S = 0.5
REHEARSAL_S = 30.0

ITSELF = Speaker("layerkeep", "", "system")
"""Who acts where no person does."""


class LostRun(Exception):
    """Another worker or a person changed the run: it is read again before anything is done."""


def worker_name(now: int) -> str:
    """A name that no other worker has, nor this one after a restart."""
    return f"{socket.gethostname()}:{os.getpid()}:{now}"


class Worker:
    """Carries out the runs of one store."""

    def __init__(
        self, place: Place, judge: Judge, performers: Mapping[str, Performer], ledger: Ledger
    ) -> None:
        self.place = place
        self.judge = judge
        self.performers = performers
        self.ledger = ledger
        self.name = worker_name(self.now())
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger()

    def now(self) -> Timestamp:
        """Milliseconds since the epoch."""
        return self.judge.daemon.now()

    async def round(self) -> None:
        """Every open run that nobody carries is taken up."""
        for name in [name for name, task in self._tasks.items() if task.done()]:
            self._tasks.pop(name).result()  # a fault of our own stops the process
        for name in await open_runs(self.place.store):
            if name not in self._tasks:
                self._tasks[name] = asyncio.create_task(self._try(name), name=f"run {name}")

    async def stop(self) -> None:
        """Nothing is carried on here any more; what was under way the next worker verifies."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Every run that was taken up is as far as it can be now."""
        await asyncio.gather(*self._tasks.values())

    async def _try(self, name: str) -> None:
        try:
            now = self.now()
            lease = Lease(self.name, now, now + LEASE)
            stored = await lease_run(self.place.store, name, lease)
            if stored is not None:
                await self._carry(_Hand(self, stored))
        except LostRun:
            self._log.info("run-changed", run=name)
        except StoreError as error:
            self._log.error("store-failing", reason=str(error))

    async def _carry(self, hand: "_Hand") -> None:
        """Do what is next until nothing is, for now."""
        await self._resume(hand)
        while not hand.run.is_over:
            journal.tick(hand.run, self.now())
            await self._drop_if_moot(hand.run)
            at = _mark(hand.run)
            await self._do(hand, journal.work_of(hand.run, await self._ways(hand.run)))
            if _mark(hand.run) == at:
                break
        await hand.save_if_moved()
        await release_run(self.place.store, hand.run.id, self.name)

    async def _drop_if_moot(self, run: Run) -> None:
        """What waits for people ends with its incident."""
        why = await self.judge.over(run.incident) if run.state in WAITING else ""
        if why:
            moot(run, why, self.now())

    async def _resume(self, hand: "_Hand") -> None:
        """What was left intended is asked about; it is begun anew only if it surely never was."""
        run, step = hand.run, hand.run.step
        if not run.is_left or step is None:
            return
        found = NOBODY_KNOWS
        if not self.ledger.ended(step.key):  # else the store is older than what was done
            found = await self._found(step)
        if found.state == FAILED and self.ledger.knows(step.key):
            self.ledger.add(step.key, "never")
        journal.resume(run, self.now(), found)
        await hand.save("run.resume", found.state, step)

    async def _found(self, step: Planned) -> Outcome:
        """What a performer can tell of an action that somebody else began."""
        performer = self._performer(step)
        if not isinstance(performer, Verifier):
            return NOBODY_KNOWS
        try:
            async with asyncio.timeout(REHEARSAL_S):
                return await performer.verify(step.action)
        except (TimeoutError, LayerkeepError):
            return NOBODY_KNOWS

    async def _ways(self, run: Run) -> Ways:
        """What stands in the way of acting now."""
        said = await halted(self.place)
        now = self.now()
        freezes = self.place.topology.acting.freezes
        frozen = [each.name for each in freezes if each.start <= now < each.end]
        busy = await held_by_others(self.place.store, run)
        return Ways(
            f"{said.by}: {said.reason}" if said is not None else "",
            frozen[0] if frozen else "",
            f"run {busy}" if busy else "",
        )

    async def _do(self, hand: "_Hand", work: Work) -> None:
        run = hand.run
        if work.kind == LOOK:
            journal.looked(run, await self.judge.missing(run.preconditions), self.now())
            await hand.save("run.preflight", run.reason or "done")
        elif work.kind == REHEARSE and work.step is not None:
            outcome = await self._rehearse(work.step)
            journal.rehearsed(run, outcome, self.now())
            await hand.save("run.rehearse", outcome.state, work.step)
        elif work.kind == BEGIN:
            await self._begin(hand)
        elif work.kind == READ:
            journal.read(run, self.now())
            await hand.save_if_moved()
        elif work.kind == VERIFY and work.condition is not None and work.step is not None:
            began = run.progress[run.at].began or None
            holding = await self.judge.holds(work.condition, began)
            journal.verified(run, holding, self.now())
            await hand.save_if_moved(work.step)
        elif work.kind == BEFORE and work.step is not None:
            await self._act(hand, work.step)

    async def _begin(self, hand: "_Hand") -> None:
        """Look at everything once more, and hold what the run touches."""
        run = hand.run
        missing = await self.judge.missing(run.preconditions)
        journal.begun(run, missing, await self._ways(run), self.now())
        if run.state != EXECUTING:
            await hand.save_if_moved()
            return
        page = self.place.runbooks.get(run.runbook)
        if page is None or page.digest != run.digest:
            run.write(self.now(), "runbook-edited", detail="this run stays as it was proposed")
        await hand.begin()

    async def _act(self, hand: "_Hand", step: Planned) -> None:
        """Perform a step, unless it needs no doing; its intent is stored before."""
        run = hand.run
        if self.ledger.knows(step.key):
            journal.known(run, self.now())
            await hand.save("run.step.known", "unsure", step)
            return
        assert step.proof is not None, "a step that acts has a proof"
        holding = await self.judge.holds(step.proof)
        if holding:
            journal.already(run, self.now())
            await hand.save("run.step", "already-done", step)
            return
        if holding is None:  # nobody can tell whether it is needed: not now
            return
        journal.intend(run, self.now())
        await hand.save("run.step.intend", "intended", step)
        ways = await self._ways(run)  # the intent took its time: somebody may have halted
        if journal.withheld(run, ways, self.now()):
            await hand.save("run.step.withhold", run.rests, step)
            return
        self.ledger.add(step.key)
        outcome, doubt = await self._perform(hand, step)
        self.ledger.add(step.key, "ended")
        journal.performed(run, outcome, self.now(), doubt)
        await hand.save("run.step", outcome.state, step)

    async def _perform(self, hand: "_Hand", step: Planned) -> tuple[Outcome, str]:
        """What came of a step, within its time; the lease goes on meanwhile."""
        keeping = asyncio.create_task(self._keep(hand.run.id), name=f"lease {hand.run.id}")
        try:
            async with asyncio.timeout(step.time_limit / 1000):
                outcome = await self._performer(step).perform(step.action)
            return outcome, "step-unsure"
        except TimeoutError:
            return Outcome(UNSURE, "it did not end within its time limit"), "step-hangs"
        except LayerkeepError as error:  # whatever it is, it may have been done
            return Outcome(UNSURE, str(error)), "step-unsure"
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _rehearse(self, step: Planned) -> Outcome:
        try:
            async with asyncio.timeout(REHEARSAL_S):
                return await self._performer(step).rehearse(step.action)
        except TimeoutError:
            return Outcome(UNSURE, "the rehearsal did not end in time")
        except LayerkeepError as error:  # nothing was changed: that is what a rehearsal promises
            return Outcome(FAILED, str(error))

    def _performer(self, step: Planned) -> Performer:
        return self.performers.get(step.kind) or _Nobody()

    async def _keep(self, name: str) -> None:
        """The lease goes on while a step is performed."""
        while True:
            await asyncio.sleep(RENEW_S)
            now = self.now()
            with contextlib.suppress(StoreError):
                lease = Lease(self.name, now, now + LEASE)
                await renew_lease(self.place.store, name, lease)


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

    async def save(self, action: str, outcome: str, step: Planned | None = None) -> None:
        """The run and what was done are in the store; LostRun if somebody else changed it."""
        saved = await save_run(
            self.worker.place.store, self.stored, self._row(action, outcome, step)
        )
        self._take(saved)

    async def begin(self) -> None:
        """The run acts from now on, and holds what it touches."""
        store = self.worker.place.store
        saved = await begin_run(store, self.stored, self._row("run.begin", "done"))
        self._take(saved if isinstance(saved, Stored) else None)

    async def save_if_moved(self, step: Planned | None = None) -> None:
        """The same, only if anything changed since."""
        if _mark(self.run) != self._kept:
            last = self.run.history[-1]
            await self.save(f"run.{last.name}", self.run.reason or "done", step)

    def _take(self, saved: Stored | None) -> None:
        if saved is None:
            raise LostRun
        self.stored, self._kept = saved, _mark(saved.run)

    def _row(self, action: str, outcome: str, step: Planned | None = None) -> AuditRow:
        run, by = self.run, ITSELF
        target = f"run {run.id}" + (f" step {step.name}" if step is not None else "")
        detail = f"{run.runbook} for incident {run.incident} on {run.component}; {run.state}"
        if step is not None and step.acts:
            detail += f"; key {step.key}"
        now = self.worker.now()
        return AuditRow(now, by.person, by.role, action, target, outcome, detail=detail)


class _Nobody:
    """Performs what nothing here can perform."""

    async def rehearse(self, action: Action) -> Outcome:
        """It cannot be done here."""
        return Outcome(FAILED, f"nothing here performs steps of kind {action.kind}")

    async def perform(self, action: Action) -> Outcome:
        """It is not done."""
        return Outcome(FAILED, f"nothing here performs steps of kind {action.kind}")


def _mark(run: Run) -> tuple[str, int, str, int, tuple[str, ...]]:
    """Tells whether a run has moved."""
    states = tuple(each.state for each in (*run.done, *run.undone))
    return run.state, run.at, run.rests, len(run.history), states
