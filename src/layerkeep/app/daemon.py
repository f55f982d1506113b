"""The daemon: log the fact, ask the core, carry out its effects.

One daemon follows one network. Each chain has a feed of its own; what they learn goes one after the
other through one gate: appended to the store first, believed second. If the store fails, nothing is
believed and the same entry is tried again until it succeeds or the daemon stops.

Nothing is judged before every chain that answers is read to its newest blocks: what happened while
nobody looked would seem overdue. So it is after a start, and after a failure of the store.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import structlog

from layerkeep.app.chain_feed import ChainFeed, known_of
from layerkeep.app.collector import spare_collector
from layerkeep.app.diary import Diary
from layerkeep.app.integrity.inspection import Inspection
from layerkeep.app.integrity.survey import Survey
from layerkeep.app.operating.noted import note_secrets
from layerkeep.app.paging import Pages
from layerkeep.app.readiness import Lateness, Readiness
from layerkeep.app.restart import load_engine, load_incidents, prepare, projection_of
from layerkeep.app.runs import Runs
from layerkeep.app.settings import TOLD, Settings, start_age
from layerkeep.app.tracing import Tracing
from layerkeep.app.usual import read_experience, write_experience
from layerkeep.core.adapter import Adapter
from layerkeep.core.dispatch import build_dispatch
from layerkeep.core.effects import Effect, PutQuestion
from layerkeep.core.engine import Engine
from layerkeep.core.errors import RpcError, StoreError
from layerkeep.core.facts import Fact, HeadSeen
from layerkeep.core.follower import Follower, FollowPlan, LogFilter, Point
from layerkeep.core.network.layers import layers_of
from layerkeep.core.rules.user_rule import rules_of
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import ZERO_ADDRESS, ChainName, Height, Timestamp
from layerkeep.edge.follow import wall_clock
from layerkeep.edge.rpc.find_height import find_height, latest_height
from layerkeep.edge.rpc.open_pool import open_beacons, open_pool
from layerkeep.edge.rpc.pool import Pool
from layerkeep.edge.secrets import resolve
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import last_operated, words_after
from layerkeep.edge.store.pruning import prune, prune_observations
from layerkeep.edge.store.reading import read_blocks, read_cursors
from layerkeep.edge.store.records import Entry

WRITE_EVERY_S = 0.5
"""Rows for lists are written this often: soon enough for a person, rare enough for the disk."""

TICK_S = 0.2
"""The longest sleep between two looks at what is due."""

NOBODY = (ZERO_ADDRESS,)
"""Whose logs are asked for where nothing is watched: no filter at all would mean everybody's."""

LISTEN_EVERY_S = 1.0
"""Operators' words are looked for this often."""

PRUNE_EVERY_S = 3600.0
STORE_RETRY_S = 1.0
CHAIN_RETRY_S = 2.0

Stored = TypeVar("Stored")


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
        self.layers = layers_of(network.topology, network.adapters)
        self.engine = self.new_engine()
        self.projection = projection_of(network, self.engine.experience)
        self.diary = Diary()
        self.readiness = Readiness(())
        self.feeds: dict[str, ChainFeed] = {}
        self.listeners: list[Callable[[Fact], None]] = []  # told before the engine is
        self.log = structlog.get_logger()
        self.stop = asyncio.Event()
        self.store_fault = ""
        self.lateness = Lateness()
        self.tracing = Tracing(self)
        self.pages = Pages(self)
        self.runs = Runs(self)
        self._gate = asyncio.Lock()

    def new_engine(self) -> Engine:
        """An engine that believes nothing yet."""
        topology = self.network.topology
        lifecycles = [each for a in self.network.adapters.values() for each in a.lifecycles]
        engine = Engine(lifecycles, topology.chains, self.layers, rules_of(topology))
        engine.watch.asleep = True
        return engine

    def now(self) -> Timestamp:
        """Milliseconds since the epoch."""
        return wall_clock()

    async def run(self) -> None:
        """Follow every chain that has an upstream, until `stop` is set."""
        await prepare(self.store, self.network)
        await self.load()
        spare_collector()
        async with aiohttp.ClientSession() as session:
            tasks = [
                asyncio.create_task(self._follow(chain, session), name=chain.name)
                for chain in self.network.topology.chains.values()
                if chain.upstreams
            ]
            chains = self.network.topology.chains.values()
            self.readiness = Readiness(each.name for each in chains if each.upstreams)
            beacons = {str(each.name): open_beacons(each, session, resolve) for each in chains}
            parts = {"inspection": Inspection(self, beacons).run(), "traces": self.tracing.run()}
            parts |= {"tick": self._tick(), "rows": self._write_rows(), "listen": self._listen()}
            parts |= {"prune": self._prune(), "runs": self.runs.run(session)}
            parts |= {"pages": self.pages.run()}
            tasks += [asyncio.create_task(part, name=name) for name, part in parts.items()]
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
            seqs = await self._stored(lambda: self.store.append(entry))
            self.projection.note(entry.facts, seqs)
            now = self.now()
            for fact in (*entry.facts, *entry.observed):
                self._believe(fact, now)
            await self._write_urgent()

    async def observe(self, *observed: Fact) -> None:
        """Log what is true of this moment and of no block, then believe it."""
        async with self._gate:
            now = self.now()
            await self._stored(lambda: self.store.observe(observed, now))
            for fact in observed:
                self._believe(fact, now)
            await self._write_urgent()

    async def heed(self) -> None:
        """Carry out what operators said in the store, each word once (docs/adr/0006)."""
        for word in await words_after(self.store, await last_operated(self.store)):
            async with self._gate:
                self.carry_out(self.engine.observe(word.fact, self.now()))
                await self._write_incidents(word.id)

    async def look(self) -> None:
        """Do what is due by now; begin to judge once enough is known for that."""
        async with self._gate:
            now = self.now()
            self.lateness.note(now, self.engine.next_deadline())
            if not self.readiness.looks(now):
                self.engine.watch.asleep = True
                self.log.warning("not-judging", reason="nothing could be taken in for a while")
            if self.engine.watch.asleep and self.readiness.is_ready(self.feeds, now):
                self.carry_out(self.engine.start(now))
                self.log.info("judging", lacks=len(self.engine.watch.lacking()))
            self.carry_out(self.engine.tick(now))
            await self._write_urgent()

    async def retract(self, chain: ChainName, entry: Entry, *, broke_finality: bool) -> None:
        """Blocks left a chain: what they said is gone, in the store and in the view."""
        async with self._gate:
            await self._stored(lambda: self.store.append(entry))
            if broke_finality:  # what was let go may be open again; the chains are read on as ever
                await self._write_incidents()
                await self.load()
                return
            assert entry.retract_above is not None
            now = self.now()
            self.carry_out(self.engine.retract(chain, entry.retract_above, now))
            for fact in entry.observed:
                self._believe(fact, now)
            await self._write_urgent()

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the core asks for."""
        self.projection.mark(effects)
        self.diary.mark(effects)
        self.tracing.mark(effects)
        for effect in effects:
            if isinstance(effect, PutQuestion) and effect.ask.chain in self.feeds:
                self.feeds[effect.ask.chain].put(effect.ask)

    async def write_rows(self) -> None:
        """Bring the lists up to date with the view."""
        async with self._gate:
            await self._write_incidents()
            if not self.projection.is_stale(self.engine.view):
                return
            rows, gone = self.projection.take(self.engine.view)
            try:
                await self.store.save_messages(rows, gone, self.projection.last_seq)
            except StoreError:
                self.projection.put_back(rows, gone)
                raise
            await write_experience(self.store, self.engine.experience)

    def _believe(self, fact: Fact, now: Timestamp) -> None:
        """A fact is in the store: the engine may know it."""
        if isinstance(fact.says, HeadSeen):  # what is final may be let go, its rows first
            self.projection.collect(self.engine.view)
        for listener in (self.readiness.saw, *self.listeners):
            listener(fact)
        self.carry_out(self.engine.observe(fact, now))

    async def _write_urgent(self) -> None:
        if self.diary.is_urgent:
            await self._write_incidents()

    async def _write_incidents(self, operated: int = 0) -> None:
        """Incidents are in the store as they are now; then whoever listens is told."""
        if not self.diary.moved and not operated:
            return
        rows = self.diary.rows(self.engine.incidents)
        await self._stored(lambda: self.store.save_incidents(rows, operated))
        self.pages.take(row.id for row in rows)
        for told in self.diary.spoken(rows):
            self.log.warning("incident", **told)

    async def load(self) -> None:
        """Believe again what the store holds, and ask what is asked without a fact."""
        self.engine = self.new_engine()
        self.engine.experience.times.update((await read_experience(self.store)).times)
        self.projection = projection_of(self.network, self.engine.experience)
        await load_engine(self.store, self.engine, self.projection, self.now())
        self.diary = Diary()
        self.carry_out(await load_incidents(self.store, self.engine, self.now()))
        for ask in self.dispatch.parameters:
            self.engine.asks.put(ask, self.now())

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        """Return when asked to stop; raise what ended a task that should not have ended."""
        stopper = asyncio.create_task(self.stop.wait())
        done, _ = await asyncio.wait([*tasks, stopper], return_when=asyncio.FIRST_COMPLETED)
        stopper.cancel()
        for task in done - {stopper}:
            task.result()

    async def _stored(self, write: Callable[[], Awaitable[Stored]]) -> Stored:
        """What writing gives; tried until it succeeds, a StoreError if we are stopped meanwhile."""
        while True:
            try:
                found = await write()
            except StoreError as error:
                if self.stop.is_set():
                    raise
                if self.store_fault != str(error):
                    self.log.error("store-failing", reason=str(error))
                self.store_fault = str(error)
                await self._pause(STORE_RETRY_S)
                continue
            self.store_fault = ""
            return found

    async def _follow(self, chain: Chain, session: aiohttp.ClientSession) -> None:
        """Read a chain and look at its upstreams until stopped."""
        pool = open_pool(chain, session, resolve)
        parts = [
            asyncio.create_task(self._read(chain, pool)),
            asyncio.create_task(self._survey(chain, pool)),
        ]
        try:
            await asyncio.gather(*parts)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            await pool.close()

    async def _read(self, chain: Chain, pool: Pool) -> None:
        feed = await self._feed(chain, pool)
        if feed is not None:
            self.feeds[chain.name] = feed
            await feed.follow.run(self.stop)

    async def _survey(self, chain: Chain, pool: Pool) -> None:
        here = self.dispatch.filter(chain.name)
        logs = LogFilter(here.addresses, here.topics)
        layer = self.layers[chain.name]
        known = known_of(self.feeds, chain.name)
        survey = Survey(layer.name, pool, layer.poll_every, known, logs)
        with contextlib.suppress(StoreError):  # told by whoever else needs the store
            await survey.run(self.stop, self.now, self.observe)

    async def _feed(self, chain: Chain, pool: Pool) -> ChainFeed | None:
        """A feed that goes on where the store left off, or starts where the settings say."""
        cursor = (await read_cursors(self.store)).get(chain.name)
        if cursor is None:
            first = await self._start_height(chain, pool)
        else:
            first = Height(cursor.started)
        if first is None:
            return None
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
        return await find_height(pool, Timestamp(self.now() - start_age(start)))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until we are stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()

    async def _tick(self) -> None:
        while not self.stop.is_set():
            await self.look()
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

    async def _listen(self) -> None:
        while not self.stop.is_set():
            try:
                await note_secrets(self.store)
                await self.heed()
            except StoreError as error:
                self.log.error("store-failing", reason=str(error))
            await self._pause(LISTEN_EVERY_S)

    async def _prune(self) -> None:
        """Let go of what is older than the operator wants to keep."""
        keep = self.settings.keep
        while not self.stop.is_set():
            try:
                now = self.now()
                observed = self.settings.observed
                count = await prune_observations(self.store, Timestamp(now - observed))
                count += await self.pages.prune(Timestamp(now - max(observed, TOLD)))
                count += 0 if keep is None else await prune(self.store, Timestamp(now - keep))
                self.log.info("pruned", facts=count)
            except StoreError as error:
                self.log.error("store-failing", reason=str(error))
            await self._pause(PRUNE_EVERY_S)
