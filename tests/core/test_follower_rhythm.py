"""The poll against the beat of a chain: near its head, within two requests per block."""

import pytest
from follower_chain import Believer, SimChain, plan

from layerkeep.core.follower import Follower
from layerkeep.core.follower.rhythm import CREDIT_MAX, REQUEST
from layerkeep.core.units import Timestamp


class Beat:
    """Real blocks at a beat, polls when the follower says so."""

    def __init__(self, period: int, jitter: tuple[int, ...]) -> None:
        self.chain = SimChain(final_depth=200, block_time=period)
        self.period = period
        self.believer = Believer(Follower(plan(block_time=period, first=1)))
        self.start = self.believer.now
        self.jitter = jitter
        self.late = 0

    def run(self, blocks: int, latency: int) -> int:
        """How many requests more than two per block it took."""
        believer, last = self.believer, self.start + blocks * self.period
        while believer.now < last:
            self._arrive()
            believer.round(self.chain)
            believer.now = Timestamp(believer.now + latency)
            due = believer.follower.next_poll(believer.now)
            believer.now = Timestamp(max(due, believer.now))
            self.late = max(self.late, self._due() - believer.follower.cursor.height)
        return believer.requests - 2 * self.chain.head

    def _due(self) -> int:
        passed = self.believer.now - self.start
        number = passed // self.period
        return number - (passed % self.period < self.jitter[number % len(self.jitter)])

    def _arrive(self) -> None:
        missing = self._due() - self.chain.head
        if missing > 0:
            self.chain.grow(missing)


@pytest.mark.parametrize("period", [250, 1_000, 2_000, 12_000])
@pytest.mark.parametrize("jitter", [(0,), (0, 40, 10, 90, 30)])
@pytest.mark.parametrize("latency", [5, 60])
def test_follower__steady_chain__at_most_two_requests_a_block(
    period: int, jitter: tuple[int, ...], latency: int
) -> None:
    """The poll locks to the chain's beat: two requests a block but for a small credit, and near."""
    beat = Beat(period, jitter)

    beyond = beat.run(400, latency)

    assert beyond <= CREDIT_MAX // REQUEST + 1
    assert beat.late * period <= max(2_000, 2 * period)


def test_follower__declared_block_time_wrong__is_learnt() -> None:
    """A chain that is slower than declared is not asked more often for that."""
    beat = Beat(300, (0,))
    beat.believer = Believer(Follower(plan(block_time=250)))

    assert beat.run(800, 5) <= CREDIT_MAX + 1
