"""What the edge's tests share: a pool over servers, and a taker that believes what it is told."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp
from weather import Weather

from layerkeep.core.chain_data import Log
from layerkeep.core.follower import Advanced, Follower, FollowPlan, Refused, Reorged
from layerkeep.core.units import ChainName, Duration, Timestamp
from layerkeep.edge.follow import Blind, Follow, Seeing
from layerkeep.edge.rpc.client import Line, RpcClient
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.rpc.pool import Pool

TIMEOUT = Duration(400)


def line(name: str, url: str, ws_url: str = "") -> Line:
    """An upstream that is soon given up."""
    return Line(name, url, ws_url, TIMEOUT)


def pool_of(
    session: aiohttp.ClientSession, lines: list[Line], chain_id: int = 10, per_second: int = 0
) -> Pool:
    """A pool over these upstreams."""
    counts = Counts()
    pool = Pool(ChainName("l2"), chain_id, counts)
    for each in lines:
        pool.add(RpcClient(each, session, counts), per_second=per_second)
    return pool


class Taker:
    """Believes outcomes, and measures them."""

    def __init__(self) -> None:
        self.blocks: dict[int, str] = {}
        self.logs: list[Log] = []
        self.reorgs: list[Reorged] = []
        self.refusals: Counter[str] = Counter()
        self.sight: list[Blind | Seeing] = []
        self.advanced = 0
        self.lag_max = 0
        self.follower: Follower | None = None

    async def __call__(self, outcome: object) -> None:
        if isinstance(outcome, Advanced):
            self.blocks |= {int(block.number, 16): block.hash for block in outcome.blocks}
            self.logs += outcome.logs
            self.advanced += outcome.cursor.height - outcome.first + 1
        elif isinstance(outcome, Reorged):
            self.reorgs.append(outcome)
            keep = outcome.ancestor.height
            self.blocks = {height: h for height, h in self.blocks.items() if height <= keep}
            self.logs = [log for log in self.logs if int(log.block_number, 16) <= keep]
        elif isinstance(outcome, Refused):
            self.refusals[outcome.reason] += 1
        elif isinstance(outcome, Blind | Seeing):
            self.sight.append(outcome)


class Running:
    """A follow that runs while the context lasts."""

    def __init__(self, plan: FollowPlan, servers: list[Weather], chain_id: int = 10) -> None:
        self.plan = plan
        self.servers = servers
        self.chain_id = chain_id
        self.taker = Taker()
        self.follower = Follower(plan)
        self.use_sockets = False

    async def __aenter__(self) -> "Running":
        self.session = aiohttp.ClientSession()
        lines = [
            line(f"node-{index}", server.url, server.ws_url if self.use_sockets else "")
            for index, server in enumerate(self.servers)
        ]
        self.pool = pool_of(self.session, lines, self.chain_id)
        self.follow = Follow(self.follower, self.pool, self.taker)
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.follow.run(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.task
        await self.pool.close()
        await self.session.close()

    @property
    def requests(self) -> int:
        return sum(self.pool.counts.requests.values())

    async def until(self, true: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until something is true."""
        end = time.monotonic() + seconds
        while not true():
            if self.task.done():
                self.task.result()
            assert time.monotonic() < end, (self.follower.cursor, self.taker.refusals)
            await asyncio.sleep(0.01)


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine."""
    asyncio.run(main())  # type: ignore[arg-type]


def now_ms() -> Timestamp:
    """Milliseconds since the epoch."""
    return Timestamp(time.time_ns() // 1_000_000)
