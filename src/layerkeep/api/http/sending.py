"""An answer without end, sent with little held for it.

The framework's own streams run two tasks in a group with a cancel scope of another library, and
keep the head they sent. Here the request's own task sends, and one more sees the client go.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from litestar import Litestar, Request
from litestar.response import Stream
from litestar.types import Receive, Scope, Send

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


class EventStream(Stream):
    """Server-sent events: what `said` gives; `gone` is called when the client left.

    `gone` must make `said` end.
    """

    def __init__(self, said: AsyncGenerator[bytes, None], gone: Callable[[], None]) -> None:
        super().__init__(said, media_type="text/event-stream")
        self._sending = _Sending(said, gone)

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **_: Any
    ) -> Any:
        """What sends it."""
        del app, request
        return self._sending


class _Sending:
    """The ASGI application that sends one stream."""

    __slots__ = ("_gone", "_said")

    def __init__(self, said: AsyncGenerator[bytes, None], gone: Callable[[], None]) -> None:
        self._said = said
        self._gone = gone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until what is said ends, which it does soon after the client has gone."""
        del scope
        leaving = asyncio.create_task(_left(receive))
        leaving.add_done_callback(lambda _: self._gone())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            async for said in self._said:
                await send({"type": "http.response.body", "body": said, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            await self._said.aclose()


async def _left(receive: Receive) -> None:
    """The client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
