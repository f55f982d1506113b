"""Metrics: what a Source and counters know, as Prometheus scrapes it."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from layerkeep.api.metrics.counters import Counters
from layerkeep.api.metrics.exposition import Exposition
from layerkeep.api.metrics.readings import Reading, look, of_counters, of_source
from layerkeep.api.source import Source
from layerkeep.core.errors import StoreError

OPENMETRICS = "application/openmetrics-text"
PLAIN = "text/plain; version=0.0.4"
"""Litestar adds the character set to a type of text."""


async def readings(source: Source, counters: Counters) -> list[Reading]:
    """One look at all that is told; what the counters know also while the store fails."""
    try:
        seen = await look(source)
    except StoreError:
        return [*of_counters(source.network, counters, is_answering=False)]
    return [*of_source(seen), *of_counters(source.network, counters, is_answering=True)]


def metrics_routes(source: Source, counters: Counters) -> Sequence[HTTPRouteHandler]:
    """`GET /metrics`: Prometheus' text format, or OpenMetrics for whoever accepts that."""

    @get("/metrics", include_in_schema=False)
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Every series of docs/reference/metrics.md."""
        told = Exposition(await readings(source, counters))
        if OPENMETRICS in request.headers.get("Accept", ""):
            body: bytes = openmetrics.generate_latest(told)  # type: ignore[no-untyped-call]
            media_type = openmetrics.CONTENT_TYPE_LATEST
        else:
            body, media_type = generate_latest(told), PLAIN
        return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})

    return [metrics]
