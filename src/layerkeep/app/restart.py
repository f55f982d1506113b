"""After a stop: the engine believes again what it believed before."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from layerkeep.app.diary import incident_of
from layerkeep.app.operating.noted import note_secrets, note_topology
from layerkeep.app.projection import Projection
from layerkeep.app.stories import Teller
from layerkeep.app.usual import read_experience
from layerkeep.core.adapter import Adapter
from layerkeep.core.effects import Effect
from layerkeep.core.engine import Engine
from layerkeep.core.errors import OperatorError
from layerkeep.core.facts import Fact, Judged, Operated, Sent
from layerkeep.core.follower import Point, step_back
from layerkeep.core.incidents.incident import ACKNOWLEDGED, OPEN, Incident
from layerkeep.core.outlook import Experience
from layerkeep.core.topology import Topology
from layerkeep.core.units import DAY, HOUR, Duration, Height, Timestamp
from layerkeep.edge.follow import wall_clock
from layerkeep.edge.store.loading import JUDGED_WITHIN, load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import (
    last_operated,
    observations_since,
    read_incidents,
    words_after,
)
from layerkeep.edge.store.reading import is_told, read_blocks, read_cursors, read_setting
from layerkeep.edge.store.rebuilding import rebuild
from layerkeep.edge.store.records import Entry
from layerkeep.edge.store.saving import OUTDATED

RECALLED = Duration(HOUR)
"""Older observations are no reason for anything any more."""

REOPENED = Duration(DAY)
"""Closed incidents looked at: those opened so lately, far more than could come back."""


class Terms(Protocol):
    """What is followed, and with which words."""

    @property
    def adapters(self) -> Mapping[str, Adapter]:
        """The stacks by name."""

    @property
    def topology(self) -> Topology:
        """The chains with their budgets."""


MUTING = ("silence", "maintain", "unsilence")
"""The words that count until they end, not only once."""


async def step_back_all(store: Store) -> None:
    """Every chain's last blocks are to be read again: a stop may have come before their logs."""
    for cursor in (await read_cursors(store)).values():
        blocks = await read_blocks(store, cursor.chain)
        points = [Point(Height(b.height), b.hash, Timestamp(b.time)) for b in blocks]
        if not points:
            continue
        back = step_back(points)
        if back.height >= cursor.height:
            continue
        at = replace(cursor, height=back.height, hash=back.hash, time=back.time)
        await store.append(Entry(at, retract_above=back.height))


def projection_of(network: Terms, experience: Experience) -> Projection:
    """What keeps the lists up to date, by a network's own budgets and usual times."""
    return Projection(Teller(network.adapters, network.topology, experience).outlook)


async def prepare(store: Store, network: Terms) -> None:
    """The store is ready to go on from: its last blocks read again, its rows of today's schema."""
    await note_topology(store, network.topology, wall_clock())
    await note_secrets(store)
    await step_back_all(store)
    await refill_rows(store, network)


async def refill_rows(store: Store, network: Terms) -> int:
    """Rows of an earlier schema are derived again; how many facts were read is returned.

    In a rebuild cut short the rows stay outdated, so the next start begins it again.
    """
    if not await read_setting(store, OUTDATED):
        return 0
    teller = Teller(network.adapters, network.topology, await read_experience(store))
    return await rebuild(store, lambda: Engine(teller.lifecycles), teller.outlook)


async def load_engine(store: Store, engine: Engine, projection: Projection, now: Timestamp) -> None:
    """Feed an engine with the facts of everything that is open or not final."""
    facts = await load(store)
    known = engine.view.lifecycles
    for seq in sorted(facts):
        fact = facts[seq]
        if isinstance(fact.says, Sent):
            if fact.says.lifecycle not in known:
                raise OperatorError(
                    f"the store holds messages of the kind {fact.says.lifecycle!r}, which no "
                    f"adapter here knows; known are {', '.join(sorted(known))}"
                )
            projection.seqs[fact.says.message] = seq
        projection.mark(engine.observe(fact, now))
        projection.last_seq = seq
    engine.experience.spreads.clear()  # what finished before the stop was counted then
    await _recall(store, engine, now)


async def _recall(store: Store, engine: Engine, now: Timestamp) -> None:
    """What was observed lately, each at its own moment, so that verdicts rest on it again.

    Messages are let go by what is observed from now on, after their rows are made.
    """
    for seen in await observations_since(store, now - RECALLED):
        if not isinstance(seen.fact.says, Operated):
            engine.sightings.take(seen.fact, Timestamp(seen.time))


def _believe_proof(engine: Engine, incident: Incident, before: int, now: Timestamp) -> None:
    """What was judged long ago is not read again, but holds as long as what it proves is there.

    Of what was judged not `before` that, the store knows what holds: blocks may have left since.
    """
    judged = engine.sightings.judged
    proofs = [fact for member in incident.members.values() for fact in member.problem.proof]
    for fact in proofs:
        if not isinstance(fact.says, Judged) or fact.anchor.time >= before:
            continue
        words = judged.of(fact.says.check, fact.says.subject)
        if fact.via not in {word.via for word in words}:
            engine.sightings.take(fact, now)


async def _proven(store: Store, incidents: Iterable[Incident], before: int) -> set[str]:
    """The irrevocable problems whose proof still stands: told `before` that, or in the log.

    No rule may tell them again: their message is finished, final and let go.
    """
    open_ones = (incident for incident in incidents if incident.state in (OPEN, ACKNOWLEDGED))
    members = {name: member for each in open_ones for name, member in each.members.items()}
    return {
        name
        for name, member in members.items()
        if member.problem.irrevocable and await _stand(store, member.problem.proof, before)
    }


async def _stand(store: Store, proof: Iterable[Fact], before: int) -> bool:
    for fact in proof:
        if fact.anchor.time >= before and not await is_told(store, fact):
            return False
    return True


async def load_incidents(store: Store, engine: Engine, now: Timestamp) -> list[Effect]:
    """Incidents that are open, or were lately, go on as they were, and what is muted stays so."""
    stopped = max((cursor.time for cursor in (await read_cursors(store)).values()), default=now)
    rows = await read_incidents(store, since=min(now, stopped) - REOPENED)
    known = [incident_of(row) for row in rows]
    settled = stopped - JUDGED_WITHIN
    for incident in known:
        _believe_proof(engine, incident, settled, now)
    engine.incidents.restore(known, await _proven(store, known, settled))
    carried_out = await last_operated(store)
    effects: list[Effect] = []
    for word in await words_after(store, 0):
        says = word.fact.says
        if word.id <= carried_out and isinstance(says, Operated) and says.action in MUTING:
            effects += engine.observe(word.fact, now)
    return effects
