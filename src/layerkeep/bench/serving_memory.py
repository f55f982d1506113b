"""What memory one more live client takes, told apart from what the daemon itself takes and frees.

The RSS of a daemon that follows fifty chains goes up and down by megabytes, as does SQLite's cache,
and pages that it freed are used again: two hundred clients of 20 kB cannot be seen in it. So a
process of its own serves the store with all chains standing still, and tells after a collection how
many bytes of Python's are in use (tracemalloc). Alone, with clients only, these are what RSS grows
by, within a tenth; buffers in the kernel are in neither.

Clients come in waves and stay. A wave's window stands between two of the same length in which
nobody comes; half of what those two grew by is taken off, and the median of the waves counts.
"""

import asyncio
import itertools
import signal
import statistics
import tracemalloc
from collections.abc import Iterator

from layerkeep.bench.figures import Figure, Outcome
from layerkeep.bench.serving_clients import Server, addresses, follow, served

WAVES = 3
EACH = 150
"""Clients of a wave: with all waves there may be no more than the streams let in."""
WINDOW_S = 6.0
LOOKS = 8
LOOK_EVERY_S = 0.37
"""No divisor of the second in which pages are rendered again."""


def bytes_in_use() -> int:
    """Bytes that Python's objects take in this process, since tracemalloc was started."""
    return tracemalloc.get_traced_memory()[0]


def memory(path: str, clients: int, target_kb: float) -> Iterator[Outcome]:
    """What each of so many clients and more takes, of a daemon on this store."""
    with served(path, "still") as server:
        each = asyncio.run(_each(server))
    yield Figure(f"{clients} live clients: memory of each", each / 1e3, "kB", target_kb)


async def _each(server: Server) -> float:
    """The median of the waves, in bytes."""
    async with asyncio.TaskGroup() as group:
        paths = addresses(EACH)
        known = list(dict.fromkeys(paths))
        clients = [group.create_task(follow(server.at, path)) for path in known]
        await asyncio.sleep(WINDOW_S)
        held = [await _held(server)]
        for _ in range(WAVES):
            held.append(await _later(server))
            clients += [group.create_task(follow(server.at, path)) for path in paths]
            held.append(await _later(server))
        held.append(await _later(server))
        assert not any(client.done() for client in clients), "all of them still follow"
        for client in clients:
            client.cancel()
    return each_of(held, EACH)


def each_of(held: list[int], count: int) -> float:
    """The median of what a client takes, by the bytes held between windows.

    Windows without clients and with `count` of them follow each other; the first and the last are
    without.
    """
    grown = [after - before for before, after in itertools.pairwise(held)]
    waves = range(1, len(grown) - 1, 2)
    alone = {at: (grown[at - 1] + grown[at + 1]) / 2 for at in waves}
    return statistics.median((grown[at] - alone[at]) / count for at in waves)


async def _later(server: Server) -> int:
    await asyncio.sleep(WINDOW_S)
    return await _held(server)


async def _held(server: Server) -> int:
    """The fewest bytes in use of some looks: what an answer in the making takes is left out."""
    found = []
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK_EVERY_S)
        server.process.send_signal(signal.SIGUSR1)
        found.append(int(await asyncio.to_thread(server.line)))
    return min(found)
