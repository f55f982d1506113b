"""A step that a dead worker left intended: begun anew only if it surely never was."""

import asyncio
from pathlib import Path

import pytest
from run_scene import Caller, Stage, on_stage

from layerkeep.core.acting.runs.model import Action, Outcome


class Telling(Caller):
    """A caller that can tell afterwards; `told` is what."""

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told

    async def verify(self, action: Action) -> Outcome:
        """What it was told to tell."""
        return Outcome(self.told, f"looked at {action.params['method']}")


async def left_intended(stage: Stage) -> str:
    """A run whose worker died at its step, and whose lease is over."""
    name, dying = await stage.proposed(), stage.worker("dying")
    await stage.go(dying)
    await stage.agreed(name)
    called = asyncio.Event()

    async def hang() -> Outcome:
        called.set()
        await asyncio.sleep(60)
        raise AssertionError

    well, stage.caller.manner = stage.caller.manner, hang
    await dying.round()
    await called.wait()
    await dying.stop()
    stage.caller.manner = well
    stage.daemon.time += 16_000
    await stage.daemon.pass_time(1, head=30)
    return name


@pytest.mark.parametrize(
    ("told", "calls", "doubt", "word"),
    [
        ("failed", 2, "", "never-done"),
        ("done", 1, "", "performed"),
        ("unsure", 1, "worker-died", "worker-died"),
    ],
)
def test_step__left_intended__is_done_again_only_if_it_never_was(
    tmp_path: Path, told: str, calls: int, doubt: str, word: str
) -> None:
    """The same key both times; what may have happened is proven, not done again."""

    async def body(stage: Stage) -> None:
        stage.caller = Telling(told)
        name = await left_intended(stage)
        await stage.go(stage.worker("other"))
        run = await stage.run(name)
        assert calls == len(stage.caller.calls)
        assert 1 == len(set(stage.caller.keys))
        assert ("verifying", doubt) == (run.done[0].state, run.done[0].doubt)
        assert word in [each.name for each in run.history]

    on_stage(tmp_path, body)


def test_step__whose_worker_lived_to_its_end__is_never_done_again(tmp_path: Path) -> None:
    """A store older than the deed says intended; the ledger knows better than whoever is asked."""

    async def body(stage: Stage) -> None:
        stage.caller = Telling("failed")
        name = await left_intended(stage)
        other = stage.worker("other")
        other.ledger.add((await stage.run(name)).steps[0].key, "ended")
        await stage.go(other)
        run = await stage.run(name)
        assert ["admin_wake"] == stage.caller.calls
        assert ("verifying", "worker-died") == (run.done[0].state, run.done[0].doubt)

    on_stage(tmp_path, body)
