"""A world that runs act on: what was performed, how often, and whether its proofs show it.

The driver does what a worker does, in the same order, on a store that is a few bytes. It may be
killed between any two things, and the store may be put back to how it was before.
"""

import random
from dataclasses import dataclass, field

import msgspec

from layerkeep.core.acting.runbooks.model import Approvals, Condition
from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.model import Outcome
from layerkeep.core.acting.runs.record import Approval, Planned, Progress, Run
from layerkeep.core.acting.runs.run import BEFORE, BEGIN, LOOK, READ, REHEARSE, VERIFY, Ways
from layerkeep.core.units import HOUR, MINUTE, Duration, Timestamp

MANNERS = ("done", "done", "done", "late", "failed", "half", "lost", "silent", "hangs")
"""How a step turns out: done, done with a late proof, refused, done but told unsure, not done but
told unsure, told done and not done, told nothing in time."""


class Killed(Exception):
    """The worker died here."""


def planned(name: str, kind: str = "rpc") -> Planned:
    """A step whose proof is its own effect."""
    acts = kind == "rpc"
    proof = Condition("effect", {"of": name}) if acts else None
    until = {"is": "effect", "of": "outside"} if kind == "wait" else {}
    params = {"until": until} if kind == "wait" else {"question": "go on?"}
    return Planned(name, kind, params, proof, Duration(5 * MINUTE), "", f"key-{name}")


def proposed(*, count: int = 1, automatic: bool = False, back: bool = True) -> Run:
    """A run of four steps with a way back of two."""
    kinds = ("note", "rpc", "wait", "rpc", "ask", "rpc")
    steps = tuple(planned(f"step-{n}", kind) for n, kind in enumerate(kinds))
    way_back = tuple(planned(f"back-{n}") for n in range(2)) if back else ()
    return Run(
        id="r1",
        runbook="page",
        digest="d",
        title="t",
        incident="i1",
        kind="k",
        component="sequencer:l2",
        chain="l2",
        proposed_by="ann",
        proposed_at=Timestamp(0),
        automatic=automatic,
        needs=Approvals(count, "operator", Duration(HOUR)),
        time_limit=Duration(6 * HOUR),
        touches=("sequencer:l2",),
        preconditions=(),
        steps=steps,
        way_back=way_back,
        done=[Progress() for _ in steps],
        undone=[Progress() for _ in way_back],
    )


@dataclass
class World:
    """What is outside: effects and since when they show, calls by key, and what was seen wrong."""

    chance: random.Random
    kills: bool = True
    effects: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    ledger: set[str] = field(default_factory=set)
    offences: list[str] = field(default_factory=list)
    now: int = 0

    def holds(self, condition: Condition) -> bool:
        """True if the effect shows by now."""
        return self.effects.get(condition.params["of"], 1 << 60) <= self.now

    def may_die(self) -> None:
        """Here the worker may be killed."""
        if self.kills and self.chance.random() < 0.08:
            raise Killed

    def perform(self, run: Run, step: Planned) -> tuple[Outcome, str]:
        """What comes of it; whatever should never be is noted."""
        self.calls[step.key] = self.calls.get(step.key, 0) + 1
        if self.calls[step.key] > 1:
            self.offences.append(f"{step.name} performed twice")
        counting = [yes for yes in run.approvals if run.began < yes.time + run.needs.valid_for]
        persons = {yes.person for yes in counting}
        if not run.automatic and (len(persons) < run.needs.count or run.proposed_by in persons):
            self.offences.append(f"{step.name} performed unapproved")
        manner = self.chance.choice(MANNERS)
        if manner in ("done", "half", "hangs"):
            self.effects.setdefault(step.name, self.now)
        elif manner == "late":
            self.effects.setdefault(step.name, self.now + 3 * MINUTE)
        self.may_die()
        if manner == "failed":
            return Outcome("failed", "refused"), ""
        if manner in ("half", "lost"):
            return Outcome("unsure", "the line broke"), "step-unsure"
        if manner == "hangs":
            return Outcome("unsure", "no end"), "step-hangs"
        return Outcome("done"), ""


class Driver:
    """Carries one run out, as a worker does."""

    def __init__(self, world: World, run: Run) -> None:
        self.world = world
        self.kept = [msgspec.json.encode(run)]
        self.halted = ""

    @property
    def run(self) -> Run:
        """The run as the store has it."""
        return msgspec.json.decode(self.kept[-1], type=Run)

    def save(self, run: Run) -> None:
        """The store has it."""
        self.world.may_die()
        self.kept.append(msgspec.json.encode(run))
        self.world.may_die()

    def restore(self) -> None:
        """The store is as it was some time ago; the ledger beside it is not."""
        self.kept = self.kept[: self.world.chance.randrange(1, len(self.kept) + 1)]

    def round(self) -> None:
        """Do what can be done now; a death ends it, and another worker is next."""
        try:
            self._carry()
        except Killed:
            return

    def _carry(self) -> None:
        run, now = self.run, Timestamp(self.world.now)
        if journal.resume(run, now):
            self.save(run)
        while not run.is_over:
            journal.tick(run, now)
            before = msgspec.json.encode(run)
            self._do(run, now)
            if msgspec.json.encode(run) == before:
                break
        self.save(run)

    def _do(self, run: Run, now: Timestamp) -> None:
        work = journal.work_of(run, Ways(halted=self.halted))
        if work.kind == LOOK:
            journal.looked(run, [], now)
        elif work.kind == REHEARSE:
            journal.rehearsed(run, Outcome("done"), now)
        elif work.kind == BEGIN:
            journal.begun(run, [], Ways(halted=self.halted), now)
        elif work.kind == READ:
            journal.read(run, now)
        elif work.kind == VERIFY:
            assert work.condition is not None
            journal.verified(run, self.world.holds(work.condition), now)
        elif work.kind == BEFORE:
            assert work.step is not None
            self._act(run, work.step, now)
            return
        else:
            return
        self.save(run)

    def _act(self, run: Run, step: Planned, now: Timestamp) -> None:
        if step.key in self.world.ledger:
            journal.known(run, now)
            self.save(run)
            return
        assert step.proof is not None
        if self.world.holds(step.proof):
            journal.already(run, now)
            self.save(run)
            return
        journal.intend(run, now)
        self.save(run)
        if journal.withheld(run, Ways(halted=self.halted), now):
            self.save(run)
            return
        self.world.ledger.add(step.key)
        self.world.may_die()
        outcome, doubt = self.world.perform(run, step)
        journal.performed(run, outcome, now, doubt or "step-unsure")
        self.save(run)


def agree(run: Run, person: str, now: int, token: str = "") -> str:
    """A person says yes."""
    yes = Approval(person, token or f"token-{person}", "operator", Timestamp(now))
    return journal.approve(run, yes, Timestamp(now))
