"""Runbooks, and the runs that carry them out."""

from collections.abc import Mapping
from typing import Any

from layerkeep.api.shapes import Shown


class HaltShown(Shown, frozen=True, gc=False, kw_only=True):
    """Whether all runs are halted (`on`), who said so last, when and why."""

    on: bool
    by: str = ""
    time: int | None = None
    reason: str = ""


class OfferShown(Shown, frozen=True, gc=False, kw_only=True):
    """A runbook that answers an incident; `lacks` says what it would need, empty if nothing."""

    runbook: str
    title: str
    automatic: bool = False
    first_step: str = ""
    lacks: str = ""


class RunShown(Shown, frozen=True, gc=False, kw_only=True):
    """A run in one line.

    `state` is `proposed`, `preflight`, `awaiting`, `approved`, `executing`, `way-back`, `done`,
    `undone`, `stopped`, `refused`, `denied`, `expired` or `moot`; `reason` a stable word, `why`
    its sentence. `rests` says why it does not go on now, `step` where it is. `agreed` of `needed`
    people said yes; it takes the `role` or more to do so.
    """

    id: str
    runbook: str
    title: str
    state: str
    incident: str
    component: str
    proposed_by: str
    proposed_at: int
    reason: str = ""
    why: str = ""
    detail: str = ""
    rests: str = ""
    step: str = ""
    began: int | None = None
    ended: int | None = None
    automatic: bool = False
    agreed: int = 0
    needed: int = 1
    role: str = "operator"
    over: bool = False


class RunList(Shown, frozen=True, gc=False, kw_only=True):
    """Runs, the newest first; `cursor` leads to those behind them, empty at the end."""

    items: tuple[RunShown, ...]
    halted: HaltShown
    cursor: str = ""


class RunStepShown(Shown, frozen=True, gc=False, kw_only=True):
    """A step: what it does, what shows that it worked, and what became of it.

    `state` is `pending`, `intended`, `verifying`, `done`, `already-done`, `failed` or `unsure`.
    `rehearsed` is what its dry run came to, `evidence` what that or the act itself found.
    `time_limit` is a duration.
    """

    name: str
    kind: str
    note: str = ""
    action: Mapping[str, Any] = {}
    proof: str = ""
    time_limit: int = 0
    state: str = "pending"
    began: int | None = None
    acted: int | None = None
    ended: int | None = None
    rehearsed: str = ""
    detail: str = ""
    evidence: Mapping[str, Any] = {}


class ApprovalShown(Shown, frozen=True, gc=False, kw_only=True):
    """A person's yes, with which role, and when."""

    person: str
    role: str
    time: int


class RunEntryShown(Shown, frozen=True, gc=False, kw_only=True):
    """Something that happened to a run."""

    time: int
    name: str
    by: str = ""
    detail: str = ""


class RunPage(Shown, frozen=True, gc=False, kw_only=True):
    """One run. `approvals_end` is when the first yes ends to count; `edited` if its runbook's page
    has changed since, which changes nothing here."""

    run: RunShown
    preconditions: tuple[str, ...] = ()
    steps: tuple[RunStepShown, ...] = ()
    way_back: tuple[RunStepShown, ...] = ()
    approvals: tuple[ApprovalShown, ...] = ()
    approvals_end: int | None = None
    history: tuple[RunEntryShown, ...] = ()
    edited: bool = False


class RunbookShown(Shown, frozen=True, gc=False, kw_only=True):
    """A runbook in one line: for which kinds of problems on which components (globs).

    `count` people with the `role` or more must agree. `automatic` if it may run without a person,
    `allowed` if the topology allows that too.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    components: tuple[str, ...]
    steps: int = 0
    acts: bool = False
    count: int = 1
    role: str = "operator"
    automatic: bool = False
    allowed: bool = False


class RunbookPage(Shown, frozen=True, gc=False, kw_only=True):
    """One runbook with its steps as they are before they are filled in; `text` is Markdown.

    `time_limit` and `valid_for`, how long a yes counts, are durations.
    """

    runbook: RunbookShown
    preconditions: tuple[str, ...] = ()
    steps: tuple[RunStepShown, ...] = ()
    way_back: tuple[RunStepShown, ...] = ()
    time_limit: int = 0
    valid_for: int = 0
    text: str = ""


class RunWord(Shown, frozen=True, gc=False, kw_only=True):
    """A person's word on runs: `propose`, `approve`, `deny`, `start`, `answer`, `halt` or `go`.

    `token` is the name of the token that was shown, `role` its role. `target` is the run, or for
    `propose` the runbook. `yes` is the answer to what a run asks.
    """

    action: str
    token: str
    role: str
    target: str = ""
    incident: str = ""
    message: str = ""
    reason: str = ""
    yes: bool = False
