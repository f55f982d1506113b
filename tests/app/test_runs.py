"""Runs on a real store: each step once, never unapproved, whoever dies and whatever comes back."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from run_scene import ANN, BOB, CID, PAGE, Stage, on_stage

from layerkeep.app.runs import asking
from layerkeep.app.runs.asking import Proposal
from layerkeep.app.runs.persons import Speaker
from layerkeep.app.runs.reading import offers, one_run
from layerkeep.core.acting.runs.model import Outcome
from layerkeep.core.errors import SettingsError
from layerkeep.edge.runbook_files import load_runbooks
from layerkeep.edge.store.audit import read_audit, verify_audit
from layerkeep.edge.store.observations import read_incidents
from layerkeep.edge.store.runs import list_runs, open_runs, read_halt


def test_run__agreed_and_started__acts_once_and_is_done_by_its_proof(tmp_path: Path) -> None:
    """From the proposal to the proof; the audit has each word and each act, and holds."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        assert "awaiting" == (await stage.run(name)).state
        assert "done: would call admin_wake" == (await stage.run(name)).done[0].rehearsed
        assert [] == stage.caller.calls

        await stage.agreed(name)
        await stage.go(worker)
        assert ("executing", ["admin_wake"]) == ((await stage.run(name)).state, stage.caller.calls)

        await stage.daemon.pass_time(5)
        await stage.go(worker)
        run = await stage.run(name)
        assert ("done", ["admin_wake"]) == (run.state, stage.caller.calls)
        assert [] == await open_runs(stage.daemon.store)
        rows = await read_audit(stage.daemon.store, None, 99)
        words = [(row.who, row.action) for row in rows]
        for word in (
            ("ann", "run.propose"),
            ("bob", "run.approve"),
            ("bob", "run.start"),
            ("layerkeep", "run.begin"),
            ("layerkeep", "run.step.intend"),
        ):
            assert word in words
        assert None is (await verify_audit(stage.daemon.store))[1]

    on_stage(tmp_path, body)


def test_approval__that_does_not_count__is_refused_with_its_reason(tmp_path: Path) -> None:
    """The proposer, the same person twice, one token twice, a role below."""

    async def body(stage: Stage) -> None:
        name, now = await stage.proposed(), stage.daemon.time
        await stage.go(stage.worker())
        tried = []
        for who in (
            ANN,
            BOB,
            Speaker("bob", "second", "operator"),
            Speaker("eve", "bob", "operator"),
            Speaker("dan", "dan", "viewer"),
        ):
            try:
                await asking.approve(stage.place, name, who, now)
                tried.append("")
            except SettingsError as error:
                tried.append(str(error).split(": ", 1)[1])
        assert [
            "who proposed a run does not approve it",
            "",
            "this person has agreed already, and counts once",
            "this token has agreed already, and counts once",
            "it takes the role operator to approve it, and dan has less",
        ] == tried

    two = PAGE.replace("[[steps]]", "approvals = { count = 2 }\n[[steps]]", 1)
    on_stage(tmp_path, body, page=two)


def test_approval__after_it_expired__does_not_start_the_run(tmp_path: Path) -> None:
    """An hour later the yes is gone, and the run waits for another."""

    async def body(stage: Stage) -> None:
        name = await stage.proposed()
        await stage.go(stage.worker())
        await asking.approve(stage.place, name, BOB, stage.daemon.time)
        stage.daemon.time += 3_600_000
        with pytest.raises(SettingsError, match="the run is awaiting; 1 more must agree"):
            await asking.start(stage.place, name, BOB, stage.daemon.time)
        await stage.go(stage.worker())
        assert [] == (await stage.run(name)).approvals
        assert "approval-expired" in [each.name for each in (await stage.run(name)).history]

    on_stage(tmp_path, body)


@pytest.mark.parametrize("works", [True, False], ids=["it-worked", "it-did-not"])
def test_worker__killed_while_it_performs__is_taken_over_and_nothing_repeated(
    tmp_path: Path, works: bool
) -> None:
    """The other one finds what was intended, and looks at the proof instead."""

    async def body(stage: Stage) -> None:
        name, dying = await stage.proposed(), stage.worker("dying")
        await stage.go(dying)
        await stage.agreed(name)
        called = asyncio.Event()

        async def hang() -> Outcome:
            called.set()
            await asyncio.sleep(60)
            raise AssertionError

        stage.caller.manner = hang
        await dying.round()
        await called.wait()
        await dying.stop()  # as a kill: nothing of what came of it is written
        assert "intended" == (await stage.run(name)).done[0].state

        other = stage.worker("other")
        await stage.go(other)
        assert "intended" == (await stage.run(name)).done[0].state  # the lease still holds
        stage.daemon.time += 16_000
        await stage.daemon.pass_time(1, head=None if works else 30)
        await stage.go(other)
        if works:
            await stage.daemon.pass_time(5)
        else:
            stage.caller.manner = stage.caller.well
            await stage.daemon.pass_time(660, head=30)
        await stage.go(other)
        run = await stage.run(name)
        assert ["admin_wake"] == stage.caller.calls
        if works:
            assert "done" == run.state
        else:
            assert ("undone", "worker-died", "already-done") == (
                run.state,
                run.reason,
                run.undone[0].state,
            )

    on_stage(tmp_path, body)


def test_workers__two_on_one_store__perform_a_step_once(tmp_path: Path) -> None:
    """The lease decides."""

    async def body(stage: Stage) -> None:
        name = await stage.proposed()
        workers = [stage.worker(f"w{n}") for n in range(4)]
        for _ in range(8):
            for worker in workers:
                await worker.round()
            for worker in workers:
                await worker.settle()
            if (await stage.run(name)).state == "awaiting":
                await stage.agreed(name)
        assert ["admin_wake"] == stage.caller.calls

    on_stage(tmp_path, body)


def test_store__from_yesterdays_backup__repeats_nothing(tmp_path: Path) -> None:
    """What was performed is in the ledger beside the store: the same step is verified, not done."""
    path = tmp_path / "one.sqlite"

    async def first(stage: Stage) -> str:
        name = await stage.proposed()
        await stage.go(stage.worker())
        await stage.agreed(name)
        shutil.copy(path, tmp_path / "backup")  # the file and what is not yet in it
        shutil.copy(f"{path}-wal", tmp_path / "backup-wal")
        await stage.go(stage.worker())
        assert ["admin_wake"] == stage.caller.calls
        return name

    async def second(stage: Stage, name: str) -> None:
        stage.daemon.time += 60_000
        await stage.daemon.begin()
        await stage.daemon.pass_time(30, head=30)
        assert "approved" == (await stage.run(name)).state
        await stage.go(stage.worker("new"))
        run = await stage.run(name)
        assert ([], "verifying") == (stage.caller.calls, run.done[0].state)
        assert "known-to-the-world" in [each.name for each in run.history]

    name = on_stage(tmp_path, first)
    Path(f"{path}-shm").unlink(missing_ok=True)
    for tail in ("", "-wal"):
        shutil.copy(tmp_path / f"backup{tail}", f"{path}{tail}")
    on_stage(tmp_path, lambda stage: second(stage, name))


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome("failed", "refused"), "stopped", "step-failed"),
        (Outcome("unsure", "half of it"), "undone", "step-unsure"),
        (Outcome("done"), "undone", "proof-never-came"),
    ],
)
def test_step__that_goes_wrong__has_a_named_end(
    tmp_path: Path, outcome: Outcome, state: str, reason: str
) -> None:
    """Nothing done needs no way back; what may have been done is undone."""

    async def body(stage: Stage) -> None:
        name = await stage.proposed()
        worker = stage.worker()
        await stage.go(worker)
        await stage.agreed(name)

        async def manner() -> Outcome:
            return outcome

        stage.caller.manner = manner
        await stage.go(worker)
        await stage.daemon.pass_time(610, head=30)
        await stage.go(worker)
        run = await stage.run(name)
        assert (state, reason) == (run.state, run.reason)

    on_stage(tmp_path, body)


def test_step__that_hangs__is_let_go_after_its_time(tmp_path: Path) -> None:
    """It is unsure, by the name of what happened."""

    async def body(stage: Stage) -> None:
        name = await stage.proposed()
        worker = stage.worker()
        await stage.go(worker)
        await stage.agreed(name)

        async def manner() -> Outcome:
            await asyncio.sleep(60)
            raise AssertionError

        stage.caller.manner = manner
        await stage.go(worker, 1)
        assert "step-hangs" == (await stage.run(name)).done[0].doubt

    on_stage(tmp_path, body, page=PAGE.replace('time_limit = "10m"', 'time_limit = "50ms"', 1))


def test_run__whose_precondition_is_gone__is_refused_before_it_acts(tmp_path: Path) -> None:
    """The chain moves again between the yes and the start."""

    async def body(stage: Stage) -> None:
        name = await stage.proposed()
        worker = stage.worker()
        await stage.go(worker)
        await stage.daemon.pass_time(3)
        await stage.agreed(name)
        await stage.go(worker)
        run = await stage.run(name)
        assert ("refused", "precondition-gone", []) == (run.state, run.reason, stage.caller.calls)
        assert "head-standing" in run.detail

    on_stage(tmp_path, body)


def test_run__halted__rests_until_go(tmp_path: Path) -> None:
    """Nothing begins; afterwards it does."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        await asking.halt(stage.place, CID, stage.daemon.time, "drill", on=True)
        await stage.agreed(name)
        await stage.go(worker)
        run = await stage.run(name)
        assert ("approved", "halted", []) == (run.state, run.rests, stage.caller.calls)
        await asking.halt(stage.place, CID, stage.daemon.time, "", on=False)
        await stage.go(worker)
        assert ["admin_wake"] == stage.caller.calls

    on_stage(tmp_path, body)


def test_run__in_a_freeze_window__does_not_begin(tmp_path: Path) -> None:
    """The topology says when."""
    policy = 'freezes = [{name = "launch", from = 2023-11-14T00:00:00Z, to = 2023-11-15T00:00:00Z}]'

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        await stage.agreed(name)
        await stage.go(worker)
        run = await stage.run(name)
        assert ("approved", "frozen", []) == (run.state, run.rests, stage.caller.calls)

    on_stage(tmp_path, body, policy=policy)


def test_run__on_a_component_that_another_one_acts_on__waits(tmp_path: Path) -> None:
    """The second begins only when the first is over."""

    async def body(stage: Stage) -> None:
        first, worker = await stage.proposed(), stage.worker()
        incident = (await read_incidents(stage.daemon.store))[0].id
        now = stage.daemon.time
        second = (await asking.propose(stage.place, Proposal("wake", incident), ANN, now)).id
        await stage.go(worker)
        for name in (first, second):
            await stage.agreed(name)
        await stage.go(worker)
        states = {(await stage.run(name)).rests or "acts" for name in (first, second)}
        assert ({"acts", "component-busy"}, 1) == (states, len(stage.caller.calls))

    on_stage(tmp_path, body)


def test_runbook__edited_while_it_runs__changes_nothing_for_the_run(tmp_path: Path) -> None:
    """What was filled in stays; the history and whoever looks are told."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        edited = PAGE.replace("admin_wake", "admin_other")
        (tmp_path / "pages" / "wake.md").write_text(edited)
        pages = load_runbooks(str(tmp_path / "pages"))
        stage.place = worker.place = replace(stage.place, runbooks=pages)
        await stage.agreed(name)
        await stage.go(worker)
        assert ["admin_wake"] == stage.caller.calls
        assert "runbook-edited" in [each.name for each in (await stage.run(name)).history]
        assert True is (await one_run(stage.place, name)).edited

    on_stage(tmp_path, body)


def test_automatic__where_page_and_policy_allow__runs_once_within_the_rate(tmp_path: Path) -> None:
    """No person; the second of the hour waits; a halt lets none be proposed."""

    async def body(stage: Stage) -> None:
        await stage.incident()
        worker = stage.worker()
        await asking.halt(stage.place, CID, stage.daemon.time, "", on=True)
        await stage.daemon.runs.propose_automatic()
        assert [] == await list_runs(stage.daemon.store)
        await asking.halt(stage.place, CID, stage.daemon.time, "", on=False)
        for _ in range(3):
            await stage.daemon.runs.propose_automatic()
        await stage.go(worker)
        await stage.daemon.pass_time(400)
        await stage.go(worker)
        (run,) = await list_runs(stage.daemon.store)
        assert ("done", True, "layerkeep") == (run.state, run.automatic, run.proposed_by)

        await stage.daemon.pass_time(12, head=500)
        await stage.daemon.runs.propose_automatic()
        assert 1 == len(await list_runs(stage.daemon.store))

    on_stage(tmp_path, body, policy='automatic = ["wake"]\nautomatic_max = 1')


@pytest.mark.parametrize("policy", ['automatic = ["other"]', ""])
def test_automatic__without_the_policy__proposes_nothing(tmp_path: Path, policy: str) -> None:
    """The page alone is not enough."""

    async def body(stage: Stage) -> None:
        await stage.incident()
        await stage.daemon.runs.propose_automatic()
        assert [] == await list_runs(stage.daemon.store)

    on_stage(tmp_path, body, policy=policy)


def test_offers__for_an_incident__name_what_each_would_need(tmp_path: Path) -> None:
    """Those that answer it, the one that may act by itself first."""

    async def body(stage: Stage) -> None:
        found = await offers(stage.place, await stage.incident())
        assert ["wake", "wait-for-parent"] == [each.runbook for each in found]
        assert [""] * 2 == [each.lacks for each in found]
        assert None is await read_halt(stage.daemon.store)

    on_stage(tmp_path, body)
