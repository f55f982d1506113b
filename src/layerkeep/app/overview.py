"""What a network looks like from above, from the store alone."""

from dataclasses import dataclass

from layerkeep.app.incidents_told import IncidentTold, all_told
from layerkeep.core.facts import NodesSeen
from layerkeep.edge.store.counting import journey_paths, stage_counts
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import nodes_seen
from layerkeep.edge.store.reading import read_cursors, read_reorgs
from layerkeep.edge.store.records import Cursor, Observation


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many messages of one kind rest in, or ended in, one stage of a route."""

    route: str
    lifecycle: str
    stage: str
    finished: bool
    messages: int


@dataclass(frozen=True, slots=True)
class JourneyCount:
    """How many journeys took a path."""

    path: tuple[str, ...]
    finished: bool
    count: int


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a chain is seen: how many of its upstreams answered when last asked, and when."""

    chain: str
    answering: int
    upstreams: int
    looked: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Open incidents, chains, messages and journeys of one network."""

    incidents: tuple[IncidentTold, ...]
    sights: tuple[Sight, ...]
    chains: tuple[Cursor, ...]
    stages: tuple[StageCount, ...]
    journeys: tuple[JourneyCount, ...]
    reorgs: int


async def overview(store: Store) -> Overview:
    """Everything at a glance."""
    paths = await journey_paths(store)
    return Overview(
        incidents=tuple(await all_told(store, open_only=True, since=0)),
        sights=tuple([_sight(seen) for seen in (await nodes_seen(store)).values()]),
        chains=tuple((await read_cursors(store)).values()),
        stages=tuple(
            StageCount(f"{source}->{target}", lifecycle, stage, finished, count)
            for source, target, lifecycle, stage, finished, count in await stage_counts(store)
        ),
        journeys=tuple(
            JourneyCount(path, finished, count) for (path, finished), count in sorted(paths.items())
        ),
        reorgs=len(await read_reorgs(store)),
    )


def _sight(seen: Observation) -> Sight:
    says, chain = seen.fact.says, seen.fact.anchor.chain
    assert isinstance(says, NodesSeen), "a look at nodes"
    return Sight(chain, sum(node.answering for node in says.nodes), len(says.nodes), seen.time)
