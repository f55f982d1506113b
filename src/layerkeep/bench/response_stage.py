"""A devnet with a daemon in a process of its own, which can be killed, and people with tokens."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from layerkeep.app.runs.asking import Place
from layerkeep.app.runs.persons import Speaker, speaker
from layerkeep.bench.stage import LOOK_EVERY_S
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology.parse import read_topology
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.gateway.means import TOKENS
from layerkeep.devnet.node import LIBC, claim_state_root, die_with_parent, free_port
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.runbook_files import load_runbooks
from layerkeep.edge.store.log import Store

COMMAND = Path(sys.executable).with_name("layerkeep")


@dataclass(slots=True)
class ResponseStage:
    """What is running; `process` is None while the daemon is dead."""

    system: System
    folder: Path
    controls: Controls
    place: Place
    process: asyncio.subprocess.Process | None = None

    @property
    def store(self) -> Store:
        """What the daemon and people write to."""
        return self.place.store

    async def revive(self) -> None:
        """A daemon runs; one that ended by itself is a fault of ours."""
        if self.process is not None:
            if self.process.returncode is not None:
                text = (self.folder / "daemon.log").read_text()[-2000:]
                raise SettingsError(f"the daemon ended with {self.process.returncode}: {text}")
            return
        listen = f"127.0.0.1:{free_port()}"
        words = ("run", *self._where(), "--from", "0", "--listen", listen, "--log-level", "warning")
        with (self.folder / "daemon.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                str(COMMAND),
                *words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=die_with_parent if LIBC else None,
            )

    async def kill(self) -> None:
        """The daemon is gone, without warning."""
        process, self.process = self.process, None
        assert process is not None, "somebody to kill"
        process.kill()
        await process.wait()

    def speaker(self, person: str) -> tuple[Speaker, int]:
        """Whoever shows this person's token, as `layerkeep runs --token` finds it, and the time."""
        now = time.time_ns() // 1_000_000
        return speaker(self.place.topology, f"env:{TOKENS[person]}", now), now

    async def hold(self, place: str | None) -> None:
        """The devnet holds the next deed `before` or `after`, or lets go with None."""
        await self._latch("POST", msgspec.json.encode({"hold": place}))

    async def is_held(self) -> bool:
        """True while a deed is held."""
        return bool((await self._latch("GET"))["held"])

    async def deeds(self) -> list[str]:
        """Everything that was done to the devnet by its means, in order."""
        found: list[str] = (await self._latch("GET"))["deeds"]
        return found

    async def until(self, look: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        """What is seen once it is anything, else the last look after so many seconds."""
        until = time.monotonic() + seconds
        while not (found := await look()) and time.monotonic() < until:
            if self.process is not None:
                await self.revive()
            await asyncio.sleep(LOOK_EVERY_S)
        return found

    def _where(self) -> tuple[str, ...]:
        folder = self.folder
        return ("--topology", str(folder / "devnet.toml"), "--store", str(folder / "devnet.sqlite"))

    async def _latch(self, method: str, body: bytes | None = None) -> Any:
        url = f"{self.controls.admin_url}/latch"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=body) as answer,
        ):
            answer.raise_for_status()
            return msgspec.json.decode(await answer.read())


@asynccontextmanager
async def response_staged(seed: int = 1, lifetime_s: int = 150) -> AsyncIterator[ResponseStage]:
    """A devnet with traffic and a daemon on it; both are gone afterwards.

    `lifetime_s` is how long a retryable ticket lives: the last tenth is what people have to act.
    """
    folder = claim_state_root()
    os.environ.update({name: secrets.token_hex(16) for name in TOKENS.values()})
    try:
        plan = DevnetPlan(data_dir=folder, seed=seed, ticket_lifetime_s=lifetime_s)
        system = await System.start(plan)
        try:
            async with _on(system, folder) as stage:
                yield stage
        finally:
            await system.stop()
    finally:
        for name in TOKENS.values():
            os.environ.pop(name, None)
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _on(system: System, folder: Path) -> AsyncIterator[ResponseStage]:
    """A store and a daemon for a devnet that runs."""
    text, adapters = system.topology_toml(with_tokens=True), load_adapters()
    (folder / "devnet.toml").write_text(text)
    topology = read_topology({"devnet.toml": tomllib.loads(text)}, adapters)
    store = await Store.open(str(folder / "devnet.sqlite"), topology.network)
    controls = Controls(f"{system.description.root_url}/admin")
    stage = ResponseStage(
        system, folder, controls, Place(store, topology, adapters, load_runbooks())
    )
    try:
        async with controls:
            await stage.revive()
            yield stage
    finally:
        if stage.process is not None:
            await stage.kill()
        await store.close()
