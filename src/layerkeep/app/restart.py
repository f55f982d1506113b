"""After a stop: the engine believes again what it believed before."""

from layerkeep.app.projection import Projection
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Sent
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_cursors


async def load_engine(store: Store, engine: Engine, projection: Projection, now: Timestamp) -> None:
    """Feed an engine with the facts of everything that is open or not final."""
    facts = await load(store)
    for seq in sorted(facts):
        fact = facts[seq]
        projection.mark(engine.observe(fact, now))
        if isinstance(fact.says, Sent):
            projection.seqs[fact.says.message] = seq
        projection.last_seq = seq
    for cursor in (await read_cursors(store)).values():
        anchor = Anchor(cursor.chain, cursor.height, cursor.hash, cursor.time)
        says = HeadSeen(cursor.latest, cursor.safe, cursor.finalized)
        engine.observe(Fact(anchor, says), now)
