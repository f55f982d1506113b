"""What a review looks back on: who was told, what was tried, how fast others were dealt with."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from layerkeep.app.diary import incident_of
from layerkeep.app.paging.reading import PageTold, pages_told
from layerkeep.app.runs.reading import RunTold, all_runs
from layerkeep.core.acting.people.ownership import responsible, subject_of
from layerkeep.core.incidents.incident import NEVER, RESOLVED, Incident
from layerkeep.core.units import DAY, MINUTE
from layerkeep.edge.store.observations import ended_incidents

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

WITHIN = 90 * DAY
INCIDENTS_MAX = 200
"""The means are over so many of the newest: each has to be read whole."""
MEANS_LAST = 5 * MINUTE
NOTICES_MAX = 200
RUNS_MAX = 50


@dataclass(frozen=True, slots=True)
class Means:
    """Mean durations in milliseconds over `count` incidents; `cut` if there were more.

    `acknowledge` is the mean of those that somebody took, and how many these are.
    """

    count: int = 0
    detect: float = 0.0
    acknowledge: tuple[float, int] = (0.0, 0)
    resolve: float = 0.0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is known of an incident beside its own history, newest first."""

    owner: str = ""
    runs: tuple[RunTold, ...] = ()
    notices: tuple[PageTold, ...] = ()
    means: Means = Means()


def means_of(ended: Iterable[Incident], *, cut: bool = False) -> Means:
    """The means over incidents that were resolved."""
    found = [each for each in ended if each.state == RESOLVED and each.resolved_at is not None]
    if not found:
        return Means()
    taken = [each.acknowledged_at - each.opened for each in found if each.acknowledged_at != NEVER]
    return Means(
        len(found),
        fmean(each.opened - each.since for each in found),
        (fmean(taken) if taken else 0.0, len(taken)),
        fmean((each.resolved_at or each.since) - each.since for each in found),
        cut,
    )


class Aftermaths:
    """Looks back on a daemon's incidents."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._means: tuple[int, Means] | None = None

    async def of(self, incident: Incident) -> Aftermath:
        """Everything about one incident."""
        store, topology = self._daemon.store, self._daemon.network.topology
        root = incident.root
        subject = subject_of(topology, root.component, root.kind, incident.severity)
        return Aftermath(
            responsible(topology, subject),
            tuple(await all_runs(store, incident=incident.id, count=RUNS_MAX)),
            tuple(await pages_told(store, incident=incident.id, count=NOTICES_MAX)),
            await self._known_means(),
        )

    async def _known_means(self) -> Means:
        """The means, some minutes old at most."""
        now = self._daemon.now()
        if self._means is None or now - self._means[0] >= MEANS_LAST:
            store = self._daemon.store
            rows = await ended_incidents(store, now - WITHIN, INCIDENTS_MAX + 1)
            cut = len(rows) > INCIDENTS_MAX
            self._means = now, means_of(map(incident_of, rows[:INCIDENTS_MAX]), cut=cut)
        return self._means[1]
