"""What the measures of calling stand on: a receiver of calls, and a daemon in its own process."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import psutil  # type: ignore[import-untyped]
from aiohttp import web

from layerkeep.bench.calling.plan import DESK, TEAMS
from layerkeep.bench.calling.told import Received
from layerkeep.bench.calling.world import OPERATOR_KEY, Brief, secret_name
from layerkeep.core.units import MINUTE, SECOND
from layerkeep.devnet.node import LIBC, die_with_parent
from layerkeep.edge.notify.webhook import TIMESTAMP, is_signed

END_WITHIN_S = 30.0
STANDS_STILL_S = 60.0


class _Subject(msgspec.Struct, frozen=True):
    id: str


class _Body(msgspec.Struct, frozen=True):
    kind: str
    person: str
    incidents: tuple[_Subject, ...]


@dataclass(slots=True)
class Receiver:
    """Takes every call that comes to the address of a team, and checks who signed it."""

    secrets: dict[str, str]
    received: list[Received] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """One call; by the time it says, for we have no clock that runs like the daemon's."""
        team, body = request.match_info["team"], await request.read()
        now_s = int(request.headers[TIMESTAMP])
        signed = is_signed(self.secrets[team], body, request.headers, now_s)
        said = msgspec.json.decode(body, type=_Body)
        names = tuple(each.id for each in said.incidents)
        self.received.append(Received(team, said.kind, said.person, names, signed))
        return web.Response()


@dataclass(slots=True)
class Stand:
    """A daemon that runs, and what it called; its clock began at `began` and last showed `now`."""

    daemon: psutil.Process
    address: str
    token: str
    receiver: Receiver
    began: int
    now: int
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, at: int) -> None:
        """Wait for a moment after the clock's start; TimeoutError if it moves on no more."""
        while self.now < self.began + at:
            self.moved.clear()
            async with asyncio.timeout(STANDS_STILL_S):
                await self.moved.wait()

    async def listen(self, lines: asyncio.StreamReader) -> None:
        """Follow the daemon's clock."""
        while line := await lines.readline():
            self.now = int(line)
            self.moved.set()


@asynccontextmanager
async def standing(store: str, pace: float, *at_once: int) -> AsyncIterator[Stand]:
    """A daemon on this store with a clock of this pace; it has ended afterwards.

    `at_once` as of `Brief`: how many things go wrong together, and how long after the start.
    """
    began = (int(time.time() * SECOND) // MINUTE + 1) * MINUTE
    keys = {team: secrets.token_hex(16) for team in (*TEAMS, DESK)}
    token = secrets.token_hex(16)
    async with _receiving(Receiver(keys)) as receiver:
        brief = Brief(store, receiver.url, began, pace, *at_once)
        words = (sys.executable, "-m", "layerkeep.bench.calling.probe")
        hidden = {secret_name(team): key for team, key in keys.items()} | {OPERATOR_KEY: token}
        running = await asyncio.create_subprocess_exec(
            *words,
            msgspec.json.encode(brief).decode(),
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | hidden,
            preexec_fn=die_with_parent if LIBC else None,
        )
        try:
            assert running.stdout is not None, "a pipe was asked for"
            at = (await running.stdout.readline()).decode().strip()
            assert at, "the daemon tells its address"
            daemon = psutil.Process(running.pid)
            stand = Stand(daemon, at, token, receiver, began, began)
            listening = asyncio.create_task(stand.listen(running.stdout))
            yield stand
            listening.cancel()
        finally:
            if running.returncode is None:
                running.terminate()
            async with asyncio.timeout(END_WITHIN_S):
                await running.wait()


@asynccontextmanager
async def _receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    app = web.Application()
    app.router.add_post("/{team}", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}"
        yield receiver
    finally:
        await runner.cleanup()
