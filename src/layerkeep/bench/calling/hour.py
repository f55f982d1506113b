"""A thousand incidents in an hour: whom the daemon called for each, and what it cost.

The hour is one of the daemon's clock, which runs `PACE` times as fast as the wall's, as do the
moments at which facts come, levels are due and turns change; it waits for the daemon where the
machine is busy, so on a busy one the hour takes longer. All else is as ever: the engine opens and
closes each incident by its rules, a notice is in the store before it is sent, and goes by HTTP,
signed, to a receiver in this process. So the processor's share is that of an hour in 90 seconds.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog

from layerkeep.bench import serving_world
from layerkeep.bench.calling.plan import COUNT, LASTS, SETTLES, WARM_UP, Trouble, troubles
from layerkeep.bench.calling.stand import Stand, standing
from layerkeep.bench.calling.told import Compared, Opened, compared
from layerkeep.bench.figures import Figure, Outcome
from layerkeep.core.rules.user_rule import KIND
from layerkeep.core.units import HOUR, MINUTE, SECOND
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import read_incidents

PACE = 40.0
QUARTER = HOUR // 4
TAIL = max(LASTS) + SETTLES + 4 * MINUTE
"""After the hour: the last incident is over, and what follows from it is told."""

WRONG_TOLD = 20
"""So many of what went wrong are named in the log."""

GROWTH_MAX = 10.0
CORE_MAX = 80.0
"""Percent of a core: at this pace the daemon keeps up with its clock."""


@dataclass(frozen=True, slots=True)
class Used:
    """What the process has taken so far: seconds of a core, and bytes it holds now."""

    cpu: float
    memory: int


@dataclass(frozen=True, slots=True)
class Hour:
    """What came of everything planned; what was used by the start, the first quarter, the end."""

    compared: Compared
    start: Used
    quarter: Used
    end: Used


def measure() -> list[Outcome]:
    """Whom calls reached, and memory and processor over the hour."""
    with tempfile.TemporaryDirectory() as place:
        hour = asyncio.run(_hour(str(Path(place) / "calling.sqlite")))
    found, title = hour.compared, f"{COUNT:,} incidents in an hour: "
    for each in found.wrong[:WRONG_TOLD]:
        structlog.get_logger().error("called-wrong", what=each)
    grown = 100 * (hour.end.memory / hour.quarter.memory - 1)
    share = 100 * (hour.end.cpu - hour.start.cpu) / (HOUR / SECOND / PACE)
    right = 100 * found.right / COUNT
    return [
        Figure(title + "opened", found.opened, "incidents", COUNT, more_is_better=True),
        Figure(title + "routed right", right, "%", 100, more_is_better=True),
        Figure(title + "called twice", found.twice, "calls", 0),
        Figure(title + "memory grown", grown, "%", GROWTH_MAX),
        Figure(title + f"of a core, {PACE:g} times as fast", share, "%", CORE_MAX),
    ]


async def _hour(path: str) -> Hour:
    planned = troubles(tuple(serving_world.topology().chains.values()))
    async with standing(path, PACE) as stand:
        used = [await _used(stand, WARM_UP + at) for at in (0, QUARTER, HOUR)]
        await stand.reached(WARM_UP + HOUR + TAIL)
    found = await _compared(path, planned, stand)
    return Hour(found, *used)


async def _used(stand: Stand, at: int) -> Used:
    """What the daemon has used by a moment after its clock's start."""
    await stand.reached(at)
    times = stand.daemon.cpu_times()
    return Used(times.user + times.system, stand.daemon.memory_info().rss)


async def _compared(path: str, planned: list[Trouble], stand: Stand) -> Compared:
    store = await Store.open(path, None)
    try:
        rows = await read_incidents(store, count=10 * COUNT)
    finally:
        await store.close()
    opened = [
        Opened(
            *(row.id, row.kind.removeprefix(KIND), row.opened - stand.began),
            None if row.resolved is None else row.resolved - stand.began,
        )
        for row in rows
    ]
    return compared(planned, opened, stand.receiver.received)
