"""The process that is measured: a daemon on a store, served as ever; its address is told first.

With the word `still` its chains stand still, and at the signal USR1 it tells its bytes in use.
"""

import asyncio
import gc
import signal
import sys
import tracemalloc

import aiohttp

from layerkeep.app.daemon import Network
from layerkeep.app.logs import set_up_logs
from layerkeep.app.serving import Serving
from layerkeep.app.settings import Settings
from layerkeep.bench.network import ADAPTERS
from layerkeep.bench.serving_memory import bytes_in_use
from layerkeep.bench.serving_world import Fed, chain_looked, topology
from layerkeep.core.topology import Chain
from layerkeep.edge.store.log import Store


class Still(Fed):
    """A daemon to which the newest block of each chain comes, and no other."""

    async def _follow(self, chain: Chain, session: aiohttp.ClientSession) -> None:
        del session
        now = int(self.now())
        await self.log_and_believe(self._entry(chain, now))
        await self.observe(chain_looked(chain, now))
        await self.stop.wait()


def tell() -> None:
    """One line: the bytes in use."""
    gc.collect()
    sys.stdout.write(f"{bytes_in_use()}\n")
    sys.stdout.flush()


async def serve(path: str, kind: type[Fed]) -> None:
    """Serve until asked to end."""
    set_up_logs("error", as_json=True)
    network = Network(topology(), ADAPTERS)
    store = await Store.open(path, network.topology.network)
    daemon = kind(network, store, Settings("", path))
    serving = Serving(daemon, "127.0.0.1:0")
    await serving.start()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, daemon.stop.set)
    loop.add_signal_handler(signal.SIGUSR1, tell)
    sys.stdout.write(serving.address + "\n")
    sys.stdout.flush()
    try:
        await daemon.run()
    finally:
        await serving.stop()
        await store.close()


if __name__ == "__main__":
    stands_still = "still" in sys.argv[2:]
    if stands_still:
        tracemalloc.start()
    asyncio.run(serve(sys.argv[1], Still if stands_still else Fed))
