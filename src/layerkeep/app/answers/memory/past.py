"""What the store tells of the ages of heads before the start: some looks of every other hour."""

import asyncio
from typing import TYPE_CHECKING

from layerkeep.app.answers.memory.ages import REMEMBERED
from layerkeep.app.answers.memory.memory import Memory
from layerkeep.core.units import HOUR, Duration, Timestamp
from layerkeep.edge.store.observations import first_after, heads_from

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

EVERY = Duration(2 * HOUR)
LOOKS = 24
"""In a row, so that steps are seen: two dozen of every other hour are two thousand in a week."""


async def learn_ages(daemon: "Daemon", memory: Memory, stop: asyncio.Event) -> None:
    """Each row of looks stands for the hours until the next; what the store lacks is left out."""
    start = daemon.now()
    at = start - REMEMBERED
    while at < start and not stop.is_set():
        first = await first_after(daemon.store, at)
        if first is None:
            return
        for chain in daemon.network.topology.chains:
            found = await heads_from(daemon.store, chain, first, LOOKS)
            row = [(Timestamp(look.time), look.fact) for look in found]
            memory.learn(chain, [each for each in row if each[0] < min(start, at + EVERY)], EVERY)
        at += EVERY
