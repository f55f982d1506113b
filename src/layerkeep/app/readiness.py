"""When verdicts are fair: enough is known after a start or a gap, and the engine is not late."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from layerkeep.core.facts import Fact, HeadSeen, NodesSeen
from layerkeep.core.units import SECOND, ChainName, Duration, Timestamp

if TYPE_CHECKING:
    from layerkeep.app.chain_feed import ChainFeed

BEHIND_MAX = 16
"""Blocks behind the newest: what they say comes in a moment."""

WAITING_MAX = 40
"""Calls that wait for a place in a request: what one request takes along."""

SETTLED = Duration(5 * SECOND)
"""For so long nothing was left to read: time for the last answers to come."""

DARK_AFTER = Duration(15 * SECOND)
"""A chain of which nothing came for so long is dark, and that is for the rules to tell."""

UNHEARD_MAX = Duration(4 * SECOND)
"""Two polls of the fastest chain. Who did not come to look for longer, as while the store fails,
could not take in either what the chains said meanwhile: their silence is our own."""

REMEMBERED = Duration(15 * SECOND)
"""One and a half times between two scrapes, as deployed."""


class Readiness:
    """Whether every chain is read, or so dark that there is nothing to wait for."""

    def __init__(self, chains: Iterable[ChainName]) -> None:
        self._chains = tuple(chains)
        self._heads: set[str] = set()
        self._nodes: set[str] = set()
        self._began: Timestamp | None = None
        self._read_since: Timestamp | None = None
        self._looked: Timestamp | None = None

    def looks(self, now: Timestamp) -> bool:
        """False if nobody looked for so long that all has to be heard anew before it is judged."""
        missed = self._looked is not None and now - self._looked > UNHEARD_MAX
        self._looked = now
        if missed:
            self._heads.clear()
            self._nodes.clear()
            self._began = self._read_since = None
        return not missed

    def saw(self, fact: Fact) -> None:
        """Something was observed since the start."""
        if isinstance(fact.says, HeadSeen):
            self._heads.add(fact.anchor.chain)
        elif isinstance(fact.says, NodesSeen):
            self._nodes.add(fact.anchor.chain)

    def is_ready(self, feeds: Mapping[str, "ChainFeed"], now: Timestamp) -> bool:
        """True once no chain is left that will soon be read to its newest block."""
        began = self._began = self._began or now
        waited = now - began >= DARK_AFTER
        if not all(self._is_read(name, feeds.get(name), waited=waited) for name in self._chains):
            self._read_since = None
            return False
        since = self._read_since = self._read_since or now
        return now - since >= SETTLED

    def _is_read(self, name: ChainName, feed: "ChainFeed | None", *, waited: bool) -> bool:
        if feed is None or feed.blind is not None:
            return waited
        if feed.progress.behind > BEHIND_MAX or feed.follow.waiting_calls > WAITING_MAX:
            return False
        return waited or (name in self._heads and name in self._nodes)


class Lateness:
    """How late the engine came to what was due, remembered for longer than between scrapes.

    A process that got no processor answers nobody meanwhile. When it answers again the engine has
    done what was due, so one look at that moment would always find it in time.
    """

    def __init__(self) -> None:
        self._looks: deque[tuple[Timestamp, Duration]] = deque()

    def note(self, now: Timestamp, due: Timestamp | None) -> None:
        """The engine does only now what was due then; None if nothing was."""
        late = Duration(0) if due is None else Duration(max(0, now - due))
        while self._looks and self._looks[-1][1] <= late:
            self._looks.pop()
        self._looks.append((now, late))
        self._forget(now)

    def worst(self, now: Timestamp) -> Duration:
        """The most of what is remembered, a duration."""
        self._forget(now)
        return self._looks[0][1] if self._looks else Duration(0)

    def _forget(self, now: Timestamp) -> None:
        while self._looks and now - self._looks[0][0] > REMEMBERED:
            self._looks.popleft()
