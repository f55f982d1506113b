"""What the tests of steps share: servers that answer as badly as wanted, and chains of one node."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from layerkeep.core.acting.runs.model import Acting, Action
from layerkeep.core.topology import Chain, Topology, Upstream
from layerkeep.core.units import ChainName, Duration

ANVIL = Path(
    os.environ.get(
        "ANVIL_BIN",
        Path(__file__).parents[3] / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil",
    )
)
CHAIN_ID = 31337
L1 = ChainName("l1")


class Server:
    """An HTTP server that notes what it is sent; `answer` makes its answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append((request.method, request.path_qs, dict(request.headers), body))
        found = self.answer(request, body)
        return await found if asyncio.iscoroutine(found) else found

    async def __aenter__(self) -> "Server":
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self.take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._runner.cleanup()


class Node:
    """One anvil, asked without any care."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def call(self, method: str, *params: Any) -> Any:
        """The result of a call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        async with self.session.post(self.url, json=body) as response:
            reply = await response.json()
        assert "error" not in reply, reply
        return reply["result"]


@contextlib.asynccontextmanager
async def anvil(*arguments: str) -> AsyncIterator[Node]:
    """A node of its own while the context lasts."""
    port = free_port()
    command = (str(ANVIL), "--port", str(port), "--silent", *arguments)
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with aiohttp.ClientSession() as session:
            node = Node(f"http://127.0.0.1:{port}", session)
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    await node.call("eth_accounts")
                    break
                await asyncio.sleep(0.05)
            yield node
    finally:
        process.terminate()
        await process.wait()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def topology(url: str, **acting: Any) -> Topology:
    """One chain with one upstream, and the means of acting."""
    chain = Chain(L1, CHAIN_ID, "ethereum", Duration(1000), upstreams=(Upstream("one", url),))
    return Topology("net", {L1: chain}, acting=Acting(**acting))


def action(kind: str, key: str = "k1", **params: Any) -> Action:
    """A step with everything filled in."""
    return Action(kind, params, key)


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` gives, as soon as it gives anything."""
    while not (found := await look()):  # noqa: ASYNC110  another process tells no event
        await asyncio.sleep(0.05)
    return found
