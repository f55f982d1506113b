"""What operators say to a daemon: a word in the store, which it carries out within a second."""

from layerkeep.core.facts import Anchor, Fact, Operated
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.store.log import Store


def word(says: Operated, now: int) -> Fact:
    """An operator's word, said at `now` (milliseconds); it is of no chain and no block."""
    return Fact(Anchor(ChainName(""), -1, "", Timestamp(now)), says)


async def say(store: Store, fact: Fact) -> None:
    """The word is in the store."""
    await store.observe([fact], fact.anchor.time)
