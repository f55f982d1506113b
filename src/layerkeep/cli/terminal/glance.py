"""What a person at a terminal looks at: the network by layers, what is late, the latest journeys.

From the store alone, so that it shows whatever daemon writes to it, or that none does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layerkeep.api.shapes.messages import MessageFilter
from layerkeep.app.answers.listing import asked, listed
from layerkeep.app.incidents_told import IncidentTold, all_told
from layerkeep.app.overview import Overview, Sight, overview
from layerkeep.core.adapter import Adapter
from layerkeep.core.facts import HeadSeen
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import MINUTE, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import heads_seen
from layerkeep.edge.store.reading import message_rows
from layerkeep.edge.store.records import Cursor, MessageRow, Observation

LATE_TOLD = 8

RECENT_MAX = 400
JOURNEYS_TOLD = 8
RESOLVED_TOLD = 2
RESOLVED_WITHIN = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Head:
    """One head of a chain; `time` of its block in milliseconds, None where nobody told."""

    height: int | None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class LayerSeen:
    """One chain with its three heads; `read` and `behind` are None before its first block."""

    name: str
    stack: str
    depth: int
    latest: Head
    safe: Head
    finalized: Head
    read: int | None
    behind: int | None
    sight: Sight | None


@dataclass(frozen=True, slots=True)
class Late:
    """A message that has rested in its stage for longer than its budget. Times in milliseconds."""

    id: str
    route: str
    stage: str
    since: int
    due: int
    duty: str
    awaited: str


@dataclass(frozen=True, slots=True)
class JourneySeen:
    """A journey of several hops: who began it, where it is, from when till when."""

    id: str
    path: tuple[str, ...]
    where: str
    finished: bool
    began: int
    moved: int


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything on one screen. `more_late` is true if not all that are late are told."""

    network: str
    found: Overview
    resolved: tuple[IncidentTold, ...]
    layers: tuple[LayerSeen, ...]
    late: tuple[Late, ...]
    more_late: bool
    journeys: tuple[JourneySeen, ...]


async def glance(
    store: Store, topology: Topology, adapters: Mapping[str, Adapter], now: Timestamp
) -> Glance:
    """The network as the store knows it now."""
    found = await overview(store)
    late, more = await _late(store, adapters, now)
    closed = await all_told(store, open_only=False, since=now - RESOLVED_WITHIN)
    return Glance(
        network=topology.network,
        found=found,
        resolved=tuple(each for each in closed if each.resolved is not None)[:RESOLVED_TOLD],
        layers=_layers(topology, found, await heads_seen(store)),
        late=late,
        more_late=more,
        journeys=_journeys(await message_rows(store, count=RECENT_MAX)),
    )


def _layers(
    topology: Topology, found: Overview, heads: Mapping[str, Observation]
) -> tuple[LayerSeen, ...]:
    """Each chain behind the one it settles on."""
    cursors = {str(cursor.chain): cursor for cursor in found.chains}
    sights = {sight.chain: sight for sight in found.sights}
    layers: list[LayerSeen] = []

    def visit(chain: Chain) -> None:
        name = str(chain.name)
        depth = topology.depth(chain.name)
        seen = _heads(heads.get(name), cursors.get(name))
        cursor = cursors.get(name)
        read = None if cursor is None else cursor.height
        behind = None if cursor is None else max(0, cursor.latest - cursor.height)
        layers.append(LayerSeen(name, chain.stack, depth, *seen, read, behind, sights.get(name)))
        for child in topology.children(chain.name):
            visit(child)

    for chain in topology.chains.values():
        if chain.settles_on is None:
            visit(chain)
    return tuple(layers)


def _heads(seen: Observation | None, cursor: Cursor | None) -> tuple[Head, Head, Head]:
    """The newest of what was read and what was sampled; samples know the lower heads' times."""
    latest = Head(None) if cursor is None else Head(cursor.latest, cursor.time)
    if seen is None:
        return latest, Head(None), Head(None)
    says = seen.fact.says
    assert isinstance(says, HeadSeen), "a look at heads"
    if cursor is None or says.latest > cursor.latest:
        latest = Head(says.latest, seen.fact.anchor.time)
    return latest, Head(says.safe, says.safe_time), Head(says.finalized, says.finalized_time)


async def _late(
    store: Store, adapters: Mapping[str, Adapter], now: Timestamp
) -> tuple[tuple[Late, ...], bool]:
    """The messages longest past their budget, and whether there are more."""
    lifecycles = {each.name: each for a in adapters.values() for each in a.lifecycles}
    wanted = MessageFilter(state="overdue", sort="due")
    query = await asked(store, lifecycles, wanted, (), now)
    found = await listed(store, query, wanted, "", LATE_TOLD)
    return tuple(_late_one(row, lifecycles) for row in found.rows), bool(found.cursor)


def _late_one(row: MessageRow, lifecycles: Mapping[str, Lifecycle]) -> Late:
    stage = lifecycles[row.lifecycle].stage(row.stage)
    assert row.due is not None, "what is overdue was due"
    route = f"{row.source}->{row.target}"
    return Late(row.id, route, row.stage, row.since, row.due, stage.duty, stage.awaited)


def _journeys(rows: Iterable[MessageRow]) -> tuple[JourneySeen, ...]:
    """The latest journeys of several hops, the newest first, as far as rows know all their hops."""
    by_id = {row.id: row for row in rows}
    continued = {row.previous for row in by_id.values() if row.previous}
    found: list[JourneySeen] = []
    for last in by_id.values():
        if last.id in continued or not last.previous:
            continue
        hops = [last]
        while (before := by_id.get(hops[-1].previous or "")) is not None:
            hops.append(before)
        first = hops[-1]
        if first.previous:
            continue
        path = (first.source, *(hop.target for hop in reversed(hops)))
        where = f"{last.stage} ({last.source} → {last.target})"
        found.append(JourneySeen(first.id, path, where, last.finished, first.sent, last.moved))
    return tuple(sorted(found, key=lambda each: -each.began)[:JOURNEYS_TOLD])
