"""The console's routes: every page, the stream, the files, the theme and the login."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from layerkeep.api.console.answering import (
    THEME_COOKIE,
    THEMES,
    Incoming,
    asset,
    html,
    place_at,
    place_of,
)
from layerkeep.api.console.assets import Assets
from layerkeep.api.console.linking import link_routes
from layerkeep.api.console.live import Crowded, Live, Rendered
from layerkeep.api.console.page import Page, PageOf, Place
from layerkeep.api.console.pages import pages
from layerkeep.api.console.pages.acting import ROUTES as ACTING
from layerkeep.api.console.pages.crew.running import ROUTES as RUNNING
from layerkeep.api.console.render import Renderer, heading
from layerkeep.api.console.top import Bar, Top
from layerkeep.api.console.words import clock
from layerkeep.api.http.sending import EventStream
from layerkeep.api.http.waiting import leave_open
from layerkeep.api.source import NotKnown, Source

OPEN = {"open": True}
"""`opt` of a route that needs no login."""

CUT = "layerkeep.cut"
"""The server's extension by which a connection is cut."""

_THEME_LASTS_S = 365 * 24 * 3600
_FORM_MAX = 4_096


class Console:
    """Everything the console's routes share."""

    def __init__(self, source: Source, live: Live, *, needs_login: bool) -> None:
        self.live = live
        self._source = source
        self._needs_login = needs_login
        self._assets = Assets()
        self._renderer = Renderer(self._assets)
        self._bar = Bar(source)
        self._pages = pages()
        self._patterns = {_regex(pattern): page_of for pattern, page_of in self._pages.items()}

    def routes(self) -> list[HTTPRouteHandler]:
        """One route for each page, and the others."""
        found = [self._page_route(path, page_of) for path, page_of in self._pages.items()]
        others = [self._live_route(), self._static_route(), *self._form_routes()]
        links = link_routes(self._source, self._renderer)
        return [*found, *ACTING, *RUNNING, *links, *others]

    async def show(self, request: Incoming, place: Place, page_of: PageOf) -> Response[bytes]:
        """A page, or a calm one that says why there is none."""
        try:
            page = await page_of(self._source, place)
            if page.location:
                return Response(b"", status_code=303, headers={"Location": page.location})
            text = self._renderer.page(page, place, await self._bar.top())
        except NotKnown as error:
            page = _not_known(error)
            text = self._renderer.page(page, place, await self._bar.top())
        except Exception as error:  # noqa: BLE001 - whatever fails, the reader is told calmly
            structlog.get_logger().error("page-failed", path=place.path, exc_info=error)
            page = _failed()
            top = Top(self._source.network, self._source.now())
            text = self._renderer.page(page, place, top)
        return html(request, text, page.status)

    async def rendered(self, place: Place, page_of: PageOf) -> Rendered:
        """The parts of a page as they are now."""
        page, top = await page_of(self._source, place), await self._bar.top()
        parts = self._renderer.parts(page, place, top)
        return Rendered(heading(page, top), clock(top.moment), parts)

    def _page_route(self, path: str, page_of: PageOf) -> HTTPRouteHandler:
        @get(path.replace("{name}", "{name:str}"), name=f"console {path}", media_type="text/html")
        async def show_page(request: Incoming) -> Response[bytes]:
            return await self.show(request, place_of(request), page_of)

        return show_page

    def _live_route(self) -> HTTPRouteHandler:
        @get("/live", media_type="text/event-stream", name="console live")
        async def follow(request: Incoming) -> Response[Any] | EventStream:
            """The stream of the page at `at`."""
            address = urlsplit(str(request.query_params.get("at", "/")))
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            path = unquote(address.path) or "/"
            page_of, params = self._find(path)
            place = place_at(request, path, params, query)
            key = (path, tuple(sorted(query.items())), place.role, place.who)
            extensions: dict[str, Any] = request.scope.get("extensions") or {}
            cut = extensions.get(CUT, {}).get("cut", leave_open)
            try:
                reader = self.live.join(key, lambda: self.rendered(place, page_of), cut)
            except Crowded:
                headers = {"Retry-After": "30", "Cache-Control": "no-store"}
                return Response(b"", status_code=503, headers=headers)
            return EventStream(self.live.read(key, reader), reader.queue.end)

        return follow

    def _find(self, path: str) -> tuple[PageOf, Mapping[str, str]]:
        for pattern, page_of in self._patterns.items():
            found = pattern.fullmatch(path)
            if found:
                return page_of, found.groupdict()
        raise NotFoundException

    def _static_route(self) -> HTTPRouteHandler:
        @get("/static/{name:str}", opt=OPEN, name="console static")
        async def show_file(request: Incoming) -> Response[bytes]:
            """A stylesheet or script."""
            found = self._assets.find(request.path_params["name"])
            if found is None:
                raise NotFoundException
            return asset(request, found)

        return show_file

    def _form_routes(self) -> list[HTTPRouteHandler]:
        @post("/theme", opt=OPEN, name="console theme", status_code=303)
        async def choose_theme(request: Incoming) -> Response[bytes]:
            """The theme is kept in a cookie, so that pages come in it."""
            form = dict(parse_qsl((await request.body())[:_FORM_MAX].decode(errors="replace")))
            theme = form.get("theme", "")
            kept = Cookie(
                THEME_COOKIE,
                value=theme if theme in THEMES else "",
                max_age=_THEME_LASTS_S if theme in THEMES else 0,
                httponly=True,
                samesite="lax",
            )
            headers = {"Location": _within(form.get("back", "/"))}
            return Response(b"", status_code=303, headers=headers, cookies=[kept])

        @get("/login", opt=OPEN, name="console login", media_type="text/html")
        async def show_login(request: Incoming) -> Response[bytes]:
            """Where a token is shown."""
            page = Page("Log in", "", "login.html", {}, {"needs_login": self._needs_login})
            top = Top(self._source.network, self._source.now(), places=())
            return html(request, self._renderer.page(page, place_of(request), top))

        @get("/{rest:path}", name="console nowhere", media_type="text/html")
        async def show_nothing(request: Incoming) -> Response[bytes]:
            """Nothing has this address: a page for who reads pages, a problem for all others."""
            if "text/html" not in request.headers.get("accept", ""):
                raise NotFoundException
            place = place_of(request)
            page = _not_known(NotKnown("page", place.path))
            text = self._renderer.page(page, place, await self._bar.top())
            return html(request, text, page.status)

        return [choose_theme, show_login, show_nothing]


def _not_known(error: NotKnown) -> Page:
    title = f"No {error.what} is named {error.name}"
    context = {"what": error.what, "name": error.name, "near": error.near}
    return Page(title, "", "nothing.html", {}, context, status=404)


def _failed() -> Page:
    return Page("This page could not be made", "", "failed.html", {}, {}, status=500)


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("{name}", "(?P<name>[^/]+)"))


def _within(back: str) -> str:
    """An address on this site; whatever would lead elsewhere leads to the overview."""
    leads_away = not back.startswith("/") or back.startswith("//")
    if leads_away or "\\" in back or not back.isprintable():
        return "/"
    return back
