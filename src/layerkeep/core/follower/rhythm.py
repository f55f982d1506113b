"""When to look for the next head: locked to the chain's beat, within two requests per block.

The beat is learnt. Each poll that finds a block at once moves the next one earlier, a little more
each time; a poll in vain moves it later again. So the poll settles just behind the arrival of
nearly every block, and comes back when it slid too late.

Polls in vain are paid from a small credit: each new block earns a little less than two requests,
each round costs one. Without credit a poll in vain waits for a whole block time, and in debt one
block is skipped over: the poll after it finds two at once and pays the debt.
"""

from layerkeep.core.units import Duration, Timestamp

REQUEST = 100
EARNED = 195
"""What a round costs and what a new block earns: in the long run less than two requests a block."""
CREDIT_MAX = 400
CREDIT_START = 0
LATER = 16
"""A poll in vain is repeated after this part of the block time."""
RETRY_MIN_US = 15_000
"""Below this a repeated poll measures the network, not the chain."""
EARLIER = 16_384
"""After h finds in a row the next poll is h of these parts of the block time earlier."""
MEMORY = 64
"""Block intervals over which the period is averaged."""


class Rhythm:
    """The beat of one chain. Inside, times are in microseconds: rounding would make it drift."""

    def __init__(self, block_time: Duration) -> None:
        assert block_time > 0, "a chain has a block time"
        self._declared = block_time * 1000
        self._period = block_time * 1000
        self._due = 0
        self._found = 0
        self._planned = 1
        self._samples = 0
        self._hits = 0
        self.credit = CREDIT_START

    @property
    def period(self) -> Duration:
        """The block time as learnt, within half and twice the declared one."""
        return Duration(self._period // 1000)

    @property
    def due(self) -> Timestamp:
        """When the next block is expected to be there."""
        return Timestamp(-(-self._due // 1000))

    def spent(self) -> None:
        """One request was made."""
        self.credit = max(-CREDIT_MAX, self.credit - REQUEST)

    def found(self, blocks: int, now: Timestamp) -> None:
        """So many new blocks were seen at once."""
        self.credit = min(CREDIT_MAX, self.credit + EARNED * blocks)
        moment = now * 1000
        if self._found:
            self._learn((moment - self._found) // blocks)
        self._found = moment
        if moment < self._due and blocks < self._planned:
            self._planned -= blocks
            return
        self._due = self._after(blocks, moment)
        self._planned = 1
        if self.credit < 0:
            self._due += self._period
            self._planned = 2

    def missed(self, now: Timestamp) -> None:
        """A poll found nothing new."""
        self._due = now * 1000 + self._retry
        self._hits = -1
        if self.credit <= 0:
            self._due += self._period
            self._planned = 2

    def _after(self, blocks: int, moment: int) -> int:
        """When the block after those found is expected."""
        if not self._due or moment < self._due:
            return moment + self._period
        if blocks > self._planned:
            return moment + self._period // 2
        if blocks < self._planned:
            return moment + self._retry
        self._hits += 1
        expected = self._due + self._period - self._hits * self._period // EARLIER
        return max(expected, moment + self._retry)

    @property
    def _retry(self) -> int:
        return max(RETRY_MIN_US, self._period // LATER)

    def _learn(self, interval: int) -> None:
        """Let the period follow the average of what was measured."""
        self._samples = min(MEMORY, self._samples + 1)
        bounded = max(self._declared // 2, min(self._declared * 2, interval))
        self._period += (bounded - self._period) // self._samples
