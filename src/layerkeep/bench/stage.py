"""A devnet with layerkeep on it, for as long as a measurement takes."""

import asyncio
import shutil
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import Settings
from layerkeep.core.topology.parse import read_topology
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store

READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running."""

    system: System
    daemon: Daemon
    store: Store
    running: "asyncio.Task[None]"

    def check(self) -> None:
        """Raises what ended the daemon, if it has ended."""
        if self.running.done():
            self.running.result()

    @property
    def admin_url(self) -> str:
        """Where the devnet's switches are."""
        return f"{self.system.description.root_url}/admin"

    def caught_up(self) -> bool:
        """True once every chain is read to its newest block."""
        feeds = self.daemon.feeds.values()
        chains = self.daemon.network.topology.chains
        return len(feeds) == len(chains) and all(
            feed.follower.heads.latest is not None and feed.progress.behind <= 1 for feed in feeds
        )


@asynccontextmanager
async def staged(seed: int = 1) -> AsyncIterator[Stage]:
    """A devnet with traffic, followed from its first block to its newest; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="layerkeep-stage-"))
    try:
        system = await System.start(DevnetPlan(data_dir=folder, seed=seed))
        try:
            async with _followed(system, folder) as stage:
                yield stage
        finally:
            await system.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _followed(system: System, folder: Path) -> AsyncIterator[Stage]:
    adapters = load_adapters()
    path = str(folder / "stage.sqlite")
    topology = read_topology({"devnet.toml": tomllib.loads(system.topology_toml())}, adapters)
    store = await Store.open(path, topology.network)
    daemon = Daemon(Network(topology, adapters), store, Settings("", path, "0"))
    running = asyncio.create_task(daemon.run())
    try:
        stage = Stage(system, daemon, store, running)
        await _until_ready(stage)
        yield stage
    finally:
        daemon.stop.set()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()


async def _until_ready(stage: Stage) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not stage.caught_up() and time.monotonic() < until:
        stage.check()
        await asyncio.sleep(LOOK_EVERY_S)
