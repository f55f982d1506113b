"""The bar above every page: the network, how many incidents are open, how fresh all of it is."""

from dataclasses import dataclass

from layerkeep.api.console.pages import PAGES
from layerkeep.api.shapes.overview import Overview
from layerkeep.api.source import Source
from layerkeep.core.units import SECOND

PLACES = tuple(
    (word, path)
    for word, path in (
        ("Overview", "/"),
        ("Incidents", "/incidents"),
        ("Messages", "/messages"),
        ("Chains", "/chains"),
        ("Runs", "/runs"),
        ("On call", "/oncall"),
        ("Plans", "/plans"),
        ("Audit", "/audit"),
    )
    if path in PAGES
)
"""The words of the navigation with their addresses, for the pages that there are."""

BEHIND = 5 * SECOND
"""An engine that answers later than this is said to be behind: it looks several times a second."""


@dataclass(frozen=True, slots=True)
class Top:
    """What the bar says. `facts` is the age of the newest look at a chain, `behind` a delay that is
    worth saying, else 0; both are durations."""

    network: str
    moment: int
    incidents: int = 0
    facts: int = 0
    behind: int = 0
    judging: bool = True
    places: tuple[tuple[str, str], ...] = PLACES


def top_of(overview: Overview, now: int) -> Top:
    """The bar of this overview. Ages stop while the engine is behind: they are not guessed."""
    looks = [chain.looked for chain in overview.chains if chain.looked is not None]
    late = overview.behind // SECOND * SECOND
    return Top(
        network=overview.network,
        moment=now,
        incidents=len(overview.incidents),
        facts=max(0, now - max(looks, default=now)) // SECOND * SECOND,
        behind=late if late >= BEHIND else 0,
        judging=overview.judging,
    )


class Bar:
    """The bar of one source, read once for each revision and second."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at: tuple[int, int] | None = None
        self._top: Top | None = None

    async def top(self) -> Top:
        """What the bar says now."""
        at = (self._source.revision(), self._source.now() // SECOND)
        if self._top is None or at != self._at:
            self._top = top_of(await self._source.overview(), self._source.now())
            self._at = at
        return self._top
