"""People, pages and runs in the loop: all holds, and each checker is seen to fail."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from layerkeep.core.acting.paging.model import (
    ENDED,
    OPEN,
    Hours,
    Matter,
    Notice,
    Paging,
    Policy,
    Told,
)
from layerkeep.core.acting.paging.pager import Pager
from layerkeep.core.acting.paging.roster import Rota
from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.ends import end_run
from layerkeep.core.acting.runs.record import (
    ACTING,
    AWAITING,
    INTENDED,
    PENDING,
    STOPPED,
    Approval,
    Run,
)
from layerkeep.core.topology import Topology
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, Timestamp
from layerkeep.edge.runbook_files import load_runbooks
from layerkeep.sim.ops.simulate import Plan
from layerkeep.sim.respond import crew, pages, reaching, worker
from layerkeep.sim.respond.outcome import CHECKERS, Response, add_response, misses
from layerkeep.sim.respond.responded import Responded, respond_seed

SEED = 15
DAYS = 120
NOON = Timestamp(20_000 * DAY + 12 * HOUR)
Patch = Callable[[pytest.MonkeyPatch], None]


def responded(seed: int = SEED, days: int = DAYS) -> Responded:
    """A seed with the runbooks that come with layerkeep."""
    return respond_seed(seed, Plan(days), load_runbooks())


def violations(seed: int, days: int = DAYS) -> Counter[str]:
    """How often each checker did not hold."""
    return Counter(miss.checker for miss in misses(responded(seed, days)))


def test_respond__as_it_is__everything_holds() -> None:
    """Faults are mended by runs while workers die, channels fail and people come late."""
    total = Response()
    add_response(total, SEED, Plan(DAYS), load_runbooks())
    told = total.told()

    assert dict.fromkeys(CHECKERS, 0) == told["violations"], total.misses
    assert 0 == sum(told["engine_violations"].values())
    assert told["mended_by_automatic_run"] + told["mended_by_approved_run"] > 5
    assert min(told[name] for name in ("worker_deaths", "pager_kills", "notices_not_taken")) > 0
    assert "done" in told["runs"]


def test_respond__same_seed_again__is_the_same() -> None:
    """A failing seed is run again by its number alone."""
    one, other = Response(), Response()
    for total in (one, other):
        add_response(total, 1, Plan(20), load_runbooks())

    assert one.told() == other.told()


def repeats_intended(patch: pytest.MonkeyPatch) -> None:
    """What a dead worker left intended is done again."""

    def resume(run: Run, now: Timestamp) -> bool:
        if run.state in ACTING and run.progress[run.at].state == INTENDED:
            run.progress[run.at].state = PENDING
        return False

    patch.setattr(journal, "resume", resume)
    patch.setattr(worker.Worker, "_knows", lambda *_: False)
    patch.setattr(worker, "DIES", 0.2)


def forgets_notices(patch: pytest.MonkeyPatch) -> None:
    """A pager that is started again knows nothing of what it told."""
    restore = Pager.restore

    def amnesia(
        pager: Pager, matters: Iterable[Matter], told: Iterable[Told], now: Timestamp
    ) -> list[Notice]:
        return restore(pager, matters, [], now)

    patch.setattr(Pager, "restore", amnesia)
    patch.setattr(pages, "KILLED_AMID", 0.5)


def gives_up(patch: pytest.MonkeyPatch) -> None:
    """Nobody else is called where a channel fails."""
    patch.setattr(Pager, "failed", lambda *_: [])
    patch.setattr(Pager, "_advance", lambda pager, case, _: pager._agenda.put(case, None))


def counts_anybody(patch: pytest.MonkeyPatch) -> None:
    """Every yes counts: whoever says it, by whatever token, as often as they like."""

    def why_not(run: Run, _yes: Approval) -> str:
        return "" if run.state == AWAITING else "it is too late"

    patch.setattr(journal, "_why_not", why_not)


def keeps_old_yes(patch: pytest.MonkeyPatch) -> None:
    """Approvals count for ever."""
    patch.setattr(journal, "lapse", lambda *_: None)
    patch.setattr(crew, "LOOKS_EVERY", (2 * HOUR, 6 * HOUR))


def never_goes_back(patch: pytest.MonkeyPatch) -> None:
    """What went wrong is left as it is."""

    def stop(run: Run, reason: str, detail: str, now: Timestamp) -> None:
        end_run(run, STOPPED, reason, detail, now)

    patch.setattr(journal, "go_wrong", stop)


def never_looks_back(patch: pytest.MonkeyPatch) -> None:
    """Whoever halts runs after a step was intended, and before it is performed, is not heard."""
    patch.setattr(journal, "withheld", lambda *_: False)
    patch.setattr(worker, "STALLS", 0.9)
    patch.setattr(worker, "STALL", (10 * SECOND, 14 * SECOND))
    patch.setattr(crew, "HALT_EVERY", 2 * MINUTE)
    patch.setattr(crew, "HALT", (20 * SECOND, 40 * SECOND))


def never_begins(patch: pytest.MonkeyPatch) -> None:
    """What was agreed to is not carried out."""
    patch.setattr(journal, "begun", lambda *_: None)


PLANTED: list[tuple[str, Patch, int]] = [
    ("once", repeats_intended, SEED),
    ("once", forgets_notices, SEED),
    ("reaches", gives_up, SEED),
    ("never unapproved", counts_anybody, SEED),
    ("never unapproved", keeps_old_yes, SEED),
    ("never unapproved", never_looks_back, SEED),
    ("way back", never_goes_back, SEED),
    ("mended", never_begins, SEED),
]


@pytest.mark.parametrize(("checker", "plant", "seed"), PLANTED)
def test_respond__bug_planted__is_seen(
    checker: str, plant: Patch, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checker that finds no planted bug would find no other either."""
    plant(monkeypatch)
    assert violations(seed)[checker] > 0


def test_respond__run_that_never_moves__is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is neither carried on nor ended is a miss."""
    monkeypatch.setattr(worker.Worker, "_look", lambda *_: None)
    assert violations(SEED)["ends"] > 0


def stretches(rises_at: int, quiet: Hours | None = None) -> list[tuple[str, int, int]]:
    """When somebody was wanted for a warning from noon on that grew critical and was over at 23."""
    policy = Policy("calm", (), quiet=quiet)
    warning = Matter("one", "a b", "core", "calm", "warning", OPEN, NOON)
    critical = replace(warning, severity="critical")
    phases = [
        (NOON, warning),
        (rises_at, critical),
        (NOON + 11 * HOUR, replace(critical, state=ENDED)),
    ]
    rota = Rota(Topology("one", {}, paging=Paging({}, {"calm": policy}, "calm")))
    found = reaching._stretches(rota, phases, NOON + 12 * HOUR)
    return [(each.matter.severity, each.since, each.until) for each in found]


def test_stretch__that_grows_critical__goes_on() -> None:
    """Whoever was called for the warning is not called from the first level on once more."""
    over = NOON + 11 * HOUR

    assert [("warning", NOON, over)] == stretches(NOON + HOUR)
    assert [("warning", NOON, over)] == stretches(NOON + HOUR, Hours(22 * 60, 7 * 60, "UTC"))


def test_stretch__that_was_hushed_and_grows_critical__begins_anew() -> None:
    """A warning waits in quiet hours; once it is critical its first level is due."""
    quiet, rises = Hours(11 * 60, 15 * 60, "UTC"), Timestamp(NOON + 2 * HOUR)

    assert [("warning", NOON, rises), ("critical", rises, NOON + 11 * HOUR)] == stretches(
        rises, quiet
    )
