"""Calling people in a simulated house: the real pager, channels that fail, and kills at any moment.

What is written survives a kill: matters as they were last told, and notices with their states. What
was under way is `sending` then, and nobody knows whether it went out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from layerkeep.core.acting.paging.model import (
    CALLS,
    ENDED,
    FAILED,
    MOOT,
    PLANNED,
    SENDING,
    SENT,
    UNSURE,
    Matter,
    Notice,
    Told,
)
from layerkeep.core.acting.paging.pager import Pager
from layerkeep.core.acting.paging.roster import Rota, matter_of
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.topology import Topology
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, Timestamp
from layerkeep.sim.ops.world import OpsWorld

BACK_OFF = (2 * SECOND, 8 * SECOND, 20 * SECOND)
"""Waits between tries of one channel."""

KILLED_EVERY = 2 * DAY
"""So often the process is killed, on average; more often while notices are on their way."""

KILLED_AMID = 0.02
DOWN = (5 * SECOND, 4 * MINUTE)
"""How long until it is started again."""

OUTAGE_EVERY = 6 * DAY
OUTAGE = (20 * MINUTE, 8 * HOUR)
KEPT = DAY

Heard = Callable[[str, Notice], None]


@dataclass(slots=True)
class Row:
    """A notice in the store."""

    notice: Notice
    state: str
    time: int
    changed: int
    tries: int = 0


@dataclass(slots=True)
class Sending:
    """One try of one notice and what came of it; `heard` if a person really read it.

    `known` is when the outcome was written, 0 if a kill came before.
    """

    time: int
    notice: Notice
    state: str
    heard: bool
    known: int = 0


@dataclass(slots=True)
class Post:
    """What the checkers look at: every try of every notice, every plan, and when nobody was there.

    `phases` are a matter's ways of standing, each with the time it began; None once it ended.
    """

    sendings: list[Sending] = field(default_factory=list)
    plans: list[tuple[int, Notice]] = field(default_factory=list)
    downs: list[tuple[int, int]] = field(default_factory=list)
    phases: dict[str, list[tuple[int, Matter]]] = field(default_factory=dict)


class Pages:
    """The part of a daemon that calls people, on simulated channels."""

    def __init__(self, world: OpsWorld, topology: Topology, chance: Random, heard: Heard) -> None:
        self.world = world
        self.topology = topology
        self.post = Post()
        self._chance = chance
        self._heard = heard
        self._rota = Rota(topology)
        self._pager: Pager | None = Pager(topology.paging, self._rota)
        self._life = 0
        self._wakes = 0
        self._rows: dict[str, Row] = {}
        self._matters: dict[str, tuple[int, Matter]] = {}
        self._out: dict[str, int] = dict.fromkeys(topology.paging.channels, 0)
        world.after(int(chance.expovariate(1 / KILLED_EVERY)), self._kill_later)
        for name in self._out:
            world.after(int(chance.expovariate(1 / OUTAGE_EVERY)), self._fail, name)

    def take(self, incident: Incident) -> None:
        """An incident changed, and is in the store."""
        now, matter = Timestamp(self.world.now), matter_of(incident, self.topology)
        known = self._matters.get(matter.id)
        if (known is None and matter.state == ENDED) or (known is not None and known[1] == matter):
            return
        self._matters[matter.id] = (now, matter)
        self.post.phases.setdefault(matter.id, []).append((now, matter))
        if self._pager is not None:
            self._plan(self._pager.take(matter, now))
            self._wake()

    # ---- planning and sending

    def _wake(self) -> None:
        """Look again when the pager wants to."""
        due = self._pager.next_due() if self._pager is not None else None
        if due is not None and (self._wakes <= self.world.now or due < self._wakes):
            self._wakes = max(due, self.world.now)
            self.world.at(self._wakes, self._tick)

    def _tick(self) -> None:
        if self._pager is not None:
            self._plan(self._pager.tick(Timestamp(self.world.now)))
            self._wakes = 0
            self._wake()

    def _plan(self, notices: list[Notice]) -> None:
        """Notices are written, then on their way."""
        now = self.world.now
        for notice in notices:
            self.post.plans.append((now, notice))
            state = PLANNED if notice.person else FAILED
            self._rows[notice.id] = Row(notice, state, now, now)
            if notice.person:
                self._later(self._chance.randrange(3 * SECOND), notice, 0)

    def _later(self, wait: int, notice: Notice, tries: int) -> None:
        self.world.after(wait, self._begin, self._life, notice, tries)

    def _begin(self, life: int, notice: Notice, tries: int) -> None:
        if life != self._life or self._pager is None:
            return
        if not self._pager.is_wanted(notice, Timestamp(self.world.now)):
            self._end(notice, MOOT)
            return
        row = self._rows[notice.id]
        row.state, row.changed, row.tries = SENDING, self.world.now, row.tries + 1
        outcome, heard = self._drawn(notice.channel)
        sending = Sending(self.world.now, notice, outcome, heard)
        self.post.sendings.append(sending)
        if heard and notice.kind in CALLS:
            self._heard(notice.person, notice)
        took = self._chance.randrange(SECOND, 40 * SECOND if outcome == UNSURE else 5 * SECOND)
        self.world.after(took, self._outcome, life, sending, tries)
        if self._chance.random() < KILLED_AMID:
            self.world.after(self._chance.randrange(took + SECOND), self._kill, life)

    def _drawn(self, channel: str) -> tuple[str, bool]:
        """What a try comes to, and whether the person reads it."""
        if self._out[channel] > self.world.now:
            return self._chance.choice(((FAILED, False), (FAILED, False), (UNSURE, False)))
        drawn = self._chance.random()
        if drawn < 0.84:
            return SENT, True
        if drawn < 0.88:  # it accepts and drops
            return SENT, False
        return (FAILED, False) if drawn < 0.95 else (UNSURE, drawn < 0.98)

    def _outcome(self, life: int, sending: Sending, tries: int) -> None:
        if life != self._life:
            return
        sending.known = self.world.now
        notice, outcome = sending.notice, sending.state
        if outcome == FAILED and tries < len(BACK_OFF):
            self._rows[notice.id].state = PLANNED
            self._later(BACK_OFF[tries], notice, tries + 1)
        else:
            self._end(notice, outcome)

    def _end(self, notice: Notice, outcome: str) -> None:
        """The pager knows; what follows is planned."""
        assert self._pager is not None, "only the living send"
        row, now = self._rows[notice.id], Timestamp(self.world.now)
        row.state, row.changed = outcome, now
        if outcome == SENT:
            self._pager.sent(notice.id)
        elif outcome == MOOT:
            self._pager.moot(notice.id, now)
        elif outcome == FAILED:
            self._plan(self._pager.failed(notice.id, now))
        else:
            self._plan(self._pager.unsure(notice.id, now))
        self._wake()

    # ---- what goes wrong

    def _fail(self, channel: str) -> None:
        self._out[channel] = self.world.now + self._chance.randrange(*OUTAGE)
        self.world.after(int(self._chance.expovariate(1 / OUTAGE_EVERY)), self._fail, channel)

    def _kill_later(self) -> None:
        self._kill(self._life)
        self.world.after(int(self._chance.expovariate(1 / KILLED_EVERY)), self._kill_later)

    def _kill(self, life: int) -> None:
        """All that is not written is gone, until another process begins."""
        if life != self._life or self._pager is None:
            return
        self._life += 1
        self._pager = None
        down = self._chance.randrange(*DOWN)
        self.post.downs.append((self.world.now, self.world.now + down))
        self.world.after(down, self._start)

    def _start(self) -> None:
        """A new process goes on from what is written."""
        now = Timestamp(self.world.now)
        self._forget(now)
        self._pager = Pager(self.topology.paging, self._rota)
        rows = sorted(self._rows.values(), key=lambda row: (row.time, row.notice.id))
        told = [
            Told(r.notice, r.state, Timestamp(r.time), Timestamp(r.changed), r.tries) for r in rows
        ]
        matters = [matter for _, matter in self._matters.values()]
        found = self._pager.restore(matters, told, now)
        known = set(self._rows)
        for row in rows:
            if row.state == SENDING:
                self._end(row.notice, UNSURE)
        self._plan([each for each in found if each.id not in known])
        for row in rows:
            if row.state == PLANNED:
                self._later(0, row.notice, 0)
        self._wakes = 0
        self._wake()

    def _forget(self, now: int) -> None:
        """What is over for a day is looked at no more."""
        self._matters = {
            name: (time, matter)
            for name, (time, matter) in self._matters.items()
            if matter.state != ENDED or time > now - KEPT
        }
        self._rows = {
            name: row
            for name, row in self._rows.items()
            if row.state in (PLANNED, SENDING)
            or any(call.matter in self._matters for call in row.notice.calls)
        }
