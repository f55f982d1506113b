"""A stand-in for an OpenTelemetry collector, on a port of its own.

It takes OTLP/HTTP requests in protobuf as a collector does, and keeps every span that it was sent.
Left out: JSON bodies, compression, gRPC, retention, tail sampling, limits on size, and everything
behind it (Jaeger's and Tempo's stores and pages).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass
class Received:
    """One span as it came, with its service and its attributes as a dictionary."""

    service: str
    network: str
    span: Any

    @property
    def name(self) -> str:
        return str(self.span.name)

    @property
    def attributes(self) -> dict[str, Any]:
        return values(self.span.attributes)

    @property
    def parent(self) -> bytes:
        return bytes(self.span.parent_span_id)


@dataclass
class Collector:
    """How it behaves, and what it was sent.

    `mood`: `well`, `hangs`, `html`, `busy` (503), `refuses` (400), `part` (takes all but one span).
    """

    mood: str = "well"
    url: str = ""
    requests: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    spans: list[Received] = field(default_factory=list)
    hung: asyncio.Event = field(default_factory=asyncio.Event)

    def traces(self) -> dict[bytes, list[Received]]:
        """Spans by trace, in the order in which they came."""
        found: dict[bytes, list[Received]] = {}
        for each in self.spans:
            found.setdefault(bytes(each.span.trace_id), []).append(each)
        return found

    async def take(self, request: web.Request) -> web.Response:
        """An export request."""
        self.requests += 1
        self.headers.append(dict(request.headers))
        body = await request.read()
        if self.mood == "hangs":
            self.hung.set()
            await asyncio.sleep(3600)
        if self.mood == "html":
            return web.Response(text="<html>a login page</html>", content_type="text/html")
        if self.mood == "busy":
            return web.Response(status=503)
        if self.mood == "refuses":
            return web.Response(status=400, text="no")
        assert "application/x-protobuf" == request.content_type
        self._keep(ExportTraceServiceRequest.FromString(body))
        answer = ExportTraceServiceResponse()
        if self.mood == "part":
            answer.partial_success.rejected_spans = 1
            answer.partial_success.error_message = "too old"
        return web.Response(body=answer.SerializeToString(), content_type="application/x-protobuf")

    def _keep(self, request: Any) -> None:
        for group in request.resource_spans:
            resource = values(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [
                    Received(resource["service.name"], resource["service.namespace"], span)
                    for span in scope.spans
                ]


@asynccontextmanager
async def collecting(mood: str = "well") -> AsyncIterator[Collector]:
    """A collector that listens while the context lasts."""
    collector = Collector(mood)
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


async def until(check: Callable[[], Any], within_s: float = 10.0) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(within_s):
        while not check():  # noqa: ASYNC110 (a counter wakes nobody)
            await asyncio.sleep(0.02)


def values(attributes: Any) -> dict[str, Any]:
    """Attributes of the protocol as a dictionary."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
