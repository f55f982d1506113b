"""Taking incidents by the API, from a daemon whose store has a hundred thousand of them.

Those that are over are written through the store, in batches, as the daemon writes them: a thousand
for each of the last hundred hours. Those that are open the daemon opened itself, by its rules. Each
request is on a connection that is open already, one after the other, while blocks keep coming; it
is told beside the simplest request there is, which asks whether the process lives.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec

from layerkeep.app.diary import row_of
from layerkeep.bench import serving_world
from layerkeep.bench.calling.plan import Trouble, troubles
from layerkeep.bench.calling.stand import Stand, standing
from layerkeep.bench.figures import Figure, Outcome
from layerkeep.bench.traffic import block_hash
from layerkeep.core.facts import Anchor, Fact, Measured
from layerkeep.core.incidents.incident import (
    ACKNOWLEDGED,
    OPEN,
    RESOLVED,
    ROOT,
    Incident,
    Member,
    Transition,
    incident_id,
    key_of,
)
from layerkeep.core.rules.problems import Problem
from layerkeep.core.rules.user_rule import KIND
from layerkeep.core.units import HOUR, MINUTE, SECOND, ChainName, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import IncidentRow

INCIDENTS = 100_000
EACH_HOUR = 1_000
STILL_OPEN = 300
TAKEN = 250
BATCH = 1_000
ASKED = 40
BARE = 200
AFTER = 20 * SECOND
"""From the start to when all goes wrong at once: everything is read and judged by then."""

KNOWN_WITHIN_S = 120.0
LOOK_EVERY_S = 1.0

TAKE_MS = 100.0
PAGE_MS = 150.0
ALIVE, LISTED, CONSOLE = "/health", "/api/v1/incidents", "/incidents"


def measure() -> list[Outcome]:
    """How long taking an incident takes, and seeing all of them."""
    count = int(os.environ.get("BENCH_INCIDENTS", INCIDENTS))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as place:
        return asyncio.run(_measure(str(Path(place) / "taking.sqlite"), count))


async def _measure(path: str, count: int) -> list[Outcome]:
    await fill(path, count - STILL_OPEN, int(time.time() * SECOND))
    title = f"with {count:,} incidents: "
    async with standing(path, 1.0, STILL_OPEN, AFTER) as stand, _asking(stand) as session:
        names = await _known(session, OPEN, STILL_OPEN)
        asked = _Asked(session, stand, await _bare(session))
        words = [f"{LISTED}/{name}/acknowledge" for name in names[:TAKEN]]
        return [
            *await asked.timed(title + "take one", "POST", words, TAKE_MS),
            *await _taken(session),
            *await asked.timed(title + "list them", "GET", [LISTED] * ASKED, PAGE_MS),
            *await asked.timed(title + "their page", "GET", [CONSOLE] * ASKED, PAGE_MS),
        ]


async def _bare(session: aiohttp.ClientSession) -> float:
    """The simplest request's 95th percentile, in seconds."""
    return _p95([await _timed(session, "GET", ALIVE) for _ in range(BARE)])


async def _taken(session: aiohttp.ClientSession) -> list[Outcome]:
    """Nothing to tell once the daemon knows of all that were taken."""
    await _known(session, ACKNOWLEDGED, TAKEN)
    return []


@dataclass(frozen=True, slots=True)
class _Asked:
    """Requests to a daemon; `bare` is the 95th percentile of the simplest one."""

    session: aiohttp.ClientSession
    stand: Stand
    bare: float

    async def timed(
        self, name: str, method: str, paths: Sequence[str], target: float
    ) -> list[Outcome]:
        """The 95th percentile of the time to answer, and the processor's time of a request."""
        before = self._cpu()
        taken = [await _timed(self.session, method, path) for path in paths]
        cpu, slow = (self._cpu() - before) / len(paths), _p95(taken)
        return [
            Figure(f"{name} (p95)", slow * 1e3, "ms", target, ratio=slow / self.bare),
            Figure(f"{name} (processor, mean)", cpu * 1e3, "ms", target),
        ]

    def _cpu(self) -> float:
        times = self.stand.daemon.cpu_times()
        return float(times.user + times.system)


def _p95(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 95 // 100]


# ---- asking


@asynccontextmanager
async def _asking(stand: Stand) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {stand.token}"}
    async with aiohttp.ClientSession(stand.address, headers=headers) as session:
        yield session


async def _timed(session: aiohttp.ClientSession, method: str, path: str) -> float:
    """The seconds until the whole answer is here."""
    began = time.perf_counter()
    async with session.request(method, path) as answer:
        await answer.read()
        answer.raise_for_status()
    return time.perf_counter() - began


class _Shown(msgspec.Struct, frozen=True):
    id: str
    state: str


async def _known(session: aiohttp.ClientSession, state: str, count: int) -> list[str]:
    """The ids of all that are in this state, once there are so many."""
    until = time.monotonic() + KNOWN_WITHIN_S
    while True:
        async with session.get(LISTED, params={"open": "true"}) as answer:
            answer.raise_for_status()
            shown = msgspec.json.decode(await answer.read(), type=list[_Shown])
        found = [each.id for each in shown if each.state == state]
        if len(found) >= count:
            return found
        assert time.monotonic() < until, f"{len(found)} of {count} are {state}"
        await asyncio.sleep(LOOK_EVERY_S)


# ---- what is over


async def fill(path: str, count: int, now: int) -> None:
    """A store with so many incidents that are over."""
    known = serving_world.topology()
    store = await Store.open(path, known.network)
    try:
        kinds = troubles(tuple(known.chains.values()))
        for first in range(0, count, BATCH):
            some = range(first, min(first + BATCH, count))
            await store.save_incidents([_over(kinds, count - each, now) for each in some])
    finally:
        await store.close()


def _over(kinds: list[Trouble], ago: int, now: int) -> IncidentRow:
    """The one that was opened so many before the newest."""
    return row_of(_incident(kinds[ago % len(kinds)], now - HOUR - HOUR * ago // EACH_HOUR))


def _incident(kind: Trouble, opened: int) -> Incident:
    """One that lasted for ten minutes, and that somebody had taken."""
    chain, since = ChainName(kind.chain), Timestamp(opened - 10 * SECOND)
    at = Anchor(chain, opened // SECOND, block_hash(chain, opened // SECOND), since)
    problem = Problem(
        KIND + kind.rule,
        kind.component,
        kind.rule,
        since,
        kind.severity,
        f"balance of {chain} is 1",
        "balance",
        (Fact(at, Measured(chain, f"rule.{kind.rule}", 1)),),
    )
    over = Timestamp(opened + 10 * MINUTE)
    found = Incident(
        incident_id(key_of(problem), Timestamp(opened)),
        *(problem, problem.summary, kind.severity, RESOLVED, Timestamp(opened), since),
        resolved_at=over,
        owner="desk",
        acknowledged_at=Timestamp(opened + MINUTE),
    )
    found.remember(Member(problem, ROOT, Timestamp(opened), since))
    for after, name in ((0, "opened"), (MINUTE, "acknowledged"), (8 * MINUTE, "resolving")):
        found.write(Transition(Timestamp(opened + after), name, found.key))
    found.write(Transition(over, RESOLVED, "all-clear"))
    return found
