"""A devnet with layerkeep on it, for as long as a measurement or a demo takes."""

import asyncio
import shutil
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.serving import Serving
from layerkeep.app.settings import Settings
from layerkeep.core.topology.parse import read_topology
from layerkeep.devnet.node import claim_state_root
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
async def staged(
    seed: int = 1, stop: asyncio.Event | None = None, *, listen: str = ""
) -> AsyncIterator[Stage]:
    """A devnet with traffic, followed from its first block to its newest; gone afterwards.

    Given at once where `stop` is set meanwhile, or where that takes too long. Console, API and
    metrics are served at `listen` (HOST:PORT), if that is given; SettingsError if it is taken.
    """
    folder = claim_state_root()  # should we be killed, the next start sweeps it
    try:
        system = await System.start(DevnetPlan(data_dir=folder, seed=seed))
        try:
            async with _followed(system, folder) as stage, _served(stage.daemon, listen):
                await _until_ready(stage, stop or asyncio.Event())
                yield stage
        finally:
            await system.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _followed(system: System, folder: Path) -> AsyncIterator[Stage]:
    adapters = load_adapters()
    path, kept = folder / "devnet.toml", str(folder / "devnet.sqlite")
    path.write_text(system.topology_toml())
    topology = read_topology({path.name: tomllib.loads(path.read_text())}, adapters)
    store = await Store.open(kept, topology.network)
    daemon = Daemon(Network(topology, adapters), store, Settings(str(path), kept, "0"))
    running = asyncio.create_task(daemon.run())
    try:
        yield Stage(system, daemon, store, running)
    finally:
        daemon.stop.set()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()


@asynccontextmanager
async def _served(daemon: Daemon, listen: str) -> AsyncIterator[None]:
    """The daemon is served at this address, or nowhere if there is none."""
    if not listen:
        yield
        return
    serving = Serving(daemon, listen)
    await serving.start()
    try:
        yield
    finally:
        await serving.stop()


async def _until_ready(stage: Stage, stop: asyncio.Event) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not stage.caught_up() and not stop.is_set() and time.monotonic() < until:
        stage.check()
        await asyncio.sleep(LOOK_EVERY_S)
