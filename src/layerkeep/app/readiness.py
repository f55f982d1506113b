"""Readiness: when enough is known after a start that verdicts would be fair."""

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


class Readiness:
    """Whether every chain is read, or so dark that there is nothing to wait for."""

    def __init__(self, chains: Iterable[ChainName]) -> None:
        self._chains = tuple(chains)
        self._heads: set[str] = set()
        self._nodes: set[str] = set()
        self._began: Timestamp | None = None
        self._read_since: Timestamp | None = None

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
