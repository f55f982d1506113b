"""A real server in the loop: streams end with it, and what clients can make it hold is bounded."""

import asyncio
import errno
import gc
import socket
import tracemalloc

import aiohttp
import pytest
from http_scene import NOW, Kept, Standing, run, until

from layerkeep.api.http.access import Access
from layerkeep.api.http.app import make_app
from layerkeep.api.http.stream import QUEUE, Stream
from layerkeep.app.http_server import HEAD_MAX, HttpServer
from layerkeep.app.serving import access_of, listening_at
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology.access import Token

ANYWHERE = "127.0.0.1:0"


def with_server(body, limit=None):
    """Run `body` with a server on a standing network, stopped behind it."""

    async def whole():
        source, stream = Standing(), Stream(NOW)
        app = make_app(source, Access(), Kept(), stream=stream)
        server = HttpServer(app, ANYWHERE, stream.close, limit=limit)
        await server.start()
        try:
            async with asyncio.timeout(60):
                return await body(server, source, stream)
        finally:
            async with asyncio.timeout(20):
                await server.stop()

    return run(whole())


async def opened(server):
    """A connection of its own."""
    host, port = server.address.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


def test_server__with_a_live_stream__tells_changes_and_ends_at_once():
    """One real client: a question, an event as it happens, and the end of the stream."""

    async def body(server, source, stream):
        async with aiohttp.ClientSession(server.address) as session:
            async with session.get("/api/v1/chains") as answer:
                chains = [each["name"] for each in await answer.json()]
            live = await session.get("/api/v1/stream")
            await until(lambda: source.overviews > 0)
            source.open = ()
            source.number += 1
            lines = []
            while not any(line.startswith(b"event: change") for line in lines):
                lines.append(await live.content.readline())
            await server.stop()
            rest = await live.content.read()
            return chains, rest.count(b"event: incident"), len(stream.listeners)

    assert (["l1", "l2"], 0, 0) == with_server(body)


def test_server__with_clients_that_never_read__cuts_them():
    """Their sockets are closed, and nothing of them is left."""

    async def body(server, _source, stream):
        streams = [await opened(server) for _ in range(50)]
        for _, writer in streams:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            writer.transport.pause_reading()
            writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await until(lambda: len(stream.listeners) == len(streams))
        for _ in range(400):
            stream.publish("change", "x" * 50_000)
            await asyncio.sleep(0)
            if not stream.listeners:
                break
        left = len(stream.listeners)
        await until(lambda: not server._server.server_state.connections)
        for _, writer in streams:
            writer.transport.abort()
        return left

    assert 0 == with_server(body)
    assert QUEUE < 400


def test_server__whose_clients_go__lets_go_of_their_streams():
    """Also while nothing is sent, so that no failed sending tells of it."""

    async def body(server, _source, stream):
        streams = [await opened(server) for _ in range(3)]
        for _, writer in streams:
            writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await until(lambda: len(stream.listeners) == 3)
        for _, writer in streams[1:]:
            writer.close()
        await until(lambda: len(stream.listeners) == 1)
        return len(server._server.server_state.tasks)

    assert 1 == with_server(body)


def test_server__with_many_who_listen__holds_little_for_each():
    """Twenty thousand bytes: with the framework's own streams and queues they were thirty."""

    async def body(server, _source, stream):
        async def listen(count):
            address = server.address.removeprefix("http://").split(":")
            for _ in range(count):
                sock = socket.create_connection((address[0], int(address[1])))
                sock.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                kept.append(sock)
                await asyncio.sleep(0)
            await until(lambda: len(stream.listeners) == len(kept))
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        kept = []
        tracemalloc.start()
        try:
            before = await listen(5)
            return (await listen(100) - before) / 100
        finally:
            tracemalloc.stop()
            for sock in kept:
                sock.close()

    assert with_server(body) < 20_000


@pytest.mark.parametrize(
    "head",
    [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5],
)
def test_server__sent_a_head_without_end__cuts_it(head):
    """Neither an address nor a header may fill the memory."""

    async def body(server, *_):
        reader, writer = await opened(server)
        writer.write(head)
        sent = 0
        try:
            while sent < 100 * HEAD_MAX and not reader.at_eof():
                writer.write(b"x" * 8192)
                sent += 8192
                await writer.drain()
                await asyncio.sleep(0.001)
        except OSError as error:
            assert error.errno in (errno.EPIPE, errno.ECONNRESET)
        return sent

    assert with_server(body) < 20 * HEAD_MAX


def test_server__with_a_large_body__answers_before_it_has_read_it():
    """413 at the length the client announces."""

    async def body(server, *_):
        reader, writer = await opened(server)
        writer.write(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000000\r\n\r\n")
        return await reader.readline()

    assert b"413" in with_server(body)


def test_server__with_too_many_connections__closes_the_next():
    """Those that are open are answered as before."""

    async def body(server, *_):
        first = [await opened(server) for _ in range(5)]
        await until(lambda: len(server._server.server_state.connections) == 5)
        reader, _writer = await opened(server)
        try:
            refused = await reader.read()
        except ConnectionResetError:
            refused = b""
        first[0][1].write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        return refused, await first[0][0].readline()

    refused, answered = with_server(body, limit=5)
    assert b"" == refused
    assert b"421" in answered


def test_address__that_is_taken__is_told_or_another_is_found():
    """An operator is told what to do; a demo goes elsewhere."""

    async def body():
        taken = socket.create_server(("127.0.0.1", 0))
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        stream = Stream(NOW)
        app = make_app(Standing(), Access(), Kept(), stream=stream)
        with pytest.raises(SettingsError, match="--listen"):
            await HttpServer(app, listen, stream.close).start()
        other = HttpServer(app, listen, stream.close, anywhere=True)
        await other.start()
        await other.stop()
        taken.close()
        return listen, other.address

    listen, address = run(body())
    assert address.startswith("http://127.0.0.1:")
    assert listen not in address


@pytest.mark.parametrize("listen", ["0.0.0.0:7040", "[::]:7040", "node.example:7040"])
def test_listening__beyond_this_machine_without_tokens__is_refused(listen):
    """Nobody serves strangers by accident."""
    with pytest.raises(SettingsError, match=r"api\.tokens\.NAME"):
        access_of({}, listen)


def test_listening__with_tokens__is_allowed_anywhere(monkeypatch):
    """The secret is read where its reference points to."""
    monkeypatch.setenv("LK_SECRET", "0123456789abcdef")

    access = access_of({"me": Token("me", "admin", "env:LK_SECRET")}, "0.0.0.0:7040")

    assert "me" == access.caller("Bearer 0123456789abcdef", "", NOW).name


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        (["short"], "fewer than 16 letters"),
        (["0123456789abcdef", "0123456789abcdef"], "has the same secret"),
        ([""], "LK_0"),
    ],
)
def test_secret__that_is_bad__is_refused_without_showing_it(monkeypatch, secrets, told):
    """Too short, shared, or not there."""
    tokens = {}
    for number, secret in enumerate(secrets):
        monkeypatch.setenv(f"LK_{number}", secret)
        tokens[f"t{number}"] = Token(f"t{number}", "admin", f"env:LK_{number}")

    with pytest.raises(SettingsError, match=told) as error:
        access_of(tokens, "127.0.0.1:1")

    assert not secrets[0] or secrets[0] not in str(error.value)


def test_listen__that_is_no_address__is_told():
    """With an example of one."""
    with pytest.raises(SettingsError, match=r"HOST:PORT, for example"):
        listening_at("7040")
