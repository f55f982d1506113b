"""The app: every route behind one guard, every error a problem, every answer with its headers."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from layerkeep.api.http.access import Access
from layerkeep.api.http.admission import admit, prepare
from layerkeep.api.http.bodies import BODY_MAX
from layerkeep.api.http.changes import Changes
from layerkeep.api.http.desk import Audit, Desk
from layerkeep.api.http.document import API, api_routes, show_document
from layerkeep.api.http.headers import add_headers
from layerkeep.api.http.problems import EXCEPTION_HANDLERS
from layerkeep.api.http.routes import sessions
from layerkeep.api.http.stream import Stream
from layerkeep.api.source import Source


def make_app(
    source: Source,
    access: Access,
    audit: Audit,
    routes: Sequence[ControllerRouterHandler] = (),
    stream: Stream | None = None,
) -> Litestar:
    """The API over a source, and whatever other routes there are behind the same guard.

    Streams end when `stream` is closed; a server waits for them before it lets the app shut down.
    """
    heard = stream or Stream(source.now())
    desk = Desk(source, access, audit, heard, secrets.token_hex(4))
    api = Router(API, route_handlers=list(api_routes()), before_request=prepare)
    return Litestar(
        [api, *sessions.ROUTES, show_document, *routes],
        guards=[admit],
        exception_handlers=dict(EXCEPTION_HANDLERS),
        before_send=[add_headers],
        request_max_body_size=BODY_MAX,
        state=State({"desk": desk}),
        lifespan=[_telling],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


@contextlib.asynccontextmanager
async def _telling(app: Litestar) -> AsyncIterator[None]:
    """The stream is told of changes while the app is on, and closed when it ends."""
    desk: Desk = app.state.desk
    telling = asyncio.create_task(Changes(desk.source, desk.stream).run())
    try:
        yield
    finally:
        desk.stream.close()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
