"""The console: pages made on the server over a Source, kept alive by a stream."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from layerkeep.api.console.console import Console
from layerkeep.api.console.live import Live
from layerkeep.api.http.access import Access
from layerkeep.api.source import Source


def console_routes(
    source: Source, access: Access, live: Live | None = None
) -> Sequence[HTTPRouteHandler]:
    """Every route of the console. Close `live` before the server is shut down: it waits for it."""
    followed = live or Live(source.revision)
    return Console(source, followed, needs_login=not access.open).routes()
