"""How a run goes on behind a step, turns back where one went wrong, and how it ends."""

from layerkeep.core.acting.runs.record import (
    APPROVED,
    AWAITING,
    DONE,
    EXPIRED,
    MOOT,
    PREFLIGHT,
    PROPOSED,
    STOPPED,
    UNDONE,
    WAY_BACK,
    Run,
)
from layerkeep.core.units import Timestamp

WAITING = (PROPOSED, PREFLIGHT, AWAITING, APPROVED)
"""The states in which nothing was done yet, and a proposal may lapse."""

TIMED_OUT = "time-limit"
"""Why a part of a run went wrong that lasted too long."""


def go_on(run: Run, now: Timestamp) -> None:
    """The step at hand is behind the run; behind the last one it is done, or undone."""
    run.at += 1
    run.rests = ""
    if run.step is None:
        undone = run.state == WAY_BACK
        run.write(now, UNDONE if undone else DONE)
        run.state, run.ended = UNDONE if undone else DONE, now


def go_wrong(run: Run, reason: str, detail: str, now: Timestamp) -> None:
    """A step went wrong: the way back, if there is one and anything may have been done."""
    if run.state == WAY_BACK:
        first = f"after {run.reason}" + (f": {run.detail}" if run.detail else "")
        named = "way-back-timed-out" if reason == TIMED_OUT else "way-back-failed"
        end_run(run, STOPPED, named, f"{detail} ({first})", now)
    elif run.acted and run.way_back:
        run.state, run.at, run.reason, run.detail = WAY_BACK, 0, reason, detail
        run.turned, run.rests = now, ""
        run.write(now, WAY_BACK, detail=reason)
    else:
        end_run(run, STOPPED, reason, detail, now)


def end_run(run: Run, state: str, reason: str, detail: str, now: Timestamp) -> None:
    """Nothing more is done, for this reason."""
    run.state, run.reason, run.detail, run.ended, run.rests = state, reason, detail, now, ""
    run.write(now, state, detail=f"{reason}: {detail}" if detail else reason)


def lapse(run: Run, now: Timestamp) -> None:
    """Approvals count for so long, and so does a proposal."""
    if run.state not in WAITING:
        return
    for yes in [each for each in run.approvals if now >= each.time + run.needs.valid_for]:
        run.approvals.remove(yes)
        run.write(now, "approval-expired", yes.person)
    if run.state == APPROVED and not run.automatic and len(run.approvals) < run.needs.count:
        if run.started_by:
            end_run(run, EXPIRED, "approval-expired", "it was to start, and could not in time", now)
        else:
            run.state = AWAITING
    if run.state in WAITING and now >= run.proposed_at + run.time_limit:
        end_run(run, EXPIRED, "approval-expired", "nobody decided in time", now)


def moot(run: Run, why: str, now: Timestamp) -> None:
    """What the run is for is over, for the reason in words: it ends, unless it acts already."""
    if run.state in WAITING:
        end_run(run, MOOT, "incident-over", why, now)
