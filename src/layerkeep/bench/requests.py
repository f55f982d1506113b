"""How many requests the chains of a running devnet cost for each new block."""

import asyncio
import shutil
import tempfile
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.integrity.survey import LOOK_EVERY_MIN
from layerkeep.app.logs import set_up_logs
from layerkeep.app.settings import Settings
from layerkeep.bench.figures import Figure, Outcome, Skipped
from layerkeep.core.topology import Topology
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import SECOND
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store

WARM_UP_S = 8.0
MEASURED_S = 90.0
BARE_S = 30.0
REQUESTS_MAX = 2.0
SAMPLES_MAX = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests of one chain: the follower's per new block, the survey's per upstream and look."""

    per_block: float
    per_look: float


def measure() -> list[Outcome]:
    """Requests per new block over HTTP, of the chain that costs most, and those of the survey."""
    name = "requests per new block"
    try:
        everything, nothing = asyncio.run(_measure())
    except DevnetError as error:
        return [Skipped(name, str(error))]
    worst = max(everything, key=lambda chain: everything[chain].per_block)
    return [
        Figure(
            f"{name} ({worst}, all watched)",
            everything[worst].per_block,
            "requests",
            REQUESTS_MAX,
            ratio=everything[worst].per_block / nothing[worst].per_block,
        ),
        Figure(
            "requests of the survey (each upstream, each look)",
            max(cost.per_look for cost in everything.values()),
            "requests",
            SAMPLES_MAX,
        ),
    ]


async def _measure() -> tuple[dict[str, Cost], dict[str, Cost]]:
    """The cost by chain when everything is watched, and when nothing but heads is."""
    set_up_logs("error", as_json=True)
    folder = Path(tempfile.mkdtemp(prefix="layerkeep-bench-"))
    try:
        system = await System.start(DevnetPlan(data_dir=folder))
        try:
            topology = _over_http(system.topology_toml())
            bare = replace(
                topology,
                chains={
                    name: replace(chain, stack="ethereum", settles_on=None, contracts={})
                    for name, chain in topology.chains.items()
                },
            )
            everything = await _requests(topology, folder / "all.sqlite", MEASURED_S)
            return everything, await _requests(bare, folder / "none.sqlite", BARE_S)
        finally:
            await system.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _over_http(text: str) -> Topology:
    """The devnet's topology without subscriptions: polling is the dearer way."""
    topology = read_topology({"devnet.toml": tomllib.loads(text)}, load_adapters())
    chains = {
        name: replace(
            chain, upstreams=tuple(replace(upstream, ws_url="") for upstream in chain.upstreams)
        )
        for name, chain in topology.chains.items()
    }
    return replace(topology, chains=chains)


async def _requests(topology: Topology, path: Path, seconds: float) -> dict[str, Cost]:
    """What each chain cost while it was measured."""
    store = await Store.open(str(path), topology.network)
    daemon = Daemon(Network(topology, load_adapters()), store, Settings("", str(path), "latest"))
    running = asyncio.create_task(daemon.run())
    try:
        await asyncio.sleep(WARM_UP_S)
        before = _counts(daemon)
        await asyncio.sleep(seconds)
        after = _counts(daemon)
    finally:
        daemon.stop.set()
        await running
        await store.close()
    found = {}
    for name, (followed, sampled, blocks) in after.items():
        feed = daemon.feeds[name]
        every = max(daemon.layers[feed.chain].poll_every, LOOK_EVERY_MIN) / SECOND
        looks = (seconds / every + 1) * len(list(feed.pool.clients))
        per_block = (followed - before[name][0]) / (blocks - before[name][2])
        found[name] = Cost(per_block, (sampled - before[name][1]) / looks)
    return found


def _counts(daemon: Daemon) -> dict[str, tuple[int, int, int]]:
    """Requests, those of samples, and blocks so far, by chain."""
    return {
        name: (feed.pool.followed, feed.pool.sampled.total(), feed.blocks)
        for name, feed in daemon.feeds.items()
    }
