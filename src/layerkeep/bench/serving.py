"""What is shown, asked for over HTTP from a daemon with a million messages and fifty chains.

The daemon runs in a process of its own and blocks come to it all the while. Pages are asked for one
after the other; then clients follow pages, live, and what they cost is read from that process.
"""

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import psutil  # type: ignore[import-untyped]

from layerkeep.bench.figures import Figure, Outcome, Skipped, best
from layerkeep.bench.network import address
from layerkeep.bench.serving_clients import addresses, fetched, follow, served
from layerkeep.bench.serving_memory import memory
from layerkeep.bench.serving_world import CROWD, fill
from layerkeep.core.units import DAY

MESSAGES = 1_000_000
STILL_OPEN = 20_000
BYTES_EACH = 1_500
"""What a row takes in the store with its indexes, for the look at the disk beforehand."""

PAGE_MS = 150.0
FIRST_LOAD_KB = 60.0
CORE_PERCENT = 40.0
CLIENT_KB = 20.0

CLIENTS = 200
ASKED = 40
"""So often each page is asked for: the 95th percentile leaves two of them out."""
ASKED_OF_EACH = 10
FOLLOWED_S = 20.0
SETTLE_S = 8.0
LATER = 3
"""Links to the next page that are followed before a later page is measured."""

OVERVIEW = "/"
METRICS = "/metrics"
NEXT = re.compile(r'href="(/messages\?[^"]*cursor=[^"]*)"')
ASSETS = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


@dataclass(frozen=True, slots=True)
class Cost:
    """What following costs: percent of a core without clients, and with them."""

    alone: float
    followed: float


def measure() -> list[Outcome]:
    """Pages, the first load and live clients."""
    count = int(os.environ.get("BENCH_MESSAGES", MESSAGES))
    still_open = min(STILL_OPEN, count // 10)
    folder = Path(os.environ.get("BENCH_FOLDER", tempfile.gettempdir()))
    title = f"{count:,} messages served"
    if not folder.is_dir():
        return [Skipped(title, f"{folder} is no folder")]
    free, needed = shutil.disk_usage(folder).free, count * BYTES_EACH
    if free < needed:
        return [Skipped(title, f"{folder} has {free / 1e9:.0f} GB free, not {needed / 1e9:.0f}")]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = str(Path(place) / "serving.sqlite")
        asyncio.run(fill(path, count - still_open, still_open, int(time.time() * 1000)))
        with served(path) as server:
            found = list(_pages(server.seen, server.at, f"with {count:,} messages: "))
            found += _live(server.seen, server.at)
        return [*found, *memory(path, CLIENTS, CLIENT_KB)]


# ---- pages


def _pages(server: psutil.Process, at: str, title: str) -> Iterator[Outcome]:
    parsing = _parsing(fetched(at, "/api/v1/overview").body)
    yield from _timed(server, title + "overview", [(at, OVERVIEW)] * ASKED, parsing)
    parsing = _parsing(fetched(at, "/api/v1/messages?limit=25").body)
    pages = [(at, path) for path in filtered(at) for _ in range(ASKED_OF_EACH)]
    yield from _timed(server, title + "messages", pages, parsing)
    yield from _timed(server, title + "metrics", [(at, METRICS)] * ASKED, None)
    page = fetched(at, OVERVIEW)
    assets = set(ASSETS.findall(page.body.decode()))
    wire = page.wire + sum(fetched(at, path).wire for path in assets)
    yield Figure("first load of the overview", wire / 1e3, "kB", FIRST_LOAD_KB)


def _parsing(body: bytes) -> float:
    """The seconds it takes to parse the same answer in JSON."""
    return best(lambda: msgspec.json.decode(body))[0]


def _timed(
    server: psutil.Process, name: str, pages: Sequence[tuple[str, str]], parsing: float | None
) -> Iterator[Outcome]:
    """The 95th percentile of the time to answer, and the processor's time of a request."""
    fetched(*pages[0])
    before = _cpu(server)
    taken = sorted(fetched(*page).seconds for page in pages)
    cpu = (_cpu(server) - before) / len(pages)
    slow = taken[len(taken) * 95 // 100]
    ratio = None if parsing is None else slow / parsing
    yield Figure(f"{name} (p95)", slow * 1e3, "ms", PAGE_MS, ratio=ratio)
    yield Figure(f"{name} (processor, mean)", cpu * 1e3, "ms", PAGE_MS)


def filtered(at: str) -> list[str]:
    """Pages of messages by every kind of filter and by several at once, each first and later."""
    stuck = msgspec.json.decode(fetched(at, "/api/v1/messages?state=overdue&limit=100").body)
    reason = next(each["reason"] for each in stuck["items"] if each.get("reason"))
    token = address(10**6 + 5)
    route = {"source": "root", "target": "op-01"}
    asked: list[dict[str, str]] = [
        {},
        route,
        {"stage": "proven"},
        {"stage": "executed"},
        {"older": "3d"},
        {"older": f"{DAY // 24}ms", "state": "open"},
        {"value_min": "50eth"},
        {"value_min": "1eth", "sort": "-value"},
        {"state": "overdue"},
        {"state": "late", "sort": "due"},
        {"state": "failed"},
        {"reason": reason},
        {"token": token},
        {"sender": CROWD},
        {"sender": address(10**9 + 4_321)},
        {"via": "op-01", "sort": "value"},
        {**route, "token": token, "older": "1d"},
        {"sender": CROWD, "stage": "finalized", "value_min": "1eth"},
        {**route, "stage": "executed", "value_min": "90eth"},
        {"recipient": address(10**9 + 999), "state": "finished"},
        {"reason": reason, "via": "op-01", "sort": "-value"},
        {"token": token, "sender": CROWD, "sort": "-value"},
    ]
    firsts = [f"/messages?{urlencode(each)}" for each in asked]
    return [*firsts, *(later for first in firsts if (later := _later(at, first)))]


def _later(at: str, first: str) -> str:
    """The address some pages behind the first, empty if there is none."""
    path = first
    for _ in range(LATER):
        links = NEXT.findall(fetched(at, path).body.decode())
        if not links:
            return "" if path == first else path
        path = links[-1].replace("&amp;", "&")
    return path


# ---- live clients


def _live(server: psutil.Process, at: str) -> Iterator[Outcome]:
    cost = asyncio.run(_followed(server, at))
    extra = cost.followed - cost.alone
    name = f"{CLIENTS} live clients: of a core"
    yield Figure(name, extra, "%", CORE_PERCENT, ratio=cost.followed / cost.alone)


async def _followed(server: psutil.Process, at: str) -> Cost:
    """The process with nobody following, then with all."""
    alone = await _share(server)
    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(follow(at, path)) for path in addresses(CLIENTS)]
        await asyncio.sleep(SETTLE_S)
        share = await _share(server)
        assert not any(client.done() for client in clients), "all of them still follow"
        for client in clients:
            client.cancel()
    return Cost(alone, share)


async def _share(server: psutil.Process) -> float:
    """Percent of a core that the process takes."""
    before, began = _cpu(server), time.perf_counter()
    await asyncio.sleep(FOLLOWED_S)
    return 100 * (_cpu(server) - before) / (time.perf_counter() - began)


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)
