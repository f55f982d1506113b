"""After a stop: the engine believes again what it believed before."""

from dataclasses import replace

from layerkeep.app.diary import incident_of
from layerkeep.app.projection import Projection
from layerkeep.core.effects import Effect
from layerkeep.core.engine import Engine
from layerkeep.core.errors import OperatorError
from layerkeep.core.facts import Operated, Sent
from layerkeep.core.follower import Point, step_back
from layerkeep.core.units import DAY, HOUR, Duration, Height, Timestamp
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import (
    last_operated,
    observations_since,
    read_incidents,
    words_after,
)
from layerkeep.edge.store.reading import read_blocks, read_cursors
from layerkeep.edge.store.records import Entry

RECALLED = Duration(HOUR)
"""Older observations are no reason for anything any more."""

REOPENED = Duration(DAY)
"""Closed incidents looked at: those opened so lately, far more than could come back."""

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
    await _recall(store, engine, now)


async def _recall(store: Store, engine: Engine, now: Timestamp) -> None:
    """What was observed lately, each at its own moment, so that verdicts rest on it again.

    Messages are let go by what is observed from now on, after their rows are made.
    """
    for seen in await observations_since(store, now - RECALLED):
        if not isinstance(seen.fact.says, Operated):
            engine.sightings.take(seen.fact, Timestamp(seen.time))


async def load_incidents(store: Store, engine: Engine, now: Timestamp) -> list[Effect]:
    """Incidents that are open, or were lately, go on as they were, and what is muted stays so."""
    rows = await read_incidents(store, since=now - REOPENED)
    engine.incidents.restore([incident_of(row) for row in rows])
    carried_out = await last_operated(store)
    effects: list[Effect] = []
    for word in await words_after(store, 0):
        says = word.fact.says
        if word.id <= carried_out and isinstance(says, Operated) and says.action in MUTING:
            effects += engine.observe(word.fact, now)
    return effects
