"""A JSON-RPC server that plays bad weather, in front of a chain in memory or of a real node.

Each request meets, with the chance `rate`, one of the kinds of weather; the seed decides which.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from follower_chain import SimChain

Request = dict[str, Any]
Reply = dict[str, Any]
Node = Callable[[list[Request]], Awaitable[list[Reply]]]

FAKE_HASH = "0x" + "fa" * 32


class SimNode:
    """Answers for a chain in memory."""

    def __init__(self, chain: SimChain, chain_id: int = 10) -> None:
        self.chain = chain
        self.chain_id = chain_id
        self.span_max = 10**9

    async def __call__(self, requests: list[Request]) -> list[Reply]:
        return [{"jsonrpc": "2.0", "id": each["id"], **self.reply(each)} for each in requests]

    def reply(self, request: Request) -> Reply:
        method, params = request["method"], request.get("params", [])
        if method == "eth_chainId":
            return {"result": hex(self.chain_id)}
        if method == "eth_blockNumber":
            return {"result": hex(self.chain.head)}
        if method == "eth_getBlockByNumber":
            return {"result": msgspec.to_builtins(self.chain.header(self.number(params[0])))}
        if method == "eth_getLogs":
            return self.logs(params[0])
        return {"error": {"code": -32601, "message": f"no {method}"}}

    def number(self, block: str) -> int:
        back = {"latest": 0, "safe": 10, "finalized": self.chain.final_depth}
        if block in back:
            return max(0, self.chain.head - back[block])
        return int(block, 16)

    def logs(self, query: dict[str, Any]) -> Reply:
        if "blockHash" in query:
            blocks = [b for b in self.chain.blocks if b.header.hash == query["blockHash"]]
            if not blocks:
                return {"error": {"code": -32000, "message": "unknown block"}}
        else:
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
            if last - first + 1 > self.span_max:
                text = f"exceed maximum block range: {self.span_max}"
                return {"error": {"code": -32000, "message": text}}
            blocks = self.chain.blocks[first : last + 1]
        return {"result": [msgspec.to_builtins(log) for block in blocks for log in block.logs]}


class RealNode:
    """Passes requests on to a node."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def __call__(self, requests: list[Request]) -> list[Reply]:
        async with self.session.post(self.url, json=requests) as response:
            return await response.json()


def html(_: list[Reply]) -> web.Response:
    """A web page."""
    return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")


def half(replies: list[Reply]) -> web.Response:
    """The first half of the answer."""
    text = json.dumps(replies)
    return web.Response(text=text[: len(text) // 2], content_type="application/json")


def error_object(_: list[Reply]) -> web.Response:
    """One error for the whole batch."""
    return web.json_response(
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": "internal error"}}
    )


def limited(_: list[Reply]) -> web.Response:
    """Too many requests, with a wait."""
    return web.Response(status=429, headers={"Retry-After": "0.2"}, text="slow down")


def unavailable(_: list[Reply]) -> web.Response:
    """The service is not there."""
    return web.Response(status=503, text="upstream connect error")


def every_call_fails(replies: list[Reply]) -> web.Response:
    """An error for every call."""
    fault = {"code": -32005, "message": "limit exceeded"}
    return web.json_response([{"jsonrpc": "2.0", "id": r["id"], "error": fault} for r in replies])


def missing_reply(replies: list[Reply]) -> web.Response:
    """One reply is missing."""
    return web.json_response(replies[:-1])


def foreign_id(replies: list[Reply]) -> web.Response:
    """A reply to a call nobody made."""
    return web.json_response([*replies[:-1], {**replies[-1], "id": 10**9}])


def doubled_reply(replies: list[Reply]) -> web.Response:
    """One reply comes twice."""
    return web.json_response([*replies, replies[0]])


def null_results(replies: list[Reply]) -> web.Response:
    """Nothing is known of anything."""
    return web.json_response([{**reply, "result": None} for reply in replies])


def wrong_shape(replies: list[Reply]) -> web.Response:
    """Results that are something else."""
    return web.json_response([{**reply, "result": {"hash": 7}} for reply in replies])


def wrong_chain(replies: list[Reply]) -> web.Response:
    """The chain id of another chain."""
    changed = [
        {**reply, "result": "0x539"} if isinstance(reply.get("result"), str) else reply
        for reply in replies
    ]
    return web.json_response(changed)


def broken_parent(replies: list[Reply]) -> web.Response:
    """Blocks with a parent that is not theirs."""
    return web.json_response([_block_with(reply, parentHash=FAKE_HASH) for reply in replies])


def fake_hash(replies: list[Reply]) -> web.Response:
    """Blocks with a hash that is not theirs."""
    return web.json_response([_block_with(reply, hash=FAKE_HASH) for reply in replies])


def foreign_logs(replies: list[Reply]) -> web.Response:
    """Logs of another block."""
    return web.json_response([_logs_with(reply, blockHash=FAKE_HASH) for reply in replies])


def removed_logs(replies: list[Reply]) -> web.Response:
    """Logs of a block that left."""
    return web.json_response([_logs_with(reply, removed=True) for reply in replies])


def no_logs(replies: list[Reply]) -> web.Response:
    """Logs are dropped."""
    emptied = [
        {**reply, "result": []} if isinstance(reply.get("result"), list) else reply
        for reply in replies
    ]
    return web.json_response(emptied)


def _block_with(reply: Reply, **fields: object) -> Reply:
    block = reply.get("result")
    is_block = isinstance(block, dict) and "parentHash" in block
    return {**reply, "result": {**block, **fields}} if is_block else reply


def _logs_with(reply: Reply, **fields: object) -> Reply:
    logs = reply.get("result")
    if not isinstance(logs, list):
        return reply
    return {**reply, "result": [{**log, **fields} for log in logs]}


KINDS: dict[str, Callable[[list[Reply]], web.Response]] = {
    kind.__name__: kind
    for kind in (
        html,
        half,
        error_object,
        limited,
        unavailable,
        every_call_fails,
        missing_reply,
        foreign_id,
        doubled_reply,
        null_results,
        wrong_shape,
        wrong_chain,
        broken_parent,
        fake_hash,
        foreign_logs,
        removed_logs,
        no_logs,
    )
}
SLOW = ("hang", "reset", "older_head")


class Weather:
    """The server: `url` once entered as a context."""

    def __init__(
        self, node: Node, *, rate: float = 0.0, seed: int = 1, kinds: tuple[str, ...] = ()
    ) -> None:
        self.node = node
        self.rate = rate
        self.kinds = kinds or (*KINDS, *SLOW)
        self.requests = 0
        self.hang_s = 5.0
        self.played: Counter[str] = Counter()
        self.refuses_batches = False
        self.sockets: list[web.WebSocketResponse] = []
        self.url = ""
        self._chance = random.Random(seed)
        self._last: dict[str, Reply] = {}

    async def __aenter__(self) -> "Weather":
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/", self._post)
        app.router.add_get("/ws", self._socket)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert self._runner.addresses
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in self.sockets:
            await socket.close()
        await self._runner.cleanup()

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws") + "ws"

    async def announce(self, number: int) -> None:
        """Push a new head to everybody who subscribed."""
        params = {"subscription": "0x1", "result": {"number": hex(number)}}
        for socket in self.sockets:
            await socket.send_json(
                {"jsonrpc": "2.0", "method": "eth_subscription", "params": params}
            )

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        asked = json.loads(await request.read())
        many = asked if isinstance(asked, list) else [asked]
        if isinstance(asked, list) and self.refuses_batches:
            fault = {"code": -32600, "message": "batch requests are not supported"}
            return web.json_response({"jsonrpc": "2.0", "id": None, "error": fault})
        replies = await self.node(many)
        if self._chance.random() >= self.rate:
            return web.json_response(replies if isinstance(asked, list) else replies[0])
        kind = self._chance.choice(self.kinds)
        self.played[kind] += 1
        if kind == "hang":
            await asyncio.sleep(self.hang_s)
        if kind == "reset":
            assert request.transport
            request.transport.close()
        if kind == "older_head":
            return web.json_response(await self._older(many, replies))
        return KINDS.get(kind, html)(replies)

    async def _older(self, asked: list[Request], replies: list[Reply]) -> list[Reply]:
        """The replies of a node that is three blocks behind."""
        changed = []
        for request, reply in zip(asked, replies, strict=True):
            block = reply.get("result")
            if request.get("params", [""])[:1] == ["latest"] and isinstance(block, dict):
                behind = {**request, "params": [hex(max(0, int(block["number"], 16) - 3)), False]}
                (reply,) = await self.node([behind])
            changed.append(reply)
        return changed

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            asked = json.loads(message.data)
            many = asked if isinstance(asked, list) else [asked]
            if many[0]["method"] == "eth_subscribe":
                await socket.send_json({"jsonrpc": "2.0", "id": many[0]["id"], "result": "0x1"})
                self.sockets.append(socket)
                continue
            self.requests += 1
            replies = await self.node(many)
            await socket.send_json(replies if isinstance(asked, list) else replies[0])
        return socket
