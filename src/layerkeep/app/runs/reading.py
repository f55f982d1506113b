"""Runs as people and programs are told of them: nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.app.runs.asking import Place, Proposal, known_run, scene_of
from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.acting.runbooks.placeholders import Unfilled
from layerkeep.core.acting.runs.conditions import words
from layerkeep.core.acting.runs.plan import Asked, run_of
from layerkeep.core.acting.runs.record import REASONS, Approval, Entry, Planned, Progress, Run
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.runs import Halt, list_runs, read_halt


@dataclass(frozen=True, slots=True)
class RunTold:
    """A run in one line. Times in milliseconds, 0 for never; `why` is its reason in words.

    `rests` says why an approved run has not begun yet. `step` is the step it is at.
    """

    id: str
    runbook: str
    title: str
    state: str
    reason: str
    why: str
    detail: str
    rests: str
    incident: str
    component: str
    step: str
    proposed_by: str
    proposed_at: int
    began: int
    ended: int
    automatic: bool
    agreed: int
    needed: int
    role: str


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step: what it is to do, how it is known done, and what became of it."""

    name: str
    kind: str
    note: str
    action: object
    proof: str
    time_limit: int
    state: str
    began: int
    acted: int
    ended: int
    rehearsed: str
    detail: str
    evidence: object


@dataclass(frozen=True, slots=True)
class WholeRun:
    """One run with all of its steps, who agreed, and its history."""

    run: RunTold
    preconditions: tuple[str, ...]
    steps: tuple[StepTold, ...]
    way_back: tuple[StepTold, ...]
    approvals: tuple[Approval, ...]
    approvals_end: int
    history: tuple[Entry, ...]
    edited: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A runbook that answers an incident; `lacks` says what it would need, empty if nothing."""

    runbook: str
    title: str
    automatic: bool
    first_step: str
    lacks: str


def told(run: Run) -> RunTold:
    """A run in one line."""
    return RunTold(
        id=run.id,
        runbook=run.runbook,
        title=run.title,
        state=run.state,
        reason=run.reason,
        why=REASONS.get(run.reason, ""),
        detail=run.detail,
        rests=run.rests,
        incident=run.incident,
        component=run.component,
        step=run.step.name if run.step is not None and not run.is_over else "",
        proposed_by=run.proposed_by,
        proposed_at=run.proposed_at,
        began=run.began,
        ended=run.ended,
        automatic=run.automatic,
        agreed=len(run.approvals),
        needed=run.needs.count,
        role=run.needs.role,
    )


async def all_runs(
    store: Store,
    *,
    incident: str = "",
    open_only: bool = False,
    count: int = 100,
    behind: tuple[int, str] | None = None,
) -> list[RunTold]:
    """Runs, newest first; with `behind` those that come behind the one of this time and id."""
    found = await list_runs(
        store, incident=incident, open_only=open_only, count=count, behind=behind
    )
    return [told(run) for run in found]


async def one_run(place: Place, name: str) -> WholeRun:
    """One run with its steps; SettingsError if there is none."""
    run = (await known_run(place.store, name)).run
    page = place.runbooks.get(run.runbook)
    ends = [each.time + run.needs.valid_for for each in run.approvals]
    return WholeRun(
        told(run),
        tuple(map(words, run.preconditions)),
        _steps(run.steps, run.done),
        _steps(run.way_back, run.undone),
        tuple(run.approvals),
        min(ends, default=0),
        tuple(run.history),
        page is None or page.digest != run.digest,
    )


async def offers(place: Place, incident: str) -> list[Offer]:
    """What can be proposed for an incident, and what each would need; SettingsError if none."""
    scene = await scene_of(place, Proposal("", incident))
    root, found = scene.incident.root, []
    for runbook in answering(place.runbooks.values(), root.kind, root.component):
        lacks = ""
        try:
            run_of(runbook, scene, Asked("", Timestamp(0)))
        except Unfilled as error:
            lacks = str(error)
        first = f"{runbook.steps[0].name}: {runbook.steps[0].note}".rstrip(": ")
        found.append(Offer(runbook.name, runbook.title, runbook.automatic, first, lacks))
    return found


async def halted(place: Place) -> Halt | None:
    """Who halted all runs, None while they may go on; the topology may say so from the start."""
    said = await read_halt(place.store)
    if said is None and place.topology.acting.halted:
        return Halt(True, "topology", 0, "[acting] halted")
    return said if said is not None and said.on else None


def _steps(steps: Sequence[Planned], progress: Sequence[Progress]) -> tuple[StepTold, ...]:
    return tuple(_step(*each) for each in zip(steps, progress, strict=True))


def _step(step: Planned, progress: Progress) -> StepTold:
    return StepTold(
        step.name,
        step.kind,
        step.note,
        step.params,
        words(step.proof) if step.proof is not None else "",
        step.time_limit,
        progress.state,
        progress.began,
        progress.acted,
        progress.ended,
        progress.rehearsed,
        progress.detail,
        progress.evidence,
    )
