"""After a stop: the engine believes again what it believed before."""

from dataclasses import replace

from layerkeep.app.projection import Projection
from layerkeep.core.engine import Engine
from layerkeep.core.errors import OperatorError
from layerkeep.core.facts import Sent
from layerkeep.core.follower import Point, step_back
from layerkeep.core.units import Height, Timestamp
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_blocks, read_cursors
from layerkeep.edge.store.records import Entry


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
