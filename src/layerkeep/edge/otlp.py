"""Spans on their way to a collector, as OTLP over HTTP (OpenTelemetry protocol 1.x, protobuf).

The one place that knows OpenTelemetry, and only if a topology asks for traces: the extra `traces`
brings its messages. `put` never waits; one task sends. What a collector does costs no more than a
counter and a log line: the queue is bounded, the oldest trace goes first. A batch is sent again
only if it surely was not taken (refused, 429, 502, 503, 504); one that was answered too late, or
by something that is no collector, is given up, because a span is never to be told twice.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import aiohttp
import structlog

from layerkeep import __version__
from layerkeep.core.errors import OperatorError

TRACES_PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"

QUEUE_MAX = 8_192
"""Spans that wait: some megabytes, an hour of a busy network."""

BATCH_MAX = 512
"""Spans in one request, as OpenTelemetry's own batch processor has it."""

TIMEOUT_S = 10.0
LAST_S = 2.0
"""A stop waits no longer for the last batch."""

ROUND_S = 0.5
RETRY_S_MAX = 30.0
ANSWER_MAX = 65_536
AGAIN = (429, 502, 503, 504)
"""Answers after which the protocol asks to send again."""

Value = str | int | bool
Attributes = Mapping[str, Value]
NANOSECONDS = 1_000_000
INTERNAL, ERROR = 1, 2


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened within a span. `time` in milliseconds."""

    name: str
    time: int
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Times in milliseconds; `trace` has 16 bytes, `id`, `parent` and `link` 8 or none.

    `service` is who did it, `link` another span of the same trace that led to this one, `error`
    says why it failed.
    """

    trace: bytes
    id: bytes
    name: str
    service: str
    began: int
    ended: int
    parent: bytes = b""
    link: bytes = b""
    attributes: Attributes = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
    error: str = ""


@dataclass(slots=True)
class SpanCounts:
    """What became of spans: taken by the collector, not taken by it, never sent."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one request; `again` if it surely was not taken, `refused` counts spans."""

    reason: str = ""
    again: bool = False
    refused: int = 0


class Otlp:
    """One collector, and the spans that wait for it."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], network: str) -> None:
        """OperatorError if the extra `traces` is not installed."""
        self._messages = _load_messages()
        self._url = traces_url(endpoint)
        self._headers = {**headers, "Content-Type": PROTOBUF}
        self._network = network
        self._waiting: deque[tuple[Span, ...]] = deque()
        self._failures = 0
        self._fault = ""
        self._log = structlog.get_logger()
        self.counts = SpanCounts()

    def put(self, spans: Sequence[Span]) -> None:
        """The spans of one trace wait to be sent; the oldest trace goes if too many wait."""
        self._waiting.append(tuple(spans))
        self._bound()

    @property
    def waiting(self) -> int:
        """Spans not sent yet."""
        return sum(map(len, self._waiting))

    async def run(self, stop: asyncio.Event) -> None:
        """Send what waits until stopped; then what is left, for a moment."""
        async with aiohttp.ClientSession() as session:
            sending = asyncio.create_task(self._send_all(session, stop))
            await stop.wait()
            await asyncio.wait((sending,), timeout=LAST_S)
            sending.cancel()
            await asyncio.wait((sending,))
        self.counts.dropped += self.waiting
        self._waiting.clear()
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        while True:
            while self._waiting:
                await self._send(session, self._batch())
                if self._failures:
                    break
            if stop.is_set():
                return
            pause = min(RETRY_S_MAX, ROUND_S * 2 ** min(self._failures, 10))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()

    def _batch(self) -> list[tuple[Span, ...]]:
        batch: list[tuple[Span, ...]] = []
        count = 0
        while self._waiting and (not batch or count + len(self._waiting[0]) <= BATCH_MAX):
            count += len(self._waiting[0])
            batch.append(self._waiting.popleft())
        return batch

    async def _send(self, session: aiohttp.ClientSession, batch: list[tuple[Span, ...]]) -> None:
        spans = [span for trace in batch for span in trace]
        body = encode(self._messages, spans, self._network)
        try:
            outcome = await self._post(session, body)
        except asyncio.CancelledError:
            self.counts.failed += len(spans)
            raise
        self._failures = self._failures + 1 if outcome.reason and not outcome.refused else 0
        self._tell(outcome.reason)
        if outcome.again:
            self._waiting.extendleft(reversed(batch))
            self._bound()
        elif self._failures:
            self.counts.failed += len(spans)
        else:
            self.counts.sent += len(spans) - outcome.refused
            self.counts.failed += outcome.refused

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> _Outcome:
        limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with session.post(
                self._url, data=body, headers=self._headers, timeout=limit, allow_redirects=False
            ) as response:
                if response.status != 200:
                    again = response.status in AGAIN
                    return _Outcome(f"HTTP {response.status}", again)
                kind = response.content_type
                answer = await response.content.read(ANSWER_MAX)
        except aiohttp.ClientConnectorError as error:
            return _Outcome(f"not reached: {error.os_error.strerror or 'no connection'}", True)
        except TimeoutError:
            return _Outcome("no answer in time")
        except (aiohttp.ClientError, ValueError) as error:
            return _Outcome(f"no answer: {type(error).__name__}")
        return self._judged(kind, answer)

    def _judged(self, kind: str, answer: bytes) -> _Outcome:
        """What a collector's 200 says; anything can answer 200."""
        if kind not in (PROTOBUF, "application/json") and answer:
            return _Outcome(f"no collector answered, but {kind}")
        if kind != PROTOBUF:
            return _Outcome()
        try:
            said = self._messages.Response.FromString(answer).partial_success
        except self._messages.DecodeError:
            return _Outcome("an answer that is no protobuf")
        if said.rejected_spans:
            reason = f"{said.rejected_spans} spans refused: {said.error_message[:200]}"
            return _Outcome(reason, refused=said.rejected_spans)
        return _Outcome()

    def _bound(self) -> None:
        while self.waiting > QUEUE_MAX:
            self.counts.dropped += len(self._waiting.popleft())

    def _tell(self, reason: str) -> None:
        """One line where something changes; never the URL, which may hold a secret."""
        if reason and reason != self._fault:
            self._log.warning("traces-failing", reason=reason, waiting=self.waiting)
        elif self._fault and not reason:
            self._log.info("traces-taken-again", failed=self.counts.failed)
        self._fault = reason


def traces_url(endpoint: str) -> str:
    """The URL for traces: an endpoint without a path is a collector's root."""
    scheme, _, rest = endpoint.partition("://")
    host, _, path = rest.partition("/")
    return endpoint if path else f"{scheme}://{host}{TRACES_PATH}"


@dataclass(frozen=True, slots=True)
class _Messages:
    """OpenTelemetry's messages, generated classes without a common type."""

    Request: Any
    Response: Any
    DecodeError: type[Exception]


def _load_messages() -> _Messages:
    """The messages of the protocol; OperatorError naming the extra if they are not here."""
    try:
        service = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
        decode_error = import_module("google.protobuf.message").DecodeError
    except ImportError as error:
        raise OperatorError(
            "the topology asks for [traces], which need OpenTelemetry: install layerkeep with "
            "its extra `traces`, for example `pip install 'layerkeep[traces]'`"
        ) from error
    return _Messages(
        service.ExportTraceServiceRequest, service.ExportTraceServiceResponse, decode_error
    )


def encode(messages: _Messages, spans: Sequence[Span], network: str) -> bytes:
    """An export request: one resource for each service."""
    request = messages.Request()
    by_service: dict[str, list[Span]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    for service, own in by_service.items():
        group = request.resource_spans.add()
        _set(group.resource, {"service.name": service, "service.namespace": network})
        scope = group.scope_spans.add()
        scope.scope.name, scope.scope.version = "layerkeep", __version__
        for span in own:
            _fill(scope.spans.add(), span)
    found: bytes = request.SerializeToString()
    return found


def _fill(target: Any, span: Span) -> None:
    target.trace_id, target.span_id, target.parent_span_id = span.trace, span.id, span.parent
    target.name, target.kind = span.name, INTERNAL
    target.start_time_unix_nano = span.began * NANOSECONDS
    target.end_time_unix_nano = span.ended * NANOSECONDS
    _set(target, span.attributes)
    for each in span.events:
        event = target.events.add(name=each.name, time_unix_nano=each.time * NANOSECONDS)
        _set(event, each.attributes)
    if span.link:
        target.links.add(trace_id=span.trace, span_id=span.link)
    if span.error:
        target.status.code, target.status.message = ERROR, span.error


def _set(target: Any, attributes: Attributes) -> None:
    for name, value in attributes.items():
        entry = target.attributes.add(key=name)
        if isinstance(value, bool):
            entry.value.bool_value = value
        elif isinstance(value, int):
            entry.value.int_value = value
        else:
            entry.value.string_value = value
