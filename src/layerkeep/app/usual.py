"""How long stages usually take, kept in the store so that every command knows it."""

from collections import deque

import msgspec

from layerkeep.core.outlook import REMEMBERED, Experience
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_setting

USUAL = "usual"


async def read_experience(store: Store) -> Experience:
    """What was last written; empty if nothing was."""
    text = await read_setting(store, USUAL)
    experience = Experience()
    if text:
        for lifecycle, route, stage, times in msgspec.json.decode(text):
            experience.times[lifecycle, route, stage] = deque(times, maxlen=REMEMBERED)
    return experience


async def write_experience(store: Store, experience: Experience) -> None:
    """Keep the recent times."""
    rows = [[*spot, list(times)] for spot, times in experience.times.items()]
    await store.keep_setting(USUAL, msgspec.json.encode(rows).decode())
