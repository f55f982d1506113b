"""What is counted while a daemon runs, read from its parts when somebody asks."""

from collections import Counter
from collections.abc import Callable, Mapping

from layerkeep.api.metrics.counters import Calls, Durations
from layerkeep.app.daemon import Daemon
from layerkeep.core.outlook import BOUNDS
from layerkeep.edge.rpc.counts import Counts


def behind(daemon: Daemon) -> int:
    """How late the engine is with what is due, or was at worst a moment ago; a duration.

    A loop that stood still answers nobody meanwhile, and has done what was due when it goes on.
    """
    due, now = daemon.engine.next_deadline(), daemon.now()
    return max(daemon.lateness.worst(now), 0 if due is None else now - due)


class LiveCounters:
    """The Counters of one running daemon, from now on."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._started = daemon.now()

    def started(self) -> int:
        """When these were made: with the daemon."""
        return self._started

    def beat(self) -> int | None:
        """When the engine last did what was due; None until the store is read."""
        return self._daemon.engine.ticked

    def behind(self) -> int:
        """How long the most urgent deadline of the engine has passed, or had when one was met."""
        return behind(self._daemon)

    def store_failing(self) -> bool:
        """True from a write that failed until one succeeds."""
        return bool(self._daemon.store_fault)

    def calls(self) -> Calls:
        """RPC calls by chain, upstream and method; a chain counts once its start was found."""
        return self._by_upstream(lambda counts: counts.calls)

    def failures(self) -> Calls:
        """Requests without a usable answer, by chain, upstream and reason."""
        return self._by_upstream(lambda counts: counts.failures)

    def facts(self) -> Mapping[str, int]:
        """Facts logged, by chain."""
        return self._daemon.projection.logged

    def reorgs(self) -> Mapping[str, int]:
        """Reorgs followed, by chain."""
        return {name: feed.reorgs for name, feed in self._daemon.feeds.items()}

    def read_behind(self) -> Mapping[str, int]:
        """Blocks not read yet, by chain."""
        return {name: feed.progress.behind for name, feed in self._daemon.feeds.items()}

    def durations(self) -> Mapping[tuple[str, str, str, str], Durations]:
        """How long finished messages rested in each stage."""
        spreads = self._daemon.engine.experience.spreads
        return {
            (*_ends(route), kind, stage): Durations(BOUNDS, spread.counts, spread.total)
            for (kind, route, stage), spread in spreads.items()
        }

    def _by_upstream(self, part: Callable[[Counts], Counter[tuple[str, str]]]) -> Calls:
        return {
            (chain, *spot): count
            for chain, feed in self._daemon.feeds.items()
            for spot, count in part(feed.pool.counts).items()
        }


def _ends(route: str) -> tuple[str, str]:
    """Source and target of a route's name."""
    source, _, target = route.partition("->")
    return source, target
