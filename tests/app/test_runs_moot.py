"""A run whose incident is over while it waits; and a halt that comes between intent and deed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from run_scene import ANN, BOB, CID, Stage, on_stage

from layerkeep.api.console.tell.runs import STATES
from layerkeep.app.operating import say, word
from layerkeep.app.runs import asking
from layerkeep.app.runs.reading import all_runs
from layerkeep.app.runs.worker import _Hand
from layerkeep.core.acting.runs.model import Freeze
from layerkeep.core.acting.runs.record import FINAL, REASONS
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Operated
from layerkeep.edge.store.audit import read_audit
from layerkeep.edge.store.runs import open_runs


async def resolved(stage: Stage, name: str) -> str:
    """The incident of a run is called resolved; its id."""
    incident = (await stage.run(name)).incident
    stage.daemon.time += 1000
    await say(stage.daemon.store, word(Operated("resolve", incident, "ann"), stage.daemon.time))
    await stage.daemon.heed()
    return incident


@pytest.mark.parametrize("agreed", [False, True], ids=["awaiting", "approved-and-started"])
def test_run__whose_incident_is_over_while_it_waits__is_moot(tmp_path: Path, agreed: bool) -> None:
    """It ends by its name, in the audit too; nobody can agree to it afterwards."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        if agreed:
            await stage.agreed(name)
        incident = await resolved(stage, name)
        await stage.go(worker)

        (shown,) = await all_runs(stage.daemon.store)
        why = f"incident {incident} is resolved"
        assert ("moot", "incident-over", why) == (shown.state, shown.reason, shown.detail)
        assert (REASONS["incident-over"], []) == (shown.why, await open_runs(stage.daemon.store))
        assert [] == stage.caller.calls
        rows = await read_audit(stage.daemon.store, None, 99)
        assert ("run.moot", "incident-over") in [(row.action, row.outcome) for row in rows]
        for say_so in (asking.approve, asking.start):
            with pytest.raises(SettingsError, match=rf"the run is moot \({why}\)"):
                await say_so(stage.place, name, CID, stage.daemon.time)

    on_stage(tmp_path, body)


@pytest.mark.parametrize("say_so", [asking.approve, asking.start])
def test_run__whose_incident_is_over_before_the_worker_looks__takes_no_word(
    tmp_path: Path, say_so: Callable[..., Awaitable[object]]
) -> None:
    """Neither a yes nor a start; where no daemon runs, nobody ends it in between."""

    async def body(stage: Stage) -> None:
        name = await stage.proposed()
        await stage.go(stage.worker())
        if say_so is asking.start:
            await asking.approve(stage.place, name, BOB, stage.daemon.time)
        incident = await resolved(stage, name)
        with pytest.raises(SettingsError, match=rf"moot \(incident {incident} is resolved\)"):
            await say_so(stage.place, name, CID, stage.daemon.time)

    on_stage(tmp_path, body)


def test_run__under_way_when_its_incident_ends__is_not_cut_off(tmp_path: Path) -> None:
    """It goes on to its proof."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        await stage.agreed(name)
        await stage.go(worker)
        await resolved(stage, name)
        await stage.go(worker)
        assert "executing" == (await stage.run(name)).state
        await stage.daemon.pass_time(5)
        await stage.go(worker)
        assert "done" == (await stage.run(name)).state

    on_stage(tmp_path, body)


def test_halt__said_between_intent_and_deed__is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is not done, its intent is settled so, and after `go` it is done once."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        await stage.agreed(name)
        save = _Hand.save

        async def halting(hand: _Hand, action: str, *rest: Any) -> None:
            """The halt comes as soon as the intent is in the store."""
            await save(hand, action, *rest)
            if action == "run.step.intend" and not stage.caller.calls:
                await asking.halt(stage.place, CID, stage.daemon.time, "drill", on=True)

        monkeypatch.setattr(_Hand, "save", halting)
        await stage.go(worker)
        run = await stage.run(name)
        assert ("executing", "halted", "pending") == (run.state, run.rests, run.done[0].state)
        assert ([], False) == (stage.caller.calls, worker.ledger.knows(run.steps[0].key))
        words = [(row.action, row.outcome) for row in await read_audit(stage.daemon.store, None, 9)]
        assert [("run.step.intend", "intended"), ("run.step.withhold", "halted")] == sorted(
            each for each in words if each[0].startswith("run.step.")
        ), words

        monkeypatch.setattr(_Hand, "save", save)
        await asking.halt(stage.place, CID, stage.daemon.time, "", on=False)
        await stage.go(worker)
        run = await stage.run(name)
        assert (["admin_wake"], "") == (stage.caller.calls, run.rests)

    on_stage(tmp_path, body)


def test_freeze__that_begins_between_intent_and_deed__holds_the_first_deed(tmp_path: Path) -> None:
    """Nothing was changed yet, so the run has not begun to do anything: it rests."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        await stage.agreed(name)
        freezes: list[Freeze] = []
        acting = stage.place.topology.acting
        object.__setattr__(acting, "freezes", freezes)
        holds = stage.worker().judge.holds

        async def slow(condition, since=None):  # type: ignore[no-untyped-def]
            """The freeze begins while the step's proof is looked for."""
            now = stage.daemon.time
            if (await stage.run(name)).state == "executing" and not freezes:
                freezes.append(Freeze("launch", now, now + 60_000))  # type: ignore[arg-type]
            return await holds(condition, since)

        worker.judge.holds = slow  # type: ignore[method-assign]
        await stage.go(worker)
        run = await stage.run(name)
        assert ("executing", "frozen", []) == (run.state, run.rests, stage.caller.calls)
        stage.daemon.time += 60_000
        await stage.daemon.pass_time(1, head=30)
        await stage.go(worker)
        assert ["admin_wake"] == stage.caller.calls

    on_stage(tmp_path, body)


def test_states__of_runs_that_are_over__have_their_words_in_the_console() -> None:
    """None that a page could not show."""
    assert set(FINAL) <= STATES.keys()


def test_deny__of_a_run_that_is_moot__says_so(tmp_path: Path) -> None:
    """There is nothing left to deny."""

    async def body(stage: Stage) -> None:
        name, worker = await stage.proposed(), stage.worker()
        await stage.go(worker)
        await resolved(stage, name)
        await stage.go(worker)
        with pytest.raises(SettingsError, match="the run is moot"):
            await asking.deny(stage.place, name, ANN, stage.daemon.time)

    on_stage(tmp_path, body)
