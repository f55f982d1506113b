"""Two layerkeeps that are each other's peers: real daemons, real HTTP, and a chain fed by a clock.

The clock goes ten times as fast as the one on the wall, in the same loop as everything else: where
the machine is slow, it is slow too.
"""

import asyncio
import contextlib
import socket
import sys
import tomllib
from pathlib import Path

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.serving import Serving
from layerkeep.app.settings import Settings
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.notices import read_notices
from layerkeep.edge.store.observations import read_incidents

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "edge" / "notify")]

from one_chain import ADAPTERS, START, TEXT, heads, nodes  # noqa: E402
from receivers import Receiver, receiving  # noqa: E402

STEP_S, STEP_MS = 0.02, 200
SILENT_AFTER_S = 40
PATIENCE_S = 30

HOUSE = """
[people.ann]
[teams.infra]
people = ["ann"]
[channels.hook]
kind = "webhook"
url = "{hook}"
secret = "env:HOOK_SECRET"
[policies.urgent]
again = "1d"
levels = [{{ after = "0s", to = ["on-call"], by = ["hook"] }}]
[paging]
team = "infra"
secret = "env:HOOK_SECRET"
instance = "{name}"
quorum = {quorum}
[paging.heartbeat]
url = "{outside}"
every = "1s"
[paging.peers.{peer}]
url = "{peer_url}"
secret = "env:{secret}"
silent_after = "{silent}s"
"""


class World:
    """The time of both; `secrets` names the secret by which each signs."""

    def __init__(self, quorum: int) -> None:
        self.quorum = quorum
        self.time = START
        self.secrets = {"a": "PEER_SECRET", "b": "PEER_SECRET"}
        self.houses: dict[str, House] = {}

    async def go(self) -> None:
        """Time passes."""
        while True:
            await asyncio.sleep(STEP_S)
            self.time += STEP_MS

    async def pass_by(self, seconds: float) -> None:
        """So many seconds of the daemons' time go by."""
        end = self.time + seconds * 1000
        while self.time < end:  # noqa: ASYNC110
            await asyncio.sleep(STEP_S)


class Clocked(Daemon):
    """A daemon to which its chain comes by the world's clock; `stuck` at a height, or `dark`."""

    def __init__(self, world: World, network: Network, store: Store, settings: Settings) -> None:
        self.world = world
        self.stuck: int | None = None
        self.dark = False
        super().__init__(network, store, settings)

    def now(self) -> Timestamp:
        """The world's time."""
        return Timestamp(self.world.time)

    async def _follow(self, chain, session) -> None:  # type: ignore[no-untyped-def]
        del chain, session
        while not self.stop.is_set():
            time = self.world.time
            height = self.stuck if self.stuck is not None else (time - START) // 1000
            if not self.dark:
                await self.observe(nodes(height, time), heads(height, time))
            await asyncio.sleep(0.1)


class House:
    """One of the two: its daemon, its address, whom it calls, the outside URL that hears it."""

    def __init__(self, world: World, name: str, folder: Path) -> None:
        self.world, self.name, self.folder = world, name, folder
        self.peer = "b" if name == "a" else "a"
        self.port = free_port()
        self.called, self.outside = Receiver(), Receiver(secret="")

    async def start(self) -> None:
        """As `layerkeep run` does, on the store that is there."""
        path = str(self.folder / f"{self.name}.sqlite")
        self.store = await Store.open(path, "one")
        network = Network(read_topology({"t": tomllib.loads(self._text())}, ADAPTERS), ADAPTERS)
        self.daemon = Clocked(self.world, network, self.store, Settings("", path))
        heartbeat = self.daemon.pages.paging.heartbeat  # as often as it says by the world's clock
        object.__setattr__(heartbeat, "every", heartbeat.every * STEP_S * 1000 / STEP_MS)
        self.serving = Serving(self.daemon, f"127.0.0.1:{self.port}")
        await self.serving.start()
        self.running = asyncio.create_task(self.daemon.run())

    async def kill(self) -> None:
        """It ends amid whatever it does, and says nothing."""
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.serving.stop()
        await self.store.close()

    def _text(self) -> str:
        peer = self.world.houses[self.peer]
        return TEXT + HOUSE.format(
            name=self.name,
            hook=self.called.url,
            outside=self.outside.url,
            quorum=self.world.quorum,
            peer=self.peer,
            peer_url=f"http://127.0.0.1:{peer.port}",
            secret=self.world.secrets[self.name],
            silent=SILENT_AFTER_S,
        )

    async def until(self, condition) -> None:  # type: ignore[no-untyped-def]
        """Wait until it holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not await condition():
                assert not self.running.done(), self.running.exception()
                await asyncio.sleep(STEP_S)

    async def told(self) -> list[tuple[str, str, str]]:
        """What its people were told, in order: the kind of notice, whether it went out, of what."""
        rows = sorted(await read_notices(self.store), key=lambda row: (row.time, row.id))
        return [(row.kind, row.state, row.subject.split("] ", 1)[-1]) for row in rows]

    async def expect(self, *expected: tuple[str, str]) -> None:
        """It comes to have told these kinds of things with this in their subjects, no other."""

        async def found() -> bool:
            told = await self.told()
            return len(told) == len(expected) and all(
                kind == said[0] and said[1] == "sent" and words in said[2]
                for (kind, words), said in zip(expected, told, strict=True)
            )

        try:
            await self.until(found)
        except TimeoutError:
            raise AssertionError((expected, await self.told())) from None

    async def sees(self, kind: str) -> None:
        """It has an open incident of this kind."""

        async def found() -> bool:
            rows = await read_incidents(self.store, open_only=True)
            return kind in [row.kind for row in rows]

        await self.until(found)

    async def well(self) -> None:
        """It says to the outside URL that it lives and judges, once more."""
        count = len(self.outside.paths)

        async def said() -> bool:
            return len(self.outside.paths) > count

        await self.until(said)

    async def beats(self, count: int) -> None:
        """So many more heartbeats of the other came in and were taken."""
        heard, last = self.daemon.pages.watch.peers[self.peer], 0
        for _ in range(count):
            last = heard.time

            async def another(last: int = last) -> bool:
                return heard.time > last

            await self.until(another)


@contextlib.asynccontextmanager
async def two_houses(folder: Path, quorum: int = 1, **secrets: str):  # type: ignore[no-untyped-def]
    """Both live and have heard of each other, unless they sign with other `secrets`."""
    world = World(quorum)
    world.secrets |= secrets
    async with contextlib.AsyncExitStack() as stack:
        for name in ("a", "b"):
            world.houses[name] = house = House(world, name, folder)
            await stack.enter_async_context(receiving(house.called))
            await stack.enter_async_context(receiving(house.outside))
        clock = asyncio.create_task(world.go())
        stack.callback(clock.cancel)
        for house in world.houses.values():
            await house.start()
            stack.push_async_callback(house.kill)
        yield world.houses["a"], world.houses["b"]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
