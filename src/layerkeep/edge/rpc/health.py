"""What is known of one upstream: may it be asked now, and how willingly.

Delays are deterministic: 100 ms doubled with every failure in a row, or what the upstream asked
for if that is longer. The clock is the event loop's, in milliseconds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from layerkeep.core.errors import OutsideError
from layerkeep.core.units import SECOND, Duration, Height, Timestamp

BACK_OFF_FIRST = Duration(100)
BACK_OFF_MAX = Duration(30 * SECOND)
EXCLUDED_FIRST = Duration(2 * SECOND)
EXCLUDED_MAX = Duration(60 * SECOND)
"""An upstream of another chain is looked at again after this long at most."""
BLAME_MAX = 8
LAG_TOLERATED = 2
"""Blocks an upstream may be behind the best before others are asked first."""

Clock = Callable[[], int]


@dataclass(slots=True)
class Bucket:
    """A budget of requests: so many a second, as many at once as one second's worth."""

    per_second: int
    level: float = 0.0
    filled: int = 0

    def wait(self, now: int) -> Duration:
        """Take one request; how long it has to wait first."""
        if not self.per_second:
            return Duration(0)
        if not self.filled:
            self.level = float(self.per_second)
        gained = (now - self.filled) * self.per_second / 1000
        self.level = min(float(self.per_second), self.level + gained) - 1
        self.filled = now
        return Duration(0 if self.level >= 0 else int(-self.level * 1000 / self.per_second) + 1)


class Health:
    """The standing of one upstream."""

    def __init__(self) -> None:
        self.is_verified = False
        self.excluded = ""
        self.reason = ""
        self.head = Height(0)
        self.failures = 0
        self.blame = 0
        self.retry_at = 0
        self._asked_until = 0
        self._exclusions = 0

    def is_ready(self, now: int) -> bool:
        """True if it may be asked."""
        return now >= self.retry_at

    def may_be_sampled(self, now: int) -> bool:
        """True unless it asked us to wait: our own patience does not hide that it is back."""
        return now >= self._asked_until

    def rank(self, best: Height) -> tuple[int, int, int]:
        """How unwillingly it is asked: lowest first."""
        lag = best - self.head
        blame = self.blame + min(self.failures, BLAME_MAX)
        return (blame, max(0, lag - LAG_TOLERATED), lag)

    def succeeded(self) -> None:
        """It answered."""
        self.excluded = ""
        self.failures = 0
        self.reason = ""
        self.retry_at = self._asked_until

    def failed(self, error: OutsideError, now: int) -> None:
        """It did not answer, or not usefully."""
        wait = min(BACK_OFF_MAX, BACK_OFF_FIRST << min(self.failures, 16))
        self._asked_until = now + (error.retry_after or 0)
        self.retry_at = max(now + wait, self._asked_until)
        self.failures += 1
        self.reason = str(error)
        self.is_verified = False

    def exclude(self, reason: str, now: int) -> None:
        """It must not be believed until it was looked at again."""
        wait = min(EXCLUDED_MAX, EXCLUDED_FIRST << min(self._exclusions, 16))
        self._exclusions += 1
        self.excluded = self.reason = reason
        self.is_verified = False
        self.retry_at = now + wait

    def verified(self) -> None:
        """It serves the right chain."""
        self.is_verified = True
        self.excluded = ""
        self._exclusions = 0

    def told_head(self, height: Height) -> None:
        """It knows blocks up to this height; good answers wear off blame."""
        self.head = height
        self.blame = max(0, self.blame - 1)

    def sampled_head(self, height: Height) -> None:
        """Its newest block, looked up by the way: no answer that would wear off blame."""
        self.head = height

    def blamed(self) -> None:
        """What it answered was not believed."""
        self.blame = min(BLAME_MAX, self.blame + 2)


@dataclass(frozen=True, slots=True)
class Standing:
    """An upstream as shown to an operator; `reason` is empty while all is well."""

    name: str
    is_usable: bool
    reason: str
    head: Height
    requests: int
    as_of: Timestamp
