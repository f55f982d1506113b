"""How many calls one person gets: a storm is a few pages and then summaries."""

from collections import deque
from dataclasses import dataclass, field

from layerkeep.core.acting.paging.model import Call, Rate
from layerkeep.core.units import Timestamp


@dataclass(slots=True)
class Throttle:
    """One person's calls. Half of what the rate allows are pages, the rest summaries.

    `waiting` is what the next summary will tell, `by` the channels for it.
    """

    rate: Rate
    recent: deque[Timestamp] = field(default_factory=deque)
    waiting: dict[Call, None] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    due: Timestamp | None = None

    def may_page(self, now: Timestamp) -> bool:
        """True if a page of its own may go out now."""
        self._forget(now)
        return not self.waiting and len(self.recent) < self.rate.count - self.rate.count // 2

    def count(self, now: Timestamp) -> None:
        """A call goes out now."""
        self.recent.append(now)

    def put_off(self, calls: list[Call], by: tuple[str, ...], now: Timestamp) -> None:
        """These are told in the next summary."""
        self.by = self.by or by
        self.waiting |= dict.fromkeys(calls)
        if self.due is None:
            self.due = Timestamp(now + self._gap())

    def summary(self, now: Timestamp) -> list[Call]:
        """What is to be told now, nothing if the summary is not due."""
        if self.due is None or now < self.due:
            return []
        self._forget(now)
        if len(self.recent) >= self.rate.count:
            self.due = Timestamp(self.recent[0] + self.rate.within)
            return []
        found, self.due = list(self.waiting), None
        self.waiting.clear()
        return found

    @property
    def is_idle(self) -> bool:
        """True if nothing is known of this person that still counts."""
        return not self.recent and not self.waiting

    def _gap(self) -> int:
        """Time in which a summary gathers: so many of them fit into the window."""
        return self.rate.within // max(1, self.rate.count // 2)

    def _forget(self, now: Timestamp) -> None:
        while self.recent and self.recent[0] + self.rate.within <= now:
            self.recent.popleft()
