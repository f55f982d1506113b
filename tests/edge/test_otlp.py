"""Spans reach a collector, and whatever a collector does costs a counter and a log line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from layerkeep.core.errors import OperatorError
from layerkeep.edge import otlp
from layerkeep.edge.otlp import Otlp, Span, SpanEvent, traces_url
from otlp_collector import Collector, collecting, until

TRACE = bytes(range(16))


def span(number: int, trace: bytes = TRACE) -> Span:
    """A span of one second."""
    return Span(trace, number.to_bytes(8), f"s{number}", "l1", 1000, 2000)


def with_collector(
    mood: str, body: Callable[[Collector, Otlp, asyncio.Event], Awaitable[None]]
) -> Otlp:
    """Run with a collector in this mood and somebody who sends to it; both have ended then."""

    async def run() -> Otlp:
        async with collecting(mood) as collector:
            sender = Otlp(collector.url, {"X-Tenant": "ops"}, "net")
            stop = asyncio.Event()
            running = asyncio.create_task(sender.run(stop))
            try:
                await body(collector, sender, stop)
            finally:
                stop.set()
                await running
            return sender

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long in a test."""
    monkeypatch.setattr(otlp, "ROUND_S", 0.01)
    monkeypatch.setattr(otlp, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(otlp, "LAST_S", 0.3)


def test_spans__put__arrive_whole_with_headers_and_resource() -> None:
    """Ids, names, times in nanoseconds, attributes of each kind, events, link and status."""
    whole = Span(
        TRACE,
        b"\x01" * 8,
        "executed",
        "l2",
        1_700_000_000_123,
        1_700_000_001_456,
        parent=b"\x02" * 8,
        link=b"\x03" * 8,
        attributes={"text": "a", "number": 7, "flag": True},
        events=(SpanEvent("undone", 1_700_000_000_500, {"why": "voided"}),),
        error="ended failed",
    )

    async def body(collector: Collector, sender: Otlp, stop: asyncio.Event) -> None:
        sender.put([whole])
        await until(lambda: collector.spans)
        (found,) = collector.spans
        assert ("l2", "net", "executed") == (found.service, found.network, found.name)
        assert "ops" == collector.headers[0]["X-Tenant"]
        times = (found.span.start_time_unix_nano, found.span.end_time_unix_nano)
        assert (1_700_000_000_123_000_000, 1_700_000_001_456_000_000) == times
        assert {"text": "a", "number": 7, "flag": True} == found.attributes
        assert (b"\x01" * 8, b"\x02" * 8) == (found.span.span_id, found.parent)
        (link,), (event,) = found.span.links, found.span.events
        assert (TRACE, b"\x03" * 8) == (link.trace_id, link.span_id)
        assert ("undone", 1_700_000_000_500_000_000) == (event.name, event.time_unix_nano)
        assert (2, "ended failed") == (found.span.status.code, found.span.status.message)

    sender = with_collector("well", body)

    assert (1, 0, 0) == (sender.counts.sent, sender.counts.failed, sender.counts.dropped)


@pytest.mark.parametrize(
    ("mood", "reason"),
    [("html", "no collector answered, but text/html"), ("refuses", "HTTP 400")],
)
def test_collector__that_is_none__costs_a_counter_and_one_line(mood: str, reason: str) -> None:
    """What it was sent is given up, not sent again; the same fault is told once."""

    async def body(collector: Collector, sender: Otlp, stop: asyncio.Event) -> None:
        for number in (1, 2):
            sender.put([span(number)])
            await until(lambda number=number: sender.counts.failed == number)
        assert 2 == collector.requests

    with capture_logs() as lines:
        sender = with_collector(mood, body)

    assert (0, 2, 0) == (sender.counts.sent, sender.counts.failed, sender.counts.dropped)
    assert [reason] == [line["reason"] for line in lines if line["event"] == "traces-failing"]


def test_collector__busy_for_a_while__is_sent_the_same_again() -> None:
    """503 says that nothing was taken; afterwards each span is there once."""

    async def body(collector: Collector, sender: Otlp, stop: asyncio.Event) -> None:
        sender.put([span(1)])
        await until(lambda: collector.requests > 1)
        sender.put([span(2)])
        collector.mood = "well"
        await until(lambda: sender.counts.sent == 2)
        assert ["s1", "s2"] == sorted(each.name for each in collector.spans)

    with capture_logs() as lines:
        sender = with_collector("busy", body)

    assert (2, 0, 0) == (sender.counts.sent, sender.counts.failed, sender.counts.dropped)
    assert ["traces-failing", "traces-taken-again"] == [line["event"] for line in lines]


def test_collector__hanging__holds_up_neither_others_nor_the_end() -> None:
    """The batch is given up after its time: nobody knows whether it was taken. A stop is prompt."""

    async def body(collector: Collector, sender: Otlp, stop: asyncio.Event) -> None:
        sender.put([span(1)])
        await collector.hung.wait()
        sender.put([span(2)])
        assert 1 == sender.waiting
        await until(lambda: sender.counts.failed)
        collector.hung.clear()
        await collector.hung.wait()

    sender = with_collector("hangs", body)

    assert (0, 2) == (sender.counts.sent, sender.counts.failed)


def test_collector__taking_a_part__counts_the_rest() -> None:
    """A partial success is told."""

    async def body(collector: Collector, sender: Otlp, stop: asyncio.Event) -> None:
        sender.put([span(1), span(2)])
        await until(lambda: sender.counts.sent)

    with capture_logs() as lines:
        sender = with_collector("part", body)

    assert (1, 1) == (sender.counts.sent, sender.counts.failed)
    assert "1 spans refused: too old" == lines[0]["reason"]


def test_collector__away__keeps_what_fits_and_drops_the_eldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody listens: spans wait, the newest ones; at the end they are counted as dropped."""
    monkeypatch.setattr(otlp, "QUEUE_MAX", 3)

    async def run() -> Otlp:
        sender, stop = Otlp("http://127.0.0.1:1", {}, "net"), asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        for number in range(8):
            sender.put([span(number, number.to_bytes(16))])
            await asyncio.sleep(0.02)
        assert 3 == sender.waiting
        stop.set()
        await running
        return sender

    with capture_logs() as lines:
        sender = asyncio.run(run())

    assert (0, 0, 8) == (sender.counts.sent, sender.counts.failed, sender.counts.dropped)
    assert 1 == len(lines)
    assert lines[0]["reason"].startswith("not reached: ")


def test_stop__with_spans_waiting__sends_them_first() -> None:
    """What was put just before the end arrives."""

    async def body(collector: Collector, sender: Otlp, stop: asyncio.Event) -> None:
        sender.put([span(1)])
        stop.set()

    sender = with_collector("well", body)

    assert (1, 0) == (sender.counts.sent, sender.counts.dropped)


def test_extra__not_installed__is_an_operators_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing else of layerkeep needs OpenTelemetry."""

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(otlp, "import_module", missing)

    with pytest.raises(OperatorError, match=r"layerkeep\[traces\]"):
        Otlp("http://127.0.0.1:1", {}, "net")


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://host:4318", "http://host:4318/v1/traces"),
        ("http://host:4318/", "http://host:4318/v1/traces"),
        ("https://host/otlp/v1/traces", "https://host/otlp/v1/traces"),
    ],
)
def test_endpoint__with_or_without_a_path__is_where_traces_go(endpoint: str, url: str) -> None:
    """A bare host is a collector's root; a path is meant as it stands."""
    assert url == traces_url(endpoint)
