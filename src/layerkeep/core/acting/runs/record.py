"""A run as a record: what was planned, who agreed, what was done. Everything a restart needs.

States, in order::

    proposed      its preconditions are to be looked at
    preflight     they hold; each step is to be rehearsed, which changes nothing
    awaiting      rehearsed; people are to agree
    approved      enough people agreed; somebody is to say `start`
    executing     steps are carried out, each once, each verified by its proof
    way-back      something went wrong; what was done is undone, step by step
    done          every step is done, by its proof
    undone        the way back was gone to its end
    stopped       something went wrong and nothing more is done: a person must look
    refused       nothing was done, because something did not hold
    denied        a person said no
    expired       nobody decided, or nobody said `start`, in time
    moot          the incident was over before anything was done

Times in milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.acting.runbooks.model import WORLD_KINDS, Approvals, Condition
from layerkeep.core.acting.runs.model import Action
from layerkeep.core.units import Duration, Timestamp

PROPOSED = "proposed"
PREFLIGHT = "preflight"
AWAITING = "awaiting"
APPROVED = "approved"
EXECUTING = "executing"
WAY_BACK = "way-back"
DONE = "done"
UNDONE = "undone"
STOPPED = "stopped"
REFUSED = "refused"
DENIED = "denied"
EXPIRED = "expired"
MOOT = "moot"

FINAL = (DONE, UNDONE, STOPPED, REFUSED, DENIED, EXPIRED, MOOT)
ACTING = (EXECUTING, WAY_BACK)
"""The states in which the world is changed."""

REASONS: Mapping[str, str] = {
    "precondition-gone": "a precondition does not hold, or nobody can tell whether it does",
    "component-busy": "another run touches the same component",
    "frozen": "it is a time in which no run starts",
    "halted": "somebody halted all runs",
    "rehearsal-failed": "the dry run showed that a step cannot work",
    "step-failed": "a step failed and changed nothing",
    "step-unsure": "a step may have been done in part, and its proof did not come",
    "step-hangs": "a step did not end within its time limit, and its proof did not come",
    "worker-died": "the worker died while it carried out a step, and the proof did not come",
    "proof-never-came": "a step said it was done, and no fact shows it",
    "wait-over": "what was waited for did not come in time",
    "answered-no": "a person was asked, and said no",
    "not-answered": "a person was asked, and nobody answered in time",
    "time-limit": "the run took longer than its runbook allows",
    "way-back-timed-out": "the way back took longer than its runbook allows",
    "way-back-failed": "a step of the way back could not be shown to have worked",
    "approval-expired": "nobody said start while enough approvals counted",
    "denied": "a person said no",
    "incident-over": "the incident was over before anything was done",
}
"""Why a run ended otherwise than done, or why it rests; stable words."""

PENDING = "pending"
INTENDED = "intended"
VERIFYING = "verifying"
SUCCEEDED = "done"
ALREADY = "already-done"
FAILED = "failed"
UNSURE = "unsure"
"""What became of a step. `intended` is in the store before anything is done."""

HISTORY_MAX = 200

NEVER = Timestamp(0)


@dataclass(frozen=True, slots=True)
class Planned:
    """A step with everything filled in. `key` is its own, alike after every restart."""

    name: str
    kind: str
    params: Mapping[str, Any]
    proof: Condition | None
    time_limit: Duration
    note: str
    key: str

    @property
    def acts(self) -> bool:
        """True if it changes something outside."""
        return self.kind in WORLD_KINDS

    @property
    def action(self) -> Action:
        """What is to be performed."""
        return Action(self.kind, self.params, self.key)


@dataclass(slots=True)
class Progress:
    """What became of one step: when it was intended, when the act ended, when it was over."""

    state: str = PENDING
    began: Timestamp = NEVER
    acted: Timestamp = NEVER
    ended: Timestamp = NEVER
    doubt: str = ""
    detail: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    rehearsed: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes: by which token, with which role, and when."""

    person: str
    token: str
    role: str
    time: Timestamp


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to a run."""

    time: Timestamp
    name: str
    by: str = ""
    detail: str = ""


@dataclass(slots=True)
class Run:
    """One runbook, filled in for one incident, and what became of it.

    `touches` are the components that no other
    run may act on meanwhile. `digest` is the runbook's as it was: editing the page changes nothing
    here. `at` is the step that is next, of the steps or of the way back; `turned` is when the way
    back began, which has `time_limit` once more.
    """

    id: str
    runbook: str
    digest: str
    title: str
    incident: str
    kind: str
    component: str
    chain: str
    proposed_by: str
    proposed_at: Timestamp
    automatic: bool
    needs: Approvals
    time_limit: Duration
    touches: tuple[str, ...]
    preconditions: tuple[Condition, ...]
    steps: tuple[Planned, ...]
    way_back: tuple[Planned, ...]
    state: str = PROPOSED
    reason: str = ""
    detail: str = ""
    at: int = 0
    done: list[Progress] = field(default_factory=list)
    undone: list[Progress] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    started_by: str = ""
    began: Timestamp = NEVER
    turned: Timestamp = NEVER
    ended: Timestamp = NEVER
    rests: str = ""
    history: list[Entry] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """True if nothing more is done."""
        return self.state in FINAL

    @property
    def plan(self) -> tuple[Planned, ...]:
        """The steps of the part it is in."""
        return self.way_back if self.state == WAY_BACK else self.steps

    @property
    def progress(self) -> list[Progress]:
        """What became of the steps of the part it is in."""
        return self.undone if self.state == WAY_BACK else self.done

    @property
    def step(self) -> Planned | None:
        """The step that is next or under way, None behind the last."""
        return self.plan[self.at] if self.at < len(self.plan) else None

    @property
    def is_left(self) -> bool:
        """True if the step at hand is intended: whoever was at it may have done it."""
        return self.state in ACTING and self.progress[self.at].state == INTENDED

    @property
    def acted(self) -> bool:
        """True if any step may have changed something outside."""
        return any(
            step.acts and each.state in (INTENDED, VERIFYING, SUCCEEDED, UNSURE)
            for step, each in zip(self.steps, self.done, strict=True)
        )

    def write(self, now: Timestamp, name: str, by: str = "", detail: str = "") -> None:
        """The history has this entry; the first one always stays."""
        self.history.append(Entry(now, name, by, detail))
        if len(self.history) > HISTORY_MAX:
            del self.history[1]
