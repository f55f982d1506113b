"""How a run goes on: a state machine that never acts itself.

`work_of` says what is to be done next; whoever does it tells the outcome by one of the functions
below, and stores the run before the next. Two promises rest on that order:

- a step is *intended* in the store before it is performed, and what was intended once is never
  performed again unless it is sure that it never was: a worker that finds an intended step asks,
  and verifies it by its proof;
- a step whose proof holds before it is performed is not performed at all: so a store restored from
  a backup, or a person who was faster, does nothing twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from layerkeep.core.acting.runbooks.model import Condition
from layerkeep.core.acting.runs import model
from layerkeep.core.acting.runs.ends import TIMED_OUT, end_run, go_on, go_wrong, lapse
from layerkeep.core.acting.runs.model import Outcome
from layerkeep.core.acting.runs.record import (
    ACTING,
    ALREADY,
    APPROVED,
    AWAITING,
    DENIED,
    EXECUTING,
    FAILED,
    INTENDED,
    NEVER,
    PENDING,
    PREFLIGHT,
    PROPOSED,
    REFUSED,
    SUCCEEDED,
    UNSURE,
    VERIFYING,
    WAY_BACK,
    Approval,
    Planned,
    Run,
)
from layerkeep.core.units import Timestamp

LOOK, REHEARSE, BEGIN, BEFORE, VERIFY, READ, REST = (
    "look",
    "rehearse",
    "begin",
    "before",
    "verify",
    "read",
    "rest",
)
"""What a worker may have to do: look at preconditions, rehearse a step, begin to act, look whether
a step is needed and perform it, verify it, let a note be read, or nothing for now."""

Sureness = bool | None
"""What a condition came to: it holds, it does not, or nobody can tell."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done next; `step` where it is about one."""

    kind: str
    step: Planned | None = None
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """What stands in the way of acting now, each in words; empty where nothing does."""

    halted: str = ""
    frozen: str = ""
    busy: str = ""


def work_of(run: Run, ways: Ways) -> Work:
    """What is to be done next."""
    if run.state == PROPOSED:
        return Work(LOOK)
    if run.state == PREFLIGHT:
        return Work(REHEARSE, run.step)
    if run.state == APPROVED and run.started_by:
        return Work(BEGIN)
    if run.state not in ACTING:
        return Work(REST)
    step, progress = run.step, run.progress[run.at]
    assert step is not None, "an acting run is at a step"
    if step.kind == "ask":
        return Work(REST, step)
    if step.kind == "wait":
        return Work(VERIFY, step, _until(step))
    if progress.state == VERIFYING:
        return Work(VERIFY, step, step.proof)
    if ways.halted:
        return Work(REST, step)
    if step.kind == "note":
        return Work(READ, step)
    if _hold(run, ways):
        return Work(REST, step)
    assert progress.state == PENDING, "what was intended is settled by `resume` first"
    return Work(BEFORE, step, step.proof)


# ---- before anything is done


def looked(run: Run, missing: Iterable[str], now: Timestamp) -> None:
    """The preconditions were looked at; `missing` are those that do not hold."""
    missing = list(missing)
    if missing:
        end_run(run, REFUSED, "precondition-gone", "; ".join(missing), now)
        return
    run.state = PREFLIGHT
    run.write(now, "preflight")
    _skip_rehearsals(run, now)


def rehearsed(run: Run, outcome: Outcome, now: Timestamp) -> None:
    """The dry run of the step at hand came to this."""
    step, progress = run.step, run.done[run.at]
    assert step is not None, "a step was rehearsed"
    progress.rehearsed = f"{outcome.state}: {outcome.detail}" if outcome.detail else outcome.state
    progress.evidence = outcome.evidence
    if outcome.state == model.FAILED:
        end_run(run, REFUSED, "rehearsal-failed", f"{step.name}: {outcome.detail}", now)
        return
    run.at += 1
    _skip_rehearsals(run, now)


def _skip_rehearsals(run: Run, now: Timestamp) -> None:
    """Only what would change something is rehearsed."""
    while run.step is not None and not run.step.acts:
        run.at += 1
    if run.step is None:
        run.at = 0
        run.write(now, "rehearsed")
        run.state = AWAITING
        if run.automatic:
            run.state, run.started_by = APPROVED, run.proposed_by
            run.write(now, "approved", run.proposed_by, "by policy")


def approve(run: Run, yes: Approval, now: Timestamp) -> str:
    """A person agrees; the answer says why it does not count, empty if it does."""
    lapse(run, now)
    refusal = _why_not(run, yes)
    if refusal:
        return refusal
    run.approvals.append(yes)
    run.write(now, "agreed", yes.person)
    if len(run.approvals) >= run.needs.count:
        run.state = APPROVED
        run.write(now, "approved")
    return ""


def _why_not(run: Run, yes: Approval) -> str:
    if run.state != AWAITING:
        return f"the run is {_standing(run)}, so nobody can agree to it"
    if yes.person == run.proposed_by:
        return "who proposed a run does not approve it"
    if any(yes.token == known.token for known in run.approvals):
        return "this token has agreed already, and counts once"
    if any(yes.person == known.person for known in run.approvals):
        return "this person has agreed already, and counts once"
    return ""


def deny(run: Run, by: str, reason: str, now: Timestamp) -> str:
    """A person says no; the answer says why that does not count, empty if it does."""
    if run.is_over or run.state in ACTING:
        return f"the run is {run.state}, so nobody can deny it"
    run.write(now, "denied", by, reason)
    end_run(run, DENIED, "denied", f"by {by}{': ' + reason if reason else ''}", now)
    return ""


def start(run: Run, by: str, now: Timestamp) -> str:
    """A person says that the approved run is to be carried out; the answer says why not."""
    lapse(run, now)
    if run.state != APPROVED:
        missing = run.needs.count - len(run.approvals)
        lacks = f"; {missing} more must agree" if run.state == AWAITING else ""
        return f"the run is {_standing(run)}{lacks}"
    run.started_by = by
    run.write(now, "start", by)
    return ""


def begun(run: Run, missing: Iterable[str], ways: Ways, now: Timestamp) -> None:
    """Everything was looked at again just before acting: it begins, rests, or is refused."""
    lapse(run, now)
    if run.state != APPROVED:
        return
    missing = list(missing)
    if missing:
        end_run(run, REFUSED, "precondition-gone", "; ".join(missing), now)
        return
    standing = (("halted", ways.halted), ("frozen", ways.frozen), ("component-busy", ways.busy))
    for reason, what in standing:
        if what:
            _rest(run, reason, what, now)
            return
    run.state, run.at, run.began, run.rests, run.detail = EXECUTING, 0, now, "", ""
    run.write(now, "executing")


def _rest(run: Run, reason: str, what: str, now: Timestamp) -> None:
    if run.rests != reason:
        run.rests = reason
        run.write(now, reason, detail=what)


# ---- acting


def intend(run: Run, now: Timestamp) -> None:
    """The step at hand is about to be performed; the run is stored before it is."""
    progress = run.progress[run.at]
    assert progress.state == PENDING, "a step is intended once"
    progress.state, progress.began = INTENDED, now
    run.rests = ""
    run.write(now, "intended", detail=_name(run))


def withheld(run: Run, ways: Ways, now: Timestamp) -> bool:
    """What stands in the way was looked at again after the step was intended.

    True if it is not to be performed now: it is as if it had not been intended.
    """
    progress = run.progress[run.at]
    assert progress.state == INTENDED, "only what was intended is withheld"
    progress.state = PENDING
    held = _hold(run, ways)
    if held is None:
        progress.state = INTENDED
        return False
    progress.began, run.rests = NEVER, held[0]
    run.write(now, held[0], detail=f"{_name(run)} not done: {held[1]}")
    return True


def _hold(run: Run, ways: Ways) -> tuple[str, str] | None:
    """Why the step at hand is not to be performed now: a freeze holds only who changed nothing."""
    if ways.halted:
        return "halted", ways.halted
    if ways.frozen and run.state == EXECUTING and not run.acted:
        return "frozen", ways.frozen
    return None


def already(run: Run, now: Timestamp, why: str = "its proof holds") -> None:
    """The step at hand needs no doing."""
    progress = run.progress[run.at]
    progress.state, progress.began, progress.ended, progress.detail = ALREADY, now, now, why
    run.write(now, "already-done", detail=_name(run))
    go_on(run, now)


def performed(run: Run, outcome: Outcome, now: Timestamp, doubt: str = "step-unsure") -> None:
    """The step at hand was performed, and this came of it; `doubt` says why it is unsure."""
    progress, step = run.progress[run.at], run.step
    assert progress.state == INTENDED and step is not None, "only what was intended is performed"
    progress.acted = now
    progress.detail, progress.evidence = outcome.detail, outcome.evidence
    if outcome.state == model.FAILED:
        progress.state, progress.ended = FAILED, now
        run.write(now, "step-failed", detail=f"{_name(run)}: {outcome.detail}")
        go_wrong(run, "step-failed", outcome.detail, now)
        return
    progress.state = VERIFYING
    progress.doubt = "" if outcome.state == model.DONE else doubt
    run.write(now, "performed" if not progress.doubt else doubt, detail=_name(run))


def known(run: Run, now: Timestamp) -> None:
    """The world knows the key of the step at hand, though this store does not: it is verified."""
    progress = run.progress[run.at]
    assert progress.state == PENDING, "what is known was not intended here"
    progress.state, progress.began, progress.acted = VERIFYING, now, now
    progress.detail = "it was performed before, and this store does not know of it"
    progress.doubt = "step-unsure"
    run.write(now, "known-to-the-world", detail=_name(run))


def resume(run: Run, now: Timestamp, found: Outcome = model.NOBODY_KNOWS) -> bool:
    """A worker takes the run up. `found` is what can be told of a step that was left intended;
    one that surely never happened is pending again. True if one was left."""
    if not run.is_left:
        return False
    if found.state == model.FAILED:
        run.progress[run.at].state = PENDING
        run.write(now, "never-done", detail=f"{_name(run)}: {found.detail}")
    else:
        performed(run, found, now, "worker-died")
    return True


def verified(run: Run, holds: Sureness, now: Timestamp) -> None:
    """The proof of the step at hand, or what it waits for, was looked at."""
    progress, step = run.progress[run.at], run.step
    assert step is not None, "a step is verified"
    if step.kind == "wait" and progress.state == PENDING:
        progress.state, progress.began, progress.acted = VERIFYING, now, now
    if holds:
        progress.state, progress.ended = SUCCEEDED, now
        run.write(now, "verified", detail=_name(run))
        go_on(run, now)


def read(run: Run, now: Timestamp) -> None:
    """The note at hand is part of the story."""
    progress, step = run.progress[run.at], run.step
    assert step is not None and step.kind == "note", "a note is read"
    progress.state, progress.began, progress.ended = SUCCEEDED, now, now
    run.write(now, "note", detail=f"{step.name}: {step.note}")
    go_on(run, now)


def answered(run: Run, by: str, now: Timestamp, *, yes: bool) -> str:
    """A person answers the question at hand; the answer says why that does not count."""
    step = run.step
    if run.state not in ACTING or step is None or step.kind != "ask":
        return f"the run is {run.state} and asks nothing"
    progress = run.progress[run.at]
    progress.ended, progress.detail = now, f"{'yes' if yes else 'no'}, said {by}"
    run.write(now, "answered", by, f"{step.name}: {'yes' if yes else 'no'}")
    if yes:
        progress.state = SUCCEEDED
        go_on(run, now)
    else:
        progress.state = FAILED
        go_wrong(run, "answered-no", f"{step.name}: {by} said no", now)
    return ""


# ---- time


def tick(run: Run, now: Timestamp) -> None:
    """Time has passed: what has lasted too long ends."""
    lapse(run, now)
    if run.state not in ACTING:
        return
    step, progress = run.step, run.progress[run.at]
    assert step is not None, "an acting run is at a step"
    if step.kind == "ask" and progress.state == PENDING:
        progress.state, progress.began, progress.acted = VERIFYING, now, now
        run.write(now, "asks", detail=str(step.params["question"]))
    late = progress.state == VERIFYING and now >= progress.acted + step.time_limit
    if late:
        progress.state, progress.ended = UNSURE if step.acts else FAILED, now
        reason = progress.doubt or _late_word(step)
        run.write(now, reason, detail=_name(run))
        go_wrong(run, reason, f"{step.name}: {progress.detail}".rstrip(": "), now)
    elif progress.state != INTENDED and now >= _since(run, now) + run.time_limit:
        # what is under way is settled first
        progress.state = UNSURE if progress.state == VERIFYING and step.acts else progress.state
        go_wrong(run, TIMED_OUT, f"at step {step.name}", now)


def _since(run: Run, now: Timestamp) -> Timestamp:
    """When the part that the run is in began: the way back has the run's time once more."""
    if run.state == WAY_BACK and run.turned == NEVER:  # turned before that was written down
        run.turned = now
    return run.turned if run.state == WAY_BACK else run.began


def _late_word(step: Planned) -> str:
    return {"wait": "wait-over", "ask": "not-answered"}.get(step.kind, "proof-never-came")


def _standing(run: Run) -> str:
    """Its state, and where nothing more is done why not."""
    why = f" ({run.detail})" if run.is_over and run.detail else ""
    return run.state + why


def _name(run: Run) -> str:
    assert run.step is not None, "a step is named"
    return run.step.name


def _until(step: Planned) -> Condition:
    """What a step of kind `wait` waits for."""
    table = dict(step.params["until"])
    return Condition(table.pop("is"), table)
