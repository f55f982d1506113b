"""Each journey is told once, as one trace, when it is over and cannot change any more."""

import asyncio
import tomllib
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import Settings
from layerkeep.app.tracing import TOLD
from layerkeep.core.adapter import Adapter
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Reached, Sent, Token
from layerkeep.core.incidents.incident import ROOT, Incident, Member
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.rules.problems import Problem
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import ChainName, Height, Key
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_setting
from layerkeep.edge.store.records import Cursor, Entry
from otlp_collector import Collector, collecting, until

DOWN = Lifecycle(
    "test.down",
    "parent-to-child",
    (
        Stage("initiated", "sequencer", None, "a rule", awaited="a block"),
        Stage("failed", "user", None, "anyone may retry", failed=True),
        Stage("expired", "nobody", None, "nobody did", failed=True, final=True),
        Stage("executed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("initiated", "executed"),
)
ADAPTERS = {"test": Adapter("test", "stack", (), (), (DOWN,))}
TEXT = """
[network]
name = "three"
[traces]
endpoint = "{endpoint}"
headers = {{ X-Tenant = "ops" }}
[chains.l1]
chain_id = 900
stack = "test"
block_time_ms = 1000
[chains.l2]
chain_id = 901
stack = "test"
settles_on = "l1"
block_time_ms = 1000
[chains.l3]
chain_id = 902
stack = "test"
settles_on = "l2"
block_time_ms = 1000
"""
START = 1_700_000_000_000
HEIGHT = 60


def hashed(number: int) -> str:
    """A hash that names a message."""
    return f"0x{number:02x}{'ab' * 31}"


def at(chain: str, height: int, tx: int, log: int = 0) -> Anchor:
    """A place on a chain; blocks are a second apart."""
    time = START + height * 1000
    return Anchor(ChainName(chain), height, f"0x{chain}{height}", time, hashed(tx), 0, log)


def sent(message: int, source: str, target: str) -> Sent:
    """A message with ten native tokens, more than fit into 63 bits, and a token."""
    key = Key(f"{target}/msg/{hashed(message)}")
    token = Token("0xt0", 7)
    return Sent(
        *("test.down", hashed(message), (key,), ChainName(source), ChainName(target)),
        *("0xa", "0xb", 10 * 10**18, token),
    )


def reached(message: int, child: str, stage: str = "executed") -> Reached:
    """A message reached a stage; executed means that it took effect."""
    return Reached(
        Key(f"{child}/msg/{hashed(message)}"), stage, executes=stage == "executed", detail="why"
    )


FIRST = Fact(at("l1", 10, 100), sent(1, "l1", "l2"))
HOP = [
    Fact(at("l2", 20, 200, 1), sent(2, "l2", "l3")),
    Fact(at("l2", 20, 200, 2), reached(1, "l2")),
]
LAST = Fact(at("l3", 33, 300), reached(2, "l3"))


class World:
    """A daemon whose chains nobody serves, told what they say by the test."""

    def __init__(self, daemon: Daemon, collector: Collector) -> None:
        self.daemon = daemon
        self.collector = collector

    async def say(self, *facts: Fact) -> None:
        """Facts of one chain, logged and believed."""
        chain, height = facts[0].anchor.chain, facts[-1].anchor.height
        await self.daemon.log_and_believe(Entry(self.cursor(chain, height), facts))

    def cursor(self, chain: str, height: int) -> Cursor:
        """How far a chain is read."""
        return Cursor(ChainName(chain), Height(height), "0x", START, Height(0), Height(HEIGHT))

    async def settle(self, *chains: str, height: int = HEIGHT) -> None:
        """Everything so far is final on these chains, on all if none are named."""
        for chain in chains or ("l1", "l2", "l3"):
            says = HeadSeen(height, None, height, None, START + height * 1000)
            await self.daemon.observe(Fact(at(chain, height, 9), says))

    async def journey(self) -> None:
        """Two hops, from l1 to l3."""
        await self.say(FIRST)
        await self.say(*HOP)
        await self.say(LAST)

    async def told(self, traces: int) -> list[Any]:
        """The spans, once so many traces are told."""
        await until(lambda: len(self.collector.traces()) >= traces)
        return self.collector.spans


@asynccontextmanager
async def running(path: Path, collector: Collector) -> Any:
    """A daemon with its traces, on a store that stays."""
    text = TEXT.format(endpoint=collector.url)
    topology = read_topology({"t.toml": tomllib.loads(text)}, ADAPTERS)
    store = await Store.open(str(path), "three")
    daemon = Daemon(Network(topology, ADAPTERS), store, Settings("", str(path)))
    await daemon.load()
    tracing = asyncio.create_task(daemon.tracing.run())
    try:
        yield World(daemon, collector)
    finally:
        daemon.stop.set()
        await tracing
        await store.close()


def with_world(path: Path, *bodies: Callable[[World], Coroutine[Any, Any, Any]]) -> Collector:
    """Run each body with a daemon of its own, one after the other on the same store."""

    async def run() -> Collector:
        async with collecting() as collector:
            for body in bodies:
                async with running(path / "s.sqlite", collector) as world:
                    await body(world)
            return collector

    return asyncio.run(run())


async def whole(world: World) -> None:
    """A journey that is over and final."""
    await world.journey()
    await world.settle()
    await world.told(1)


def test_journey__of_two_hops__is_one_trace(tmp_path: Path) -> None:
    """Root, hops and stages hang together, with the chains' times and places."""
    collector = with_world(tmp_path, whole)
    spans = {each.name: each for each in collector.spans if each.name.startswith("journey")}
    (root,) = spans.values()
    hops = {each.attributes.get("layerkeep.message"): each for each in collector.spans}
    first, second = hops[hashed(1)], hops[hashed(2)]
    stages = {
        (each.parent, each.name): each
        for each in collector.spans
        if each.parent in (first.span.span_id, second.span.span_id)
    }

    assert [bytes.fromhex(hashed(1)[2:34])] == list(collector.traces())
    assert 7 == len(collector.spans) == len({each.span.span_id for each in collector.spans})
    assert (b"", "layerkeep", "three") == (root.parent, root.service, root.network)
    assert "journey l1 → l2 → l3" == root.name
    assert root.span.span_id == first.parent == second.parent
    executed = stages[first.span.span_id, "executed"]
    assert [] == list(first.span.links)
    assert [executed.span.span_id] == [link.span_id for link in second.span.links]
    assert (at("l1", 10, 0).time, at("l3", 33, 0).time) == times(root)
    assert (at("l1", 10, 0).time, at("l2", 20, 0).time) == times(first)
    assert (at("l2", 20, 0).time, at("l3", 33, 0).time) == times(second)
    rest = stages[second.span.span_id, "initiated"]
    assert times(second) == times(rest)
    assert "l2" == rest.service
    assert {
        "layerkeep.chain": "l2",
        "layerkeep.layer": 2,
        "layerkeep.block.number": 20,
        "layerkeep.block.hash": "0xl220",
        "layerkeep.tx.hash": hashed(200),
        "layerkeep.log.index": 1,
        "layerkeep.stage": "initiated",
        "layerkeep.duty": "sequencer",
        "layerkeep.route": "l2->l3",
        "layerkeep.lifecycle": "test.down",
    } == rest.attributes
    carried = {"layerkeep.value": str(10 * 10**18), "layerkeep.token": "0xt0"}
    assert carried.items() <= first.attributes.items() & root.attributes.items()
    assert {0} == {each.span.status.code for each in collector.spans}
    assert "ops" == collector.headers[0]["X-Tenant"]


def times(each: Any) -> tuple[int, int]:
    """From when to when, in milliseconds."""
    began, ended = each.span.start_time_unix_nano, each.span.end_time_unix_nano
    assert 0 == began % 1_000_000 == ended % 1_000_000
    return began // 1_000_000, ended // 1_000_000


def test_journey__not_final_yet__is_not_told(tmp_path: Path) -> None:
    """An open one is not, nor one whose last block may still leave its chain."""

    async def body(world: World) -> None:
        await world.say(FIRST)
        await world.settle()
        await world.say(*HOP)
        await world.say(LAST)
        await world.settle("l1", "l2")
        await asyncio.sleep(1.5)
        assert [] == world.collector.spans
        await world.settle("l3", height=HEIGHT + 1)
        await world.told(1)

    assert 7 == len(with_world(tmp_path, body).spans)


def test_reorg__before_finality__is_what_the_trace_tells(tmp_path: Path) -> None:
    """The execution's block leaves and comes again elsewhere: one trace, of what stands."""
    moved = Fact(at("l3", 40, 301), reached(2, "l3"))

    async def body(world: World) -> None:
        await world.journey()
        entry = Entry(world.cursor("l3", 30), retract_above=30)
        await world.daemon.retract(ChainName("l3"), entry, broke_finality=False)
        await world.say(moved)
        await world.settle()
        await world.told(1)

    collector = with_world(tmp_path, body)
    heights = {each.attributes.get("layerkeep.block.number") for each in collector.spans}

    assert {None, 10, 20, 40} == heights
    assert 7 == len(collector.spans)


def test_restart__after_it_was_told__tells_it_not_again(tmp_path: Path) -> None:
    """What is read again from the store is known; what finished in between is told."""

    async def again(world: World) -> None:
        world.daemon.tracing._over[hashed(1)] = None  # as after a stop that came too soon
        await world.say(Fact(at("l1", 50, 500), sent(5, "l1", "l2")))
        await world.say(Fact(at("l2", 52, 501), reached(5, "l2")))

    async def after(world: World) -> None:
        await world.settle()
        await world.told(2)

    collector = with_world(tmp_path, whole, again, after)

    assert [7, 4] == [len(each) for each in collector.traces().values()]


def test_finality__broken__is_told_of_in_the_log(tmp_path: Path) -> None:
    """A trace that was told stays; a line says that the journey came out otherwise."""
    other = Fact(at("l3", 41, 301), reached(2, "l3"))

    async def body(world: World) -> None:
        await whole(world)
        entry = Entry(world.cursor("l3", 30), retract_above=30)
        await world.daemon.retract(ChainName("l3"), entry, broke_finality=True)
        await world.say(other)
        await world.settle()
        await until(lambda: any(line["event"] == "trace-contradicted" for line in lines))

    with capture_logs() as lines:
        collector = with_world(tmp_path, body)

    (line,) = [line for line in lines if line["event"] == "trace-contradicted"]
    assert 7 == len(collector.spans)
    assert hashed(1)[2:34] == line["trace"]


def test_faults__on_the_way__are_events_and_status(tmp_path: Path) -> None:
    """A failed stage is an event and an error, so is a failed end; an incident is an event."""

    async def body(world: World) -> None:
        await world.say(FIRST)
        await world.say(Fact(at("l2", 15, 150), reached(1, "l2", "failed")))
        problem = Problem(
            *("message-overdue", "route:l1->l2", hashed(1), START + 12_000, "warning", "late")
        )
        member = Member(problem, ROOT, problem.since, problem.since)
        incident = Incident("abc", problem, "late", "warning", "open", START, problem.since)
        incident.members[problem.id] = member
        world.daemon.engine.incidents.open["abc"] = incident
        await until(lambda: world.daemon.tracing._behind)
        await world.say(Fact(at("l2", 19, 190), reached(1, "l2", "expired")))
        await world.settle()
        await world.told(1)

    collector = with_world(tmp_path, body)
    spans = {each.name: each for each in collector.spans}
    hop = spans["test.down l1->l2"]

    assert 5 == len(spans)
    assert [2, 2, 0, 2, 2] == [each.span.status.code for each in collector.spans]
    assert "l1->l2 ended expired" == hop.span.status.message
    assert ["failed"] == [event.name for event in spans["failed"].span.events]
    (behind,) = hop.span.events
    assert ("behind incident", (START + 12_000) * 10**6) == (behind.name, behind.time_unix_nano)
    assert (START + 15_000, START + 19_000) == times(spans["failed"])


def test_store__remembers__before_anything_is_sent(tmp_path: Path) -> None:
    """A collector that refuses everything costs the trace, and no second try after a restart."""

    async def body(world: World) -> None:
        world.collector.mood = "refuses"
        await world.journey()
        await world.settle()
        await until(lambda: world.collector.requests)
        assert hashed(1)[2:18] in (await read_setting(world.daemon.store, TOLD) or "")

    async def again(world: World) -> None:
        world.collector.mood = "well"
        world.daemon.tracing._over[hashed(2)] = None
        await asyncio.sleep(1.5)

    assert [] == with_world(tmp_path, body, again).spans


def test_topology__without_traces__tells_nobody(tmp_path: Path) -> None:
    """No collector, no OpenTelemetry, no work."""
    documents = tomllib.loads(TEXT.format(endpoint="http://127.0.0.1:1"))
    del documents["traces"]
    topology = read_topology({"t.toml": documents}, ADAPTERS)

    async def run() -> Any:
        store = await Store.open(str(tmp_path / "s.sqlite"), "three")
        try:
            daemon = Daemon(Network(topology, ADAPTERS), store, Settings("", ""))
            await daemon.load()
            await World(daemon, Collector()).journey()
            return daemon.tracing.otlp, dict(daemon.tracing._over)
        finally:
            await store.close()

    assert (None, {}) == asyncio.run(run())
