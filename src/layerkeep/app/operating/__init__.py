"""What operators say to a daemon: a word in the store, which it carries out within a second."""

import asyncio
from collections.abc import Sequence

from layerkeep.core.facts import Anchor, Fact, Operated
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.store.audit import AuditRow, chain_entries
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observing import add_observations


def word(says: Operated, now: int) -> Fact:
    """An operator's word, said at `now` (milliseconds); it is of no chain and no block."""
    return Fact(Anchor(ChainName(""), -1, "", Timestamp(now)), says)


async def say(store: Store, fact: Fact, *noted: AuditRow) -> None:
    """The word is in the store, and in the audit as `noted`: both or neither."""
    await asyncio.shield(_say(store, fact, noted))


async def _say(store: Store, fact: Fact, noted: Sequence[AuditRow]) -> None:
    async with store.writing("observe") as connection:
        await chain_entries(connection, noted)
        await add_observations(connection, [fact], fact.anchor.time)
