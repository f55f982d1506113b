"""Runbooks and runs, as the API and the console show them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from layerkeep.api.shapes.runs import (
    ApprovalShown,
    HaltShown,
    OfferShown,
    RunbookPage,
    RunbookShown,
    RunEntryShown,
    RunPage,
    RunShown,
    RunStepShown,
)
from layerkeep.app.runs.reading import Offer, RunTold, StepTold, WholeRun
from layerkeep.core.acting.runbooks.model import WORLD_KINDS, Runbook, Step
from layerkeep.core.acting.runs.conditions import words
from layerkeep.core.acting.runs.record import FINAL
from layerkeep.edge.store.runs import Halt


def run_shown(told: RunTold) -> RunShown:
    """A run in one line."""
    return RunShown(
        id=told.id,
        runbook=told.runbook,
        title=told.title,
        state=told.state,
        incident=told.incident,
        component=told.component,
        proposed_by=told.proposed_by,
        proposed_at=told.proposed_at,
        reason=told.reason,
        why=told.why,
        detail=told.detail,
        rests=told.rests,
        step=told.step,
        began=told.began or None,
        ended=told.ended or None,
        automatic=told.automatic,
        agreed=told.agreed,
        needed=told.needed,
        role=told.role,
        over=told.state in FINAL,
    )


def run_page(whole: WholeRun) -> RunPage:
    """One run with all of it."""
    return RunPage(
        run=run_shown(whole.run),
        preconditions=whole.preconditions,
        steps=tuple(map(_step, whole.steps)),
        way_back=tuple(map(_step, whole.way_back)),
        approvals=tuple(
            ApprovalShown(person=each.person, role=each.role, time=each.time)
            for each in whole.approvals
        ),
        approvals_end=whole.approvals_end or None,
        history=tuple(
            RunEntryShown(time=each.time, name=each.name, by=each.by, detail=each.detail)
            for each in whole.history
        ),
        edited=whole.edited,
    )


def runbook_shown(runbook: Runbook, allowed: Iterable[str]) -> RunbookShown:
    """A runbook in one line; `allowed` are those that may run without a person here."""
    return RunbookShown(
        name=runbook.name,
        title=runbook.title,
        rules=runbook.rules,
        components=runbook.components,
        steps=len(runbook.steps),
        acts=any(step.kind in WORLD_KINDS for step in runbook.steps),
        count=runbook.approvals.count,
        role=runbook.approvals.role,
        automatic=runbook.automatic,
        allowed=runbook.name in allowed,
    )


def runbook_page(runbook: Runbook, allowed: Iterable[str]) -> RunbookPage:
    """One runbook with its steps and its page."""
    return RunbookPage(
        runbook=runbook_shown(runbook, allowed),
        preconditions=tuple(map(words, runbook.preconditions)),
        steps=tuple(map(_plain, runbook.steps)),
        way_back=tuple(map(_plain, runbook.way_back)),
        time_limit=runbook.time_limit,
        valid_for=runbook.approvals.valid_for,
        text=runbook.text,
    )


def halt_shown(halt: Halt | None) -> HaltShown:
    """Who halted all runs, if anybody did."""
    if halt is None:
        return HaltShown(on=False)
    return HaltShown(on=halt.on, by=halt.by, time=halt.time or None, reason=halt.reason)


def offer_shown(offer: Offer) -> OfferShown:
    """A runbook that can be proposed."""
    return OfferShown(
        runbook=offer.runbook,
        title=offer.title,
        automatic=offer.automatic,
        first_step=offer.first_step,
        lacks=offer.lacks,
    )


def _step(told: StepTold) -> RunStepShown:
    return RunStepShown(
        name=told.name,
        kind=told.kind,
        note=told.note,
        action=_plainly(told.action),
        proof=told.proof,
        time_limit=told.time_limit,
        state=told.state,
        began=told.began or None,
        acted=told.acted or None,
        ended=told.ended or None,
        rehearsed=told.rehearsed,
        detail=told.detail,
        evidence=_plainly(told.evidence),
    )


def _plain(step: Step) -> RunStepShown:
    """A step before it is filled in."""
    return RunStepShown(
        name=step.name,
        kind=step.kind,
        note=step.note,
        action=_plainly(step.params),
        proof=words(step.proof) if step.proof is not None else "",
        time_limit=step.time_limit,
    )


def _plainly(value: object) -> dict[str, Any]:
    """Plain values; numbers that JSON cannot hold safely are told as text."""
    plain = msgspec.json.decode(msgspec.json.encode(_safe(value)))
    assert isinstance(plain, dict), "what a step takes and finds has names"
    return plain


def _safe(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _safe(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return value if abs(value) < 2**53 else str(value)
