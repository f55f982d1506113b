"""A web server inside the loop that is running, which bounds what clients can make it hold."""

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from layerkeep.api.http.routes.live import CUT
from layerkeep.core.errors import SettingsError

HEAD_MAX = 64 * 1024
"""A request's line and headers: far more than any browser sends."""
BUFFER_MAX = 16 * 1024
"""Bytes that may wait for one client before its answer does."""
CONNECTIONS_MAX = 1_024
GRACE_S = 3


def connections_max() -> int:
    """So many that the store and the upstreams never lack a file of the process."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if files < 0 else min(CONNECTIONS_MAX, files // 2)


class Connection(HttpToolsProtocol):
    """One connection; an answer that nobody reads can be cut, a head without end is.

    Its own attributes are slots: with more than thirty in all, Python keeps a table of names for
    each connection in place of one for all.
    """

    __slots__ = ("_head", "_in_body")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head = 0
        self._in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One too many is closed at once."""
        if len(self.connections) >= self.config.limit_connections:  # type: ignore[attr-defined]
            transport.abort()
            return
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=BUFFER_MAX)

    def connection_lost(self, exc: Exception | None) -> None:
        """One that was never let in leaves nothing."""
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A head may have so many bytes only."""
        if not self._in_body:
            self._head += len(data)
        super().data_received(data)
        if not self._in_body and self._head > HEAD_MAX:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """The app may cut the connection."""
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"cut": self.transport.abort}}

    def on_headers_complete(self) -> None:
        """What follows is a body, which the app bounds."""
        self._head, self._in_body = 0, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What follows is another head."""
        self._in_body = False
        super().on_message_complete()


class Config(uvicorn.Config):
    """How the server is run: `limit_connections` at once at most."""

    limit_connections = CONNECTIONS_MAX


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the loop, and tells when it serves."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Requests are answered."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the daemon's."""
        yield


class HttpServer:
    """Serves an app at HOST:PORT; port 0, or `anywhere` if it is taken, means a free one.

    `closing` ends the app's streams: a server waits for those before it ends.
    """

    def __init__(
        self,
        app: Any,
        listen: str,
        closing: Callable[[], None],
        *,
        anywhere: bool = False,
        limit: int | None = None,
    ) -> None:
        self.address = ""
        self._listen = listen
        self._anywhere = anywhere
        self._closing = closing
        self._config = Config(
            app,
            http=Connection,
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._config.limit_connections = limit or connections_max()
        self._server = Server(self._config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Requests are answered at `address`; SettingsError if it cannot be listened at."""
        bound = self._bound()
        host = self._listen.rpartition(":")[0]
        self.address = f"http://{host}:{bound.getsockname()[1]}"
        self._task = asyncio.create_task(self._server.serve(sockets=[bound]), name="http")
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Nothing is served any more, and no stream is open."""
        if self._task is None:
            return
        self._closing()
        self._server.should_exit = True
        await self._task
        self._task = None

    def _bound(self) -> socket.socket:
        host, _, port = self._listen.rpartition(":")
        try:
            return _listening(host, int(port))
        except OSError as error:
            if self._anywhere and error.errno == errno.EADDRINUSE:
                return _listening(host, 0)
            raise SettingsError(
                f"cannot listen at {self._listen}: {error.strerror}; name another address with "
                "--listen or in the topology's [api]"
            ) from error


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family)
