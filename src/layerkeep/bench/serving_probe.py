"""The process that is measured: a daemon on a store, served as ever; its address is told first."""

import asyncio
import signal
import sys

from layerkeep.app.daemon import Network
from layerkeep.app.logs import set_up_logs
from layerkeep.app.serving import Serving
from layerkeep.app.settings import Settings
from layerkeep.bench.network import ADAPTERS
from layerkeep.bench.serving_world import Fed, topology
from layerkeep.edge.store.log import Store


async def serve(path: str) -> None:
    """Serve until asked to end."""
    set_up_logs("error", as_json=True)
    network = Network(topology(), ADAPTERS)
    store = await Store.open(path, network.topology.network)
    daemon = Fed(network, store, Settings("", path))
    serving = Serving(daemon, "127.0.0.1:0")
    await serving.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, daemon.stop.set)
    sys.stdout.write(serving.address + "\n")
    sys.stdout.flush()
    try:
        await daemon.run()
    finally:
        await serving.stop()
        await store.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
