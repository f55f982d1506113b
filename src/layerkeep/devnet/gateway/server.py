"""The gateway's HTTP server: RPC over HTTP and WebSocket, beacon routes, and the admin endpoint."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from layerkeep.devnet.gateway.admin import Admin
from layerkeep.devnet.gateway.beacon import Beacon
from layerkeep.devnet.gateway.chain import Chain
from layerkeep.devnet.gateway.faults import Broken, broken
from layerkeep.devnet.gateway.feed import Feed
from layerkeep.devnet.gateway.methods import METHOD_NOT_FOUND, PARSE_ERROR
from layerkeep.devnet.gateway.operators import Operators
from layerkeep.devnet.gateway.view import View, failure
from layerkeep.devnet.node import NodeError

BODY_BYTES_MAX = 16 * 1024 * 1024
SEND = "eth_sendRawTransaction"
SUBSCRIPTION_METHODS = ("eth_subscribe", "eth_unsubscribe")


class Gateway:
    """Serves every (chain, replica) under /chain/replica."""

    def __init__(
        self,
        port: int,
        chains: Sequence[Chain],
        admin: Admin,
        *,
        beacon: Beacon | None = None,
        operators: Operators | None = None,
    ) -> None:
        self.port = port
        self.views = {
            (chain.name, replica): View(chain, source)
            for chain in chains
            for replica, source in chain.sources.items()
        }
        self._feeds = {key: Feed(view) for key, view in self.views.items()}
        self._admin = admin
        self._beacon = beacon
        self._operators = operators
        self._runner: web.AppRunner | None = None

    def url(self, chain: str, replica: str) -> str:
        """Where this replica answers."""
        return f"http://127.0.0.1:{self.port}/{chain}/{replica}"

    async def start(self) -> None:
        """The port is open."""
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        self._admin.add_routes(app.router, self.views)
        if self._beacon is not None:
            self._beacon.add_routes(app.router)
        if self._operators is not None:
            self._operators.add_routes(app.router, self.views)
        app.router.add_post("/{chain}/{replica}", self._post)
        app.router.add_get("/{chain}/{replica}", self._socket)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        """The port is closed, and nobody polls any more."""
        for feed in self._feeds.values():
            await feed.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def _key(self, request: web.Request) -> tuple[str, str]:
        key = (request.match_info["chain"], request.match_info["replica"])
        if key not in self.views:
            paths = ", ".join(f"/{chain}/{replica}" for chain, replica in self.views)
            raise web.HTTPNotFound(text=f"no replica {'/'.join(key)}; there are {paths}")
        return key

    async def _post(self, request: web.Request) -> web.Response:
        view = self.views[self._key(request)]
        mode = view.faults.strike()
        if view.faults.latency_s > 0:
            await asyncio.sleep(view.faults.latency_s)
        if mode == "down":
            return _response(broken(mode, ""))
        text = await _answer(view, await request.read(), operators=self._operators)
        return _response(Broken(200, text) if mode is None else broken(mode, text))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        key = self._key(request)
        view, feed = self.views[key], self._feeds[key]
        if view.faults.strike() == "down":
            return _response(broken("down", ""))
        socket = web.WebSocketResponse(max_msg_size=BODY_BYTES_MAX)
        if not socket.can_prepare(request).ok:
            return web.Response(status=405, text="POST JSON-RPC here, or open a WebSocket\n")
        await socket.prepare(request)
        session = _Session(view, feed, socket)
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT and not await session.take(message.data):
                    break
        finally:
            session.end()
            await socket.close()
        return socket


class _Session:
    """One WebSocket connection and its subscriptions."""

    def __init__(self, view: View, feed: Feed, socket: web.WebSocketResponse) -> None:
        self._view = view
        self._feed = feed
        self._socket = socket
        self._ids: set[str] = set()

    async def take(self, text: str) -> bool:
        """Answers one message; False if the connection is to break, or is broken."""
        mode = self._view.faults.strike()
        if self._view.faults.latency_s > 0:
            await asyncio.sleep(self._view.faults.latency_s)
        if mode == "down":
            return False
        answer = await _answer(self._view, text.encode(), self)
        try:
            await self._socket.send_str(answer if mode is None else broken(mode, answer).text)
        except ConnectionResetError:
            return False
        return True

    async def subscription(self, request: dict[str, Any]) -> dict[str, Any]:
        """The response to eth_subscribe or eth_unsubscribe."""
        number, params = request.get("id"), list(request.get("params") or [])
        try:
            result: str | bool
            if request["method"] == "eth_subscribe":
                result = await self._feed.subscribe(params, self._tell)
                self._ids.add(result)
            else:
                result = bool(params) and params[0] in self._ids
                result = result and self._feed.unsubscribe(params[0])
        except NodeError as error:
            return failure(number, error.code, error.message)
        return {"jsonrpc": "2.0", "id": number, "result": result}

    def end(self) -> None:
        """Nothing is told to this connection any more."""
        for subscription_id in self._ids:
            self._feed.unsubscribe(subscription_id)

    async def _tell(self, news: dict[str, Any]) -> None:
        if self._socket.closed:
            raise ConnectionResetError("the client is gone")
        await self._socket.send_str(msgspec.json.encode(news).decode())


async def _answer(
    view: View,
    body: bytes,
    session: _Session | None = None,
    operators: Operators | None = None,
) -> str:
    """The JSON text that answers a request or a batch of them."""
    try:
        request = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return msgspec.json.encode(failure(None, PARSE_ERROR, "parse error")).decode()
    if not isinstance(request, list):
        is_sent = isinstance(request, dict) and request.get("method") == SEND
        if operators is not None and is_sent:
            return msgspec.json.encode(await operators.answer(view, request)).decode()
        return msgspec.json.encode(await _one(view, request, session)).decode()
    answers = [await _one(view, one, session) for one in request]
    return msgspec.json.encode(answers).decode()


async def _one(view: View, request: Any, session: _Session | None) -> dict[str, Any]:
    method = request.get("method") if isinstance(request, dict) else None
    if method not in SUBSCRIPTION_METHODS:
        return await view.answer(request)
    if session is None:
        return failure(request.get("id"), METHOD_NOT_FOUND, "notifications not supported")
    return await session.subscription(request)


def _response(answer: Broken) -> web.Response:
    return web.Response(
        status=answer.status,
        text=answer.text,
        content_type=answer.content_type,
        headers=dict(answer.headers),
    )
