"""The process that is measured: a daemon on a store, served as ever, and fed by its clock.

What it has to do is told to it. Its first line is its address, every other one what its clock shows
(milliseconds).
"""

import asyncio
import signal
import sys

import msgspec

from layerkeep.app import readiness
from layerkeep.app.logs import set_up_logs
from layerkeep.app.serving import Serving
from layerkeep.bench.calling.world import Brief, Clock, Fed, planned_in, readings, topology
from layerkeep.core.units import Duration
from layerkeep.edge.store.log import Store

TELLS_EVERY_S = 0.1


async def serve(brief: Brief) -> None:
    """Serve until asked to end."""
    set_up_logs("error", as_json=True)
    # What a stall lasts by this clock is so many times longer than by the wall's.
    readiness.UNHEARD_MAX = Duration(int(readiness.UNHEARD_MAX * brief.pace))
    planned = planned_in(brief)
    known = topology(planned, brief.hooks, brief.began)
    store = await Store.open(brief.store, known.network)
    clock = Clock(brief.began, brief.pace)
    daemon = Fed(known, store, clock, readings(planned, brief.began))
    serving = Serving(daemon, "127.0.0.1:0")
    await serving.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, daemon.stop.set)
    _tell(serving.address)
    beside = [asyncio.create_task(daemon.run_clock()), asyncio.create_task(_show(clock))]
    try:
        await daemon.run()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await serving.stop()
        await store.close()


async def _show(clock: Clock) -> None:
    while True:
        _tell(str(clock.now()))
        await asyncio.sleep(TELLS_EVERY_S)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.argv[1], type=Brief)))
