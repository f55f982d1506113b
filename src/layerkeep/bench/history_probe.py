"""A fresh process on a store: what its start takes, and what a trace takes."""

import asyncio
import sys
import time

import msgspec
import psutil  # type: ignore[import-untyped]

from layerkeep.app.collector import spare_collector
from layerkeep.bench import network
from layerkeep.bench.history import Measured
from layerkeep.core.facts import Fact
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.family import story_of
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import decoded, encoded

WARM = 20
"""Traces beforehand, some of each kind: a statement is compiled when it is first used."""


def parse_s(facts: list[Fact]) -> float:
    """The time it takes to parse these facts, and nothing else."""
    bodies = [encoded(fact) for fact in facts]
    began = time.perf_counter()
    for body in bodies:
        decoded(body)
    return time.perf_counter() - began


async def probe(path: str, names: list[str]) -> Measured:
    """Start, believe what was open, trace."""
    began = time.perf_counter()
    store = await Store.open(path, "bench")
    loaded = list((await load(store)).values())
    start_s = time.perf_counter() - began
    engine, count = network.engine(), len(loaded)
    began = time.perf_counter()
    for fact in loaded:
        engine.observe(fact, Timestamp(0))
    believe_s = time.perf_counter() - began
    parse_start_s = parse_s(loaded)
    del loaded
    spare_collector()  # as the daemon does once it has loaded
    for name in names[:WARM]:
        await _trace(store, name)
    first = [await _trace(store, name) for name in names[WARM:]]
    again = [await _trace(store, name) for name in names[WARM:]]
    stories = [min(each, key=_taken) for each in zip(first, again, strict=True)]
    stories.sort(key=_taken)
    slow, story = stories[len(stories) * 95 // 100]
    await store.close()
    return Measured(
        start_s=start_s,
        believe_s=believe_s,
        parse_start_s=parse_start_s,
        memory_mb=psutil.Process().memory_info().rss / 1e6,
        story_ms=slow * 1e3,
        slowest_ms=_taken(stories[-1]) * 1e3,
        coldest_ms=max(map(_taken, first)) * 1e3,
        parse_story_ms=parse_s(story) * 1e3,
        facts=count,
        open_messages=len(engine.view.messages),
    )


def _taken(trace: tuple[float, list[Fact]]) -> float:
    return trace[0]


async def _trace(store: Store, name: str) -> tuple[float, list[Fact]]:
    began = time.perf_counter()
    story = await story_of(store, [name])
    taken = time.perf_counter() - began
    assert len(story) > 1, f"{name} is known"
    return taken, list(story.values())


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=list[str])
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(probe(sys.argv[1], asked))))
