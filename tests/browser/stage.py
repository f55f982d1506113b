"""A live devnet with a daemon that serves it, in a thread of its own, for tests with a browser."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1] / "devnet"))

from following import Watch, devnet, until

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.serving import Serving
from layerkeep.core.messages import Message
from layerkeep.core.topology.access import Api, Token
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.table import fault_named
from layerkeep.devnet.system import System

HERE = "127.0.0.1:0"
SECRETS = {
    "viewer": "only-looks-at-things",
    "operator": "may-take-an-incident",
    "second": "may-agree-to-what-is-proposed",
}
"""The secret of each token where a login is needed; the second is an operator's, too."""

OWNERS = {"early": "operator", "late": "second"}
"""The people of the devnet with the names of their tokens."""

LINKS = "LAYERKEEP_TEST_LINKS"
"""The environment variable with the secret that signs links."""

CALLING = f"""
[channels.chat]
kind = "webhook"
url = "http://127.0.0.1:9/nobody-is-there"
secret = "env:{LINKS}"
[policies.urgent]
levels = [
  {{ after = "0s", to = ["on-call"], by = ["chat"] }},
  {{ after = "30m", to = ["team:devnet"], by = ["chat"] }},
]
[paging]
secret = "env:{LINKS}"
"""
"""Who is called, by a channel that nobody answers, and after how long somebody else."""

FOUND_MS = 30_000
FAULT, FAULTY = "sequencer-stopped", "sequencer:l2"
STARTS_WITHIN_S, JUDGES_WITHIN_S, SENT_WITHIN_S = 90.0, 60.0, 30.0

Got = TypeVar("Got")


class Stage:
    """A devnet, its daemon, and two servers of it: `open` to all, `guarded` by tokens."""

    system: System
    daemon: Daemon
    controls: Controls
    open: Serving
    guarded: Serving

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._stack = AsyncExitStack()

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start(), STARTS_WITHIN_S + JUDGES_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, doing: Coroutine[Any, Any, Got], within_s: float = 60.0) -> Got:
        """What a coroutine gives that is run where the devnet is."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(within_s)

    def ask(self, question: Callable[[Daemon], Got]) -> Got:
        """What the daemon answers, asked between two of its steps."""

        async def answer() -> Got:
            return question(self.daemon)

        return self.run(answer())

    def wait(self, question: Callable[[Daemon], Got], within_s: float, what: str) -> Got:
        """What the daemon answers once that is true."""
        return self.run(until(lambda: question(self.daemon), within_s, what), within_s + 5)

    def inject(self, fault: str, on: str) -> None:
        """The fault is on the component."""
        self.run(self.controls.inject(fault_named(fault), on))

    def heal(self, fault: str) -> None:
        """The fault is off."""
        self.run(self.controls.heal(fault_named(fault)))

    def incident(self, component: str, within_s: float) -> str:
        """The id of the incident that names a component, once there is one."""

        def found(daemon: Daemon) -> str:
            every = daemon.engine.incidents.open.values()
            return next((each.id for each in every if component in each.key), "")

        return self.wait(found, within_s, f"an incident of {component}")

    def sent(self, lifecycle: str, *, over: bool = False) -> Message:
        """The newest message of a kind; `over` if it has to be where it was sent to."""

        def newest(daemon: Daemon) -> Message | None:
            every = reversed(daemon.engine.view.messages.values())
            kind = (each for each in every if each.lifecycle.name == lifecycle)
            return next((each for each in kind if each.finished or not over), None)

        found = self.wait(newest, SENT_WITHIN_S, f"a {lifecycle}")
        assert found is not None
        return found

    def block_hash(self, chain: str) -> str:
        """The hash of the newest block that is read."""
        return self.ask(lambda daemon: str(daemon.feeds[chain].follower.cursor.hash))

    def serve(self, at: str = HERE) -> Serving:
        """One more server of the daemon, open to all."""
        return self.run(self._serve(at))

    def close(self, serving: Serving) -> None:
        """A server is no more."""
        self.run(serving.stop())

    async def _start(self) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ.setdefault(LINKS, "signs-links-of-these-tests")
        self.system = await self._stack.enter_async_context(devnet(folder))
        with (folder / "devnet.toml").open("a") as topology:
            topology.write(CALLING)
        watch = Watch(folder / "devnet.toml", folder / "devnet.sqlite")
        self.daemon = (await self._stack.enter_async_context(watch)).daemon
        self._introduce()
        admin = f"{self.system.description.root_url}/admin"
        self.controls = await self._stack.enter_async_context(Controls(admin))
        self.open = await self._serve(HERE)
        self.guarded = await self._serve_guarded()
        for serving in (self.open, self.guarded):
            self._stack.push_async_callback(serving.stop)
        await until(lambda: not self.daemon.engine.watch.asleep, JUDGES_WITHIN_S, "judging")

    def _introduce(self) -> None:
        """The people have tokens; the open server knows none of these."""
        network = self.daemon.network
        people = network.topology.people
        named = {
            name: replace(each, token=OWNERS.get(name, "")) for name, each in people.people.items()
        }
        topology = replace(network.topology, people=replace(people, people=named))
        self.daemon.network = Network(topology, network.adapters)

    async def _serve(self, at: str) -> Serving:
        serving = Serving(self.daemon, at)
        await serving.start()
        return serving

    async def _serve_guarded(self) -> Serving:
        """A server reads its tokens when it is made: the same daemon may have others, too."""
        network = self.daemon.network
        roles = {"viewer": "viewer"}
        tokens = {
            name: Token(name, roles.get(name, "operator"), secret)
            for name, secret in SECRETS.items()
        }
        topology = replace(network.topology, api=Api(tokens=tokens))
        self.daemon.network = Network(topology, network.adapters)
        serving = await self._serve(HERE)
        self.daemon.network = network
        return serving
