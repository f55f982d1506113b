"""How many requests the chains of a running devnet cost for each new block."""

import asyncio
import shutil
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.logs import set_up_logs
from layerkeep.app.settings import Settings
from layerkeep.bench.figures import Figure, Outcome, Skipped
from layerkeep.core.topology import Topology
from layerkeep.core.topology.parse import read_topology
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store

WARM_UP_S = 8.0
MEASURED_S = 90.0
BARE_S = 30.0
REQUESTS_MAX = 2.0


def measure() -> list[Outcome]:
    """Requests per new block over HTTP, of the chain that costs most."""
    name = "requests per new block"
    try:
        everything, nothing = asyncio.run(_measure())
    except DevnetError as error:
        return [Skipped(name, str(error))]
    worst = max(everything, key=lambda chain: everything[chain])
    return [
        Figure(
            f"{name} ({worst}, all watched)",
            everything[worst],
            "requests",
            REQUESTS_MAX,
            ratio=everything[worst] / nothing[worst],
        )
    ]


async def _measure() -> tuple[dict[str, float], dict[str, float]]:
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


async def _requests(topology: Topology, path: Path, seconds: float) -> dict[str, float]:
    """Requests for each block that came while it was measured, by chain."""
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
    return {
        name: (after[name][0] - before[name][0]) / (after[name][1] - before[name][1])
        for name in after
    }


def _counts(daemon: Daemon) -> dict[str, tuple[int, int]]:
    """Requests and blocks so far, by chain."""
    return {
        name: (sum(feed.pool.counts.requests.values()), feed.blocks)
        for name, feed in daemon.feeds.items()
    }
