"""Runs in a simulated store: versions, leases, and what each run holds, as the real store keeps it.

A run is written as it would be to disk and read back anew, so that whoever is killed takes nothing
along that was not written.
"""

from dataclasses import dataclass, field

import msgspec

from layerkeep.core.acting.runs.record import Run


@dataclass(frozen=True, slots=True)
class Stored:
    """A run and the version of it that was read."""

    run: Run
    version: int


@dataclass(slots=True)
class Row:
    """A run as the store has it."""

    body: bytes
    version: int
    incident: str
    runbook: str
    proposed: int
    automatic: bool
    began: bool = False
    over: bool = False
    worker: str = ""
    leased: int = 0


@dataclass(slots=True)
class Desk:
    """Every run by id. `halted` while somebody said so; `acted` are the keys beside the store."""

    rows: dict[str, Row] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    holds: dict[str, str] = field(default_factory=dict)
    by_incident: dict[str, list[str]] = field(default_factory=dict)
    acted: set[str] = field(default_factory=set)
    automatic: list[int] = field(default_factory=list)
    halted: str = ""

    def add(self, run: Run) -> bool:
        """The run is in the store; False if it was there already."""
        if run.id in self.rows:
            return False
        body, at = msgspec.json.encode(run), run.proposed_at
        self.rows[run.id] = Row(body, 1, run.incident, run.runbook, at, run.automatic)
        self.open[run.id] = None
        self.by_incident.setdefault(run.incident, []).append(run.id)
        self.automatic += [at] if run.automatic else []
        return True

    def read(self, name: str) -> Stored:
        """The run as it was last written."""
        row = self.rows[name]
        return Stored(msgspec.json.decode(row.body, type=Run), row.version)

    def save(self, stored: Stored) -> Stored | None:
        """The run as it is now, if nobody changed it since."""
        row, run = self.rows[stored.run.id], stored.run
        if row.version != stored.version:
            return None
        row.body, row.version = msgspec.json.encode(run), row.version + 1
        row.began, row.over = bool(run.began), run.is_over
        if run.is_over:
            self.open.pop(run.id, None)
            self.holds = {what: by for what, by in self.holds.items() if by != run.id}
        return Stored(run, row.version)

    def begin(self, stored: Stored) -> Stored | None:
        """The same, and the run holds what it touches; None also if another run holds any of it."""
        if self.busy(stored.run):
            return None
        saved = self.save(stored)
        if saved is not None:
            self.holds |= dict.fromkeys(saved.run.touches, saved.run.id)
        return saved

    def busy(self, run: Run) -> str:
        """The run that acts on what this one touches, empty if there is none."""
        others = (self.holds.get(what, "") for what in run.touches)
        return next((by for by in others if by not in ("", run.id)), "")

    def lease(self, name: str, worker: str, now: int, until: int) -> Stored | None:
        """The run is this worker's until then; None while another one has it."""
        row = self.rows[name]
        if row.worker != worker and row.leased > now:
            return None
        row.worker, row.leased, row.version = worker, until, row.version + 1
        return self.read(name)

    def tries(self, runbook: str, incident: str) -> tuple[int, int]:
        """How many runs of a runbook there were for an incident, and how many of them acted."""
        rows = [self.rows[name] for name in self.by_incident.get(incident, ())]
        began = [row.began for row in rows if row.runbook == runbook]
        return len(began), sum(began)
