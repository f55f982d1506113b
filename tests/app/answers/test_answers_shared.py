"""An answer that takes long is found once for all who ask within a moment."""

import asyncio

import pytest
from answers_scene import L1, with_answers
from test_answers_messages import deposit, hashed

from layerkeep.app.answers import SHARED_FOR, messages
from layerkeep.app.answers.messages import COUNTED_FOR
from layerkeep.app.answers.sharing import Shared
from layerkeep.core.units import Duration


class Clock:
    """A moment that a test moves, and how often the question was put."""

    now = 1_000
    asked = 0
    failing = False

    def __init__(self):
        self.go = asyncio.Event()
        self.go.set()
        self.shared = Shared(self.ask, lambda: self.now)

    async def ask(self):
        """The number of the question, once it may go."""
        self.asked += 1
        number = self.asked
        await self.go.wait()
        if self.failing:
            raise ValueError(number)
        return number


def test_shared__asked_by_many_at_once__is_found_once():
    """Who gives up does not end it for the others."""

    async def body():
        clock = Clock()
        clock.go.clear()
        waiting = [asyncio.create_task(clock.shared.answer(Duration(0))) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        clock.go.set()
        return await asyncio.gather(*waiting[1:])

    assert [1, 1] == asyncio.run(body())


@pytest.mark.parametrize(("later", "found"), [(0, 1), (249, 1), (250, 2), (-1, 2)])
def test_shared__a_moment_later__is_asked_again_once_it_is_old(later, found):
    """A clock that was set back makes it old too."""

    async def body():
        clock = Clock()
        await clock.shared.answer(Duration(250))
        clock.now += later
        return await clock.shared.answer(Duration(250))

    assert found == asyncio.run(body())


def test_shared__that_failed__is_asked_again():
    """A failure is told to who waited, and to nobody else."""

    async def body():
        clock = Clock()
        clock.failing = True
        with pytest.raises(ValueError, match="1"):
            await clock.shared.answer(Duration(250))
        clock.failing = False
        return await clock.shared.answer(Duration(250))

    assert 2 == asyncio.run(body())


@pytest.mark.parametrize(("much", "later", "seen"), [(2, 0, 1), (2, COUNTED_FOR, 2), (1_000, 0, 2)])
def test_overview__of_much_that_is_open__is_a_moment_old(tmp_path, monkeypatch, much, later, seen):
    """Of little it is as new as the rows; so are its routes, and who waits."""
    monkeypatch.setattr(messages, "MUCH", much)

    async def body(daemon, answers):
        await daemon.tell(L1, deposit(1), deposit(2), tx=hashed(101))
        await daemon.write_rows()
        first = await answers.overview()
        await daemon.store.save_messages((), [hashed(2)], 9)
        daemon.time += later
        second = await answers.overview()
        assert 2 == first.open
        assert SHARED_FOR < COUNTED_FOR
        return second.open, sum(each.open for each in await answers.routes())

    after = with_answers(tmp_path / "s.sqlite", body)
    gone = 2 if seen == 1 else 1
    assert (gone, gone) == after


def test_overview__after_a_stall__says_how_late_the_engine_was_for_a_moment(tmp_path):
    """A loop that stood still answers nobody meanwhile: who asks afterwards is told of it."""

    async def body(daemon, answers):
        await daemon.tell(L1, deposit(1), tx=hashed(101))
        await daemon.pass_time(20)
        found = [(await answers.overview()).behind]
        daemon.time = daemon.engine.next_deadline() + 14_000
        found.append((await answers.overview()).behind)
        await daemon.look()
        found.append((await answers.overview()).behind)
        return found

    assert [0, 14_000, 14_000] == with_answers(tmp_path / "s.sqlite", body)
