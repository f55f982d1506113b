"""When to look for the next head: locked to the chain's beat, within two requests per block.

The beat is learnt. A poll that finds a block at once moves the next one a little earlier, a poll
in vain moves it later by far more, so the poll settles just behind the arrival of nearly every
block. Polls in vain are paid from a small credit: each new block earns two requests, each round
costs one. Without credit a poll in vain waits for a whole block time, and the next finds two.
"""

from layerkeep.core.units import Duration, Timestamp

REQUESTS_PER_BLOCK = 2
CREDIT_MAX = 8
EARLIER = 512
"""A found block moves the next poll earlier by this part of the block time."""
LATER = 16
"""A poll in vain is repeated after this part of the block time."""
RETRY_MIN = Duration(15)
"""Milliseconds; below this a repeated poll measures the network, not the chain."""


class Rhythm:
    """The beat of one chain."""

    def __init__(self, block_time: Duration) -> None:
        assert block_time > 0, "a chain has a block time"
        self._block_time = block_time
        self._period = block_time
        self._due = Timestamp(0)
        self._found = Timestamp(0)
        self._missed = False
        self.credit = CREDIT_MAX

    @property
    def period(self) -> Duration:
        """The block time as learnt, within half and twice the declared one."""
        return self._period

    @property
    def due(self) -> Timestamp:
        """When the next block is expected to be there."""
        return self._due

    def spent(self) -> None:
        """One request was made."""
        self.credit = max(0, self.credit - 1)

    def found(self, blocks: int, now: Timestamp) -> None:
        """So many new blocks were seen at once."""
        self.credit = min(CREDIT_MAX, self.credit + REQUESTS_PER_BLOCK * blocks)
        if self._found:
            self._learn((now - self._found) // blocks)
        start = now if self._missed or not self._due else self._due
        expected = start + blocks * self._period - self._period // EARLIER
        self._due = Timestamp(expected if expected > now else now + self._period // 2)
        self._found, self._missed = now, False

    def missed(self, now: Timestamp) -> None:
        """A poll found nothing new."""
        wait = max(RETRY_MIN, self._period // LATER) if self.credit > 1 else self._period
        self._due = Timestamp(now + wait)
        self._missed = True

    def _learn(self, interval: int) -> None:
        """Let the period follow what was measured, slowly."""
        learnt = (15 * self._period + interval + 8) // 16
        low, high = self._block_time // 2, self._block_time * 2
        self._period = Duration(max(1, low, min(high, learnt)))
