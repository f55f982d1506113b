"""What must hold of runs: nothing done twice, nothing unapproved, the way back gone, all mended.

Runs are held against what the world knows: who said what, what was performed and what it changed.
"""

from collections import Counter
from collections.abc import Iterator

from layerkeep.core.acting.paging.model import ENDED
from layerkeep.core.acting.runs.record import ALREADY, DONE, STOPPED, SUCCEEDED, UNDONE, Run
from layerkeep.core.topology.access import ROLES
from layerkeep.core.units import DAY, duration_text
from layerkeep.sim.ops.faults.fault import nothing_to_undo
from layerkeep.sim.ops.scenario import Injury
from layerkeep.sim.ops.scoring import Miss
from layerkeep.sim.respond.hands import Performed
from layerkeep.sim.respond.responded import Responded
from layerkeep.sim.world import EPOCH

BACK_FAILED = ("way-back-failed", "way-back-timed-out")

STUCK = 4 * DAY
"""A run that is open so long after all its time limits is stuck: halts last hours."""


def misses(run: Responded) -> Iterator[Miss]:
    """What did not hold of runs."""
    desk, hands = run.clerk.place.desk, run.clerk.place.hands
    acts: dict[str, list[Performed]] = {}
    for act in hands.performed:
        acts.setdefault(act.run, []).append(act)
    for key, count in Counter(act.key for act in hands.performed).items():
        if count > 1:
            yield Miss("once", f"step {key} of run {run.clerk.said.keys[key]} {count} times")
    for name in desk.rows:
        each = desk.read(name).run
        own = acts.get(name, [])
        if own:
            yield from _unapproved(run, each, own)
        yield from _way_back(each, own)
        yield from _stuck(run, each)
    for injury in run.scenario.injuries:
        yield from _mended(run, injury)


def _unapproved(run: Responded, each: Run, own: list[Performed]) -> Iterator[Miss]:
    """Before the first step enough people had said yes, or the policy had."""
    said, acting = run.clerk.said, run.clerk.place.topology.acting
    at, name = each.began, f"run {each.id} ({each.runbook})"
    if not at or own[0].time < at:
        yield Miss("never unapproved", f"{name} acted before it began")
    elif each.automatic:
        times = run.clerk.place.desk.automatic
        since = each.proposed_at - acting.automatic_within
        count = sum(since < time <= each.proposed_at for time in times)
        allowed = run.clerk.runbooks[each.runbook].automatic and each.runbook in acting.automatic
        if not allowed or count > acting.automatic_max:
            yield Miss("never unapproved", f"{name} ran by itself, {count} within the time")
    else:
        counting = {
            yes.token
            for yes in said.yes.get(each.id, ())
            if yes.time <= at < yes.time + each.needs.valid_for
            and yes.person != each.proposed_by
            and ROLES.index(yes.role) >= ROLES.index(each.needs.role)
        }
        if len(counting) < each.needs.count or said.starts.get(each.id, at + 1) > at:
            yield Miss("never unapproved", f"{name}: {len(counting)} of {each.needs.count} agreed")
    if each.id in said.denied:
        yield Miss("never unapproved", f"{name} was denied")
    if any(freeze.start <= at < freeze.end for freeze in acting.freezes):
        yield Miss("never unapproved", f"{name} began in a freeze")
    for act in own:
        if any(start < act.time < end for start, end in said.halts):
            yield Miss("never unapproved", f"{name} went on while halted")


def _way_back(each: Run, own: list[Performed]) -> Iterator[Miss]:
    """What went wrong after something was done is undone, and nothing else is."""
    name = f"run {each.id} ({each.runbook})"
    backward = [act for act in own if act.back]
    if each.state == DONE and backward:
        yield Miss("way back", f"{name} is done, and went back")
    failed = {
        step.name for step, p in zip(each.steps, each.done, strict=True) if p.state == "failed"
    }
    changed = any(not act.back and act.step not in failed for act in own)
    if each.is_over and changed and each.way_back and each.state != DONE:
        if each.state == UNDONE:
            if any(p.state not in (SUCCEEDED, ALREADY) for p in each.undone):
                yield Miss("way back", f"{name} is undone, and a step back is not")
        elif each.state != STOPPED or each.reason not in BACK_FAILED:
            yield Miss("way back", f"{name} acted, is {each.state} and did not go back")
    elif backward and not each.acted:  # one that was intended and never begun may have been done
        yield Miss("way back", f"{name} went back, and had changed nothing")


def _stuck(run: Responded, each: Run) -> Iterator[Miss]:
    limits = sum(step.time_limit for step in (*each.steps, *each.way_back))
    until = max(each.proposed_at, each.began) + 2 * each.time_limit + limits + STUCK
    if not each.is_over and run.world.now > until:
        yield Miss("ends", f"run {each.id} ({each.runbook}) is still {each.state}")


def _mended(run: Responded, injury: Injury) -> Iterator[Miss]:
    """A fault that may last, with a runbook that was let act or agreed to, is mended by it.

    One whose incident ended before it, because nothing of it showed any more, nobody tries again.
    """
    by_itself = injury.undo is nothing_to_undo and not injury.fault.irrevocable
    lasts = not injury.fault.hard_end and not by_itself
    if injury.healed and lasts and injury not in run.clerk.place.hands.mended:
        runs = answers_to(run, injury)
        answered = [each for each in runs if _was_let_act(each) and _is_told(run, each, injury)]
        if answered:
            words = f"{injury.kind} on {injury.component} {duration_text(injury.began - EPOCH)}"
            states = ", ".join(f"{each.runbook} {each.state}" for each in answered)
            yield Miss("mended", f"{words}: {states}")


def _was_let_act(each: Run) -> bool:
    """True if enough people agreed at once, or the policy did."""
    return any(entry.name == "approved" for entry in each.history)


def _is_told(run: Responded, each: Run, injury: Injury) -> bool:
    """True if the incident of a run went on until the fault was over."""
    last, matter = run.pages.post.phases[each.incident][-1]
    return matter.state != ENDED or last >= injury.healed


def answers_to(run: Responded, injury: Injury) -> list[Run]:
    """The runs that were about an injury."""
    desk = run.clerk.place.desk
    found = []
    for name, proposed in run.clerk.said.runs.items():
        about = (proposed.kind, proposed.component) == injury.key
        if about and injury.began <= proposed.proposed_at <= (injury.healed or run.world.now):
            found.append(desk.read(name).run)
    return found
