"""What the acceptance tests share: a devnet, daemons on it, and pictures of what they believe."""

import asyncio
import os
import sqlite3
import sys
import time
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import Settings
from layerkeep.app.stories import believed
from layerkeep.core.asks import FIRST_WAIT
from layerkeep.core.facts import Fact
from layerkeep.core.journeys import previous
from layerkeep.core.topology import Topology
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.view import View
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import decoded

COMMAND = Path(sys.executable).with_name("layerkeep")
LAYERS = ("l1", "l2", "l3")
ADAPTERS = load_adapters()
QUIET_S = 2.5
"""A follower that learned nothing for so long, and asks nothing anew, has been told everything."""

GIVEN_UP = 8 * FIRST_WAIT
"""A question that was put three times in vain waits so long before it is put again."""


def seconds(default: float) -> float:
    """How long a test lasts: the environment may ask for the acceptance's full length."""
    return float(os.environ.get("LAYERKEEP_TEST_SECONDS", default))


@asynccontextmanager
async def devnet(folder: Path, **choices: Any) -> AsyncIterator[System]:
    """A running devnet; its topology is `devnet.toml` in the folder."""
    system = await System.start(DevnetPlan(data_dir=folder, **choices))
    try:
        (folder / "devnet.toml").write_text(system.topology_toml())
        yield system
    finally:
        await system.stop()


def parsed(path: Path) -> Topology:
    """A topology file, read."""
    return read_topology({path.name: tomllib.loads(path.read_text())}, ADAPTERS)


async def until(check: Callable[[], Any], timeout_s: float = 30.0, what: object = "") -> Any:
    """What `check` answers, or its awaitable, once that is true."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        answer = check()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {timeout_s} s: {what() if callable(what) else what}")


async def heads(system: System) -> dict[str, tuple[int, str]]:
    """Height and hash of each chain's newest block, as its own node has it."""
    nodes = (system.l1.node, system.l2.chain, system.orbit.l3.chain)
    found = {}
    for layer, node in zip(LAYERS, nodes, strict=True):
        block = await node.rpc("eth_getBlockByNumber", "latest", False)
        found[layer] = int(block["number"], 16), block["hash"]
    return found


def switch_traffic(system: System, *, on: bool) -> None:
    """Users send messages, or no more."""
    for name, actor in system.actors.items():
        if name.startswith("traffic"):
            actor.enabled = on


async def freeze(system: System, settle_s: float) -> None:
    """Traffic stops, what is under way may arrive, then no chain gets any longer."""
    switch_traffic(system, on=False)
    await asyncio.sleep(settle_s)
    for actor in system.actors.values():
        actor.enabled = False
    before: dict[str, tuple[int, str]] = {}
    while (now := await heads(system)) != before:
        before = now
        await asyncio.sleep(1.5)


class Watch:
    """A daemon that follows while the context lasts."""

    def __init__(self, topology: Path, store_path: Path, start: str = "0") -> None:
        self.topology = topology
        self.store_path = store_path
        self.start = start

    async def __aenter__(self) -> "Watch":
        network = Network(parsed(self.topology), ADAPTERS)
        self.store = await Store.open(str(self.store_path), network.topology.network)
        settings = Settings(str(self.topology), str(self.store_path), self.start)
        self.daemon = Daemon(network, self.store, settings)
        self.task = asyncio.create_task(self.daemon.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.daemon.stop.set()
        try:
            await self.task
        finally:
            await self.store.close()

    def cursors(self) -> dict[str, tuple[int, str]]:
        """Height and hash of the last block believed of each chain."""
        found = {name: feed.follower.cursor for name, feed in self.daemon.feeds.items()}
        return {name: (int(cursor.height), cursor.hash) for name, cursor in found.items()}

    async def is_at_head(self, system: System, layer: str) -> bool:
        """True if a chain is read to its newest block."""
        return (await heads(system))[layer] == self.cursors().get(layer)

    async def at_heads(self, system: System, timeout_s: float = 30.0) -> None:
        """Every chain is read to its newest block."""

        there: dict[str, tuple[int, str]] = {}

        async def is_there() -> bool:
            if self.task.done():
                self.task.result()
            there.update(await heads(system))
            return there == self.cursors()

        def told() -> str:
            replicas = [
                {"/".join(key): view.source.report()}
                for key, view in system.gateway.views.items()
                if view.source.report is not None
            ]
            return f"read {self.cursors()}\nthere {there}\n{replicas}"

        await until(is_there, timeout_s, told)

    def is_asking_anew(self) -> bool:
        """True if a question had no answer at first and comes again soon: it is early to end."""
        waits = [each.wait for each in self.daemon.engine.asks.open.values()]
        return any(FIRST_WAIT < wait < GIVEN_UP for wait in waits)

    async def told_everything(self, system: System) -> None:
        """Every chain that stands still is read, and no answer came or is due for a while."""
        await self.at_heads(system)
        before, since = -1, time.monotonic()
        while time.monotonic() - since < QUIET_S:
            now = self.daemon.projection.last_seq
            if now != before or self.is_asking_anew():
                before, since = now, time.monotonic()
            await asyncio.sleep(0.1)
        await self.daemon.write_rows()


@dataclass
class Picture:
    """What a store holds, without what may differ between two who saw the same."""

    logged: Counter[str]
    answers: set[str]
    rows: dict[str, tuple[Any, ...]]
    folded: dict[str, tuple[Any, ...]]


ROW = "id, lifecycle, source, target, stage, finished, sent, previous"


def rows_in(store_path: Path) -> dict[str, tuple[Any, ...]]:
    """The messages' rows by id, without the numbers that the store gave them."""
    with sqlite3.connect(store_path) as connection:
        return {row[0]: row for row in connection.execute(f"SELECT {ROW} FROM messages")}


def facts_in(store_path: Path) -> list[Fact]:
    """Every fact, in the order of the log."""
    with sqlite3.connect(store_path) as connection:
        found = connection.execute("SELECT body FROM facts ORDER BY seq").fetchall()
    return [decoded(body) for (body,) in found]


def picture(store_path: Path) -> Picture:
    """A store's facts and rows, and the rows that its facts alone would give."""
    facts = facts_in(store_path)
    lifecycles = [each for adapter in ADAPTERS.values() for each in adapter.lifecycles]
    return Picture(
        logged=Counter(place_of(fact) for fact in facts if not fact.answers),
        answers={f"{fact.answers}: {fact.says}" for fact in facts if fact.answers},
        rows=rows_in(store_path),
        folded=folded(believed(facts, lifecycles)),
    )


def place_of(fact: Fact) -> str:
    """Where a fact stands and what it says, whoever told it."""
    return f"{fact.anchor} {fact.ordinal}: {fact.says}"


def folded(view: View) -> dict[str, tuple[Any, ...]]:
    """The rows of the messages in memory."""
    found = {}
    for message in view.messages.values():
        says, before = message.says, previous(view, message)
        found[message.id] = (
            *(message.id, message.lifecycle.name, says.source, says.target, message.stage),
            *(int(message.finished), message.sent.anchor.time, before.id if before else None),
        )
    return found


def assert_same(expected: Iterable[Any], found: Iterable[Any]) -> None:
    """Two bags hold the same; else the first few things that only one of them holds are told."""
    wanted, had = Counter(expected), Counter(found)
    lines = [f"- {each}" for each in list(wanted - had)[:6]]
    lines += [f"+ {each}" for each in list(had - wanted)[:6]]
    assert not lines, "\n".join([f"{len(wanted - had)} lost, {len(had - wanted)} extra", *lines])


def assert_equal(seen: Picture, fresh: Picture) -> None:
    """Nothing is lost, nothing there twice, and every row is what the facts say."""
    assert_same(fresh.logged.elements(), seen.logged.elements())
    assert_same(fresh.rows.values(), seen.rows.values())
    assert_same(seen.folded.values(), seen.rows.values())
    assert_same(fresh.folded.values(), fresh.rows.values())
    twice = [place for place, count in seen.logged.items() if count > 1]
    assert not twice, twice[:6]


def assert_memory_equal(seen: View, fresh: View) -> None:
    """What both hold in memory is the same; what one let go is finished."""
    mine, theirs = folded(seen), folded(fresh)
    for each in mine.keys() & theirs.keys():
        assert theirs[each][:-1] == mine[each][:-1]
        places = [
            Counter(place_of(f) for f in view.messages[each].all_facts() if not f.answers)
            for view in (fresh, seen)
        ]
        assert_same(places[0].elements(), places[1].elements())
    alone = mine.keys() ^ theirs.keys()
    assert all((mine | theirs)[each][5] for each in alone), alone


FULL = "PRAGMA max_page_count=1"
"""The least that SQLite takes: as many pages as there are, so that nothing more fits."""
ROOMY = "PRAGMA max_page_count=4294967294"


def set_room(store: Store, *, full: bool) -> None:
    """Every connection of a store has no room left on its disk, or all it wants.

    The listener is put in once: taking it out while a connection is on its way would break that.
    """
    is_new = store not in ROOMS
    ROOMS[store] = FULL if full else ROOMY

    def checked_out(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(ROOMS[store])
        cursor.close()

    if is_new:
        event.listen(store.engine.sync_engine, "checkout", checked_out)


ROOMS: dict[Store, str] = {}
