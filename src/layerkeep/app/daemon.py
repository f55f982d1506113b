"""The daemon: log the fact, ask the core, carry out its effects.

One daemon follows one network. Each chain has a feed of its own; what they learn goes one after the
other through one gate: appended to the store first, believed second. If the store fails, nothing is
believed and the same entry is tried again until it succeeds or the daemon stops.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiohttp
import structlog

from layerkeep.app.chain_feed import ChainFeed
from layerkeep.app.collector import spare_collector
from layerkeep.app.projection import Projection
from layerkeep.app.restart import load_engine, step_back_all
from layerkeep.app.settings import Settings, duration
from layerkeep.app.usual import read_experience, write_experience
from layerkeep.core.adapter import Adapter
from layerkeep.core.dispatch import build_dispatch
from layerkeep.core.effects import Effect, PutQuestion
from layerkeep.core.engine import Engine
from layerkeep.core.errors import RpcError, SettingsError, StoreError
from layerkeep.core.facts import Fact
from layerkeep.core.follower import Follower, FollowPlan, LogFilter, Point
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import ZERO_ADDRESS, ChainName, Duration, Height, Timestamp
from layerkeep.edge.follow import wall_clock
from layerkeep.edge.rpc.find_height import find_height, latest_height
from layerkeep.edge.rpc.open_pool import open_pool
from layerkeep.edge.rpc.pool import Pool
from layerkeep.edge.secrets import resolve
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.pruning import prune
from layerkeep.edge.store.reading import read_blocks, read_cursors
from layerkeep.edge.store.records import Entry

WRITE_EVERY_S = 0.5
"""Rows for lists are written this often: soon enough for a person, rare enough for the disk."""

TICK_S = 0.2
"""The longest sleep between two looks at what is due."""

NOBODY = (ZERO_ADDRESS,)
"""Whose logs are asked for where nothing is watched: no filter at all would mean everybody's."""

PRUNE_EVERY_S = 3600.0
STORE_RETRY_S = 1.0
CHAIN_RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Network:
    """What is followed, and with which words."""

    topology: Topology
    adapters: Mapping[str, Adapter]


class Daemon:
    """Follows one network until told to stop."""

    def __init__(self, network: Network, store: Store, settings: Settings) -> None:
        self.network = network
        self.store = store
        self.settings = settings
        self.dispatch = build_dispatch(network.topology, network.adapters)
        self.engine = self.new_engine()
        self.projection = Projection()
        self.feeds: dict[str, ChainFeed] = {}
        self.log = structlog.get_logger()
        self.stop = asyncio.Event()
        self.store_fault = ""
        self._gate = asyncio.Lock()

    def new_engine(self) -> Engine:
        """An engine that believes nothing yet."""
        adapters = self.network.adapters.values()
        lifecycles = [each for adapter in adapters for each in adapter.lifecycles]
        return Engine(lifecycles, self.network.topology.chains)

    def now(self) -> Timestamp:
        """Milliseconds since the epoch."""
        return wall_clock()

    async def run(self) -> None:
        """Follow every chain that has an upstream, until `stop` is set."""
        await step_back_all(self.store)
        await self._load()
        spare_collector()
        async with aiohttp.ClientSession() as session:
            tasks = [
                asyncio.create_task(self._follow(chain, session), name=chain.name)
                for chain in self.network.topology.chains.values()
                if chain.upstreams
            ]
            tasks.append(asyncio.create_task(self._tick(), name="tick"))
            tasks.append(asyncio.create_task(self._write_rows(), name="rows"))
            if self.settings.keep is not None:
                tasks.append(asyncio.create_task(self._prune(self.settings.keep), name="prune"))
            try:
                await self._until_stopped(tasks)
            finally:
                self.stop.set()
                await asyncio.gather(*tasks, return_exceptions=True)
                with contextlib.suppress(StoreError):
                    await self.write_rows()

    async def log_and_believe(self, entry: Entry) -> None:
        """Append what was learned, then believe it and do what follows from it."""
        async with self._gate:
            seqs = await self._append(entry)
            self.projection.note(entry.facts, seqs)
            now = self.now()
            for fact in entry.facts:
                self.carry_out(self.engine.observe(fact, now))

    async def retract(self, chain: ChainName, entry: Entry, *, broke_finality: bool) -> None:
        """Blocks left a chain: what they said is gone, in the store and in the view."""
        async with self._gate:
            await self._append(entry)
            if broke_finality:  # what was let go may be open again; the chains are read on as ever
                await self._load()
                return
            assert entry.retract_above is not None
            self.carry_out(self.engine.retract(chain, entry.retract_above, self.now()))

    def see_head(self, fact: Fact) -> None:
        """A chain got further: what is final may be let go, its rows first."""
        self.projection.collect(self.engine.view)
        self.carry_out(self.engine.observe(fact, self.now()))

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the core asks for."""
        self.projection.mark(effects)
        for effect in effects:
            if isinstance(effect, PutQuestion) and effect.ask.chain in self.feeds:
                self.feeds[effect.ask.chain].put(effect.ask)

    async def write_rows(self) -> None:
        """Bring the lists up to date with the view."""
        async with self._gate:
            if not self.projection.dirty and not self.projection.rows:
                return
            rows, gone = self.projection.take(self.engine.view)
            try:
                await self.store.save_messages(rows, gone, self.projection.last_seq)
            except StoreError:
                self.projection.put_back(rows, gone)
                raise
            await write_experience(self.store, self.engine.experience)

    # ---- parts of running

    async def _load(self) -> None:
        """Believe again what the store holds, and ask what is asked without a fact."""
        self.engine = self.new_engine()
        self.engine.experience = await read_experience(self.store)
        self.projection = Projection()
        await load_engine(self.store, self.engine, self.projection, self.now())
        for ask in self.dispatch.parameters:
            self.engine.asks.put(ask, self.now())

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        """Return when asked to stop; raise what ended a task that should not have ended."""
        stopper = asyncio.create_task(self.stop.wait())
        done, _ = await asyncio.wait([*tasks, stopper], return_when=asyncio.FIRST_COMPLETED)
        stopper.cancel()
        for task in done - {stopper}:
            task.result()

    async def _append(self, entry: Entry) -> list[int]:
        while True:
            try:
                seqs = await self.store.append(entry)
            except StoreError as error:
                if self.stop.is_set():
                    raise
                if self.store_fault != str(error):
                    self.log.error("store-failing", reason=str(error))
                self.store_fault = str(error)
                await self._pause(STORE_RETRY_S)
                continue
            self.store_fault = ""
            return seqs

    async def _follow(self, chain: Chain, session: aiohttp.ClientSession) -> None:
        pool = open_pool(chain, session, resolve)
        try:
            feed = await self._feed(chain, pool)
            if feed is not None:
                self.feeds[chain.name] = feed
                await feed.follow.run(self.stop)
        finally:
            await pool.close()

    async def _feed(self, chain: Chain, pool: Pool) -> ChainFeed | None:
        """A feed that goes on where the store left off, or starts where the settings say."""
        cursor = (await read_cursors(self.store)).get(chain.name)
        if cursor is not None:
            first = Height(cursor.started)
        else:
            found = await self._start_height(chain, pool)
            if found is None:
                return None
            first = found
        watched = self.dispatch.filter(chain.name)
        logs = LogFilter(watched.addresses or NOBODY, watched.topics)
        plan = FollowPlan(chain.name, chain.block_time, first, logs)
        follower = Follower(plan)
        if cursor is not None:
            blocks = await read_blocks(self.store, chain.name)
            points = [Point(Height(b.height), b.hash, Timestamp(b.time)) for b in blocks]
            at = Point(Height(cursor.height), cursor.hash, Timestamp(cursor.time))
            follower.restore(at, points)
        return ChainFeed(self, follower, pool, first)

    async def _start_height(self, chain: Chain, pool: Pool) -> Height | None:
        """The first block to read; asked for until a node answers or we are stopped."""
        while not self.stop.is_set():
            try:
                return await self._height_at_start(pool)
            except RpcError as error:
                self.log.error("blind", chain=chain.name, reason=str(error))
                await self._pause(CHAIN_RETRY_S)
        return None

    async def _height_at_start(self, pool: Pool) -> Height:
        start = self.settings.start
        if start == "latest":
            return await latest_height(pool)
        if start.isdigit():
            return Height(int(start))
        return await find_height(pool, Timestamp(self.now() - _age(start)))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until we are stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()

    async def _tick(self) -> None:
        while not self.stop.is_set():
            self.carry_out(self.engine.tick(self.now()))
            due = self.engine.next_deadline()
            wait = TICK_S if due is None else min(TICK_S, max(0.0, (due - self.now()) / 1000))
            await asyncio.sleep(max(wait, 0.01))

    async def _write_rows(self) -> None:
        while not self.stop.is_set():
            await self._pause(WRITE_EVERY_S)
            try:
                await self.write_rows()
            except StoreError as error:
                self.log.error("store-failing", reason=str(error))

    async def _prune(self, keep: Duration) -> None:
        """Let go of what is older than the operator wants to keep."""
        while not self.stop.is_set():
            try:
                count = await prune(self.store, Timestamp(self.now() - keep))
                self.log.info("pruned", facts=count)
            except StoreError as error:
                self.log.error("store-failing", reason=str(error))
            await self._pause(PRUNE_EVERY_S)


def _age(text: str) -> Duration:
    try:
        return duration(text)
    except SettingsError as error:
        raise SettingsError(
            f"{text!r} is no start; expected a block number, `latest` or an age such as 2h"
        ) from error
