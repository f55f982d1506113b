"""Over many seeds: nobody is called twice for the same, and somebody is always reached."""

import pytest
from pager_world import World

from layerkeep.core.acting.paging.pager import Pager


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_pager__in_all_weathers__calls_once_and_reaches(first):
    """Incidents come and go, channels fail or hang, the process is killed: once and reaches."""
    for seed in range(first, first + 20):
        world = World(seed).run()
        assert [] == world.offences[:3], seed
        assert world.rows, seed


class Forgetful(Pager):
    """Does not go on when a channel fails."""

    def failed(self, name, now):
        self._open.pop(name, None)
        return []

    def unsure(self, name, now):
        self._open.pop(name, None)
        return []

    def _advance(self, case, now):
        self._agenda.put(case, None)


class Insistent(Pager):
    """Calls the same person again by the same channel, whatever became of it."""

    def unsure(self, name, now):
        notice = self._open.get(name)
        found = super().unsure(name, now)
        return found if notice is None else [*found, notice]


@pytest.mark.parametrize(
    ("broken", "words"), [(Forgetful, "nobody was reached"), (Insistent, "twice")]
)
def test_weather__with_a_planted_bug__is_seen(broken, words):
    """Each checker is seen to fail on a pager that is broken that way."""
    offences = [each for seed in range(10) for each in World(seed, broken).run(3).offences]

    assert any(words in each for each in offences)
