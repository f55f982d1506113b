"""From a page to an answer over HTTP: compressed where the browser takes that."""

import gzip
import re
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response

from layerkeep.api.console.assets import Asset
from layerkeep.api.console.page import Place

THEME_COOKIE = "theme"
THEMES = ("dark", "light")

PERSONAL = re.compile("/runs/")
"""Addresses of pages that differ by who reads them: all others are rendered once for a role."""

_SMALL = 1_000
"""Bytes that fit in one packet gain nothing from compression."""

_LEVEL = 5

Incoming = Request[Any, Any, Any]


def place_of(request: Incoming) -> Place:
    """Where the reader of a request is."""
    params = {name: str(value) for name, value in request.path_params.items()}
    return place_at(request, request.scope["path"], params, dict(request.query_params))


def place_at(
    request: Incoming, path: str, params: Mapping[str, str], query: Mapping[str, str]
) -> Place:
    """A place as this reader sees it: with their theme and role."""
    theme = request.cookies.get(THEME_COOKIE, "")
    caller = request.scope.get("state", {}).get("caller")
    return Place(
        path=path,
        params=dict(params),
        query={name: str(value) for name, value in query.items()},
        theme=theme if theme in THEMES else "",
        role=getattr(caller, "role", "viewer"),
        who=getattr(caller, "name", "") if PERSONAL.match(path) else "",
    )


def html(request: Incoming, text: str, status: int = 200) -> Response[bytes]:
    """A page."""
    body, headers = text.encode(), {"Cache-Control": "no-store"}
    if len(body) > _SMALL:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request):
            body = gzip.compress(body, _LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
    return Response(
        body, status_code=status, media_type="text/html; charset=utf-8", headers=headers
    )


def asset(request: Incoming, found: Asset) -> Response[bytes]:
    """A stylesheet or script; its name holds its hash, so it never changes."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    body = found.body
    if takes_gzip(request):
        body, headers["Content-Encoding"] = found.gzipped, "gzip"
    return Response(body, media_type=found.media, headers=headers)


def takes_gzip(request: Incoming) -> bool:
    """True if the client said that it reads gzip."""
    for offer in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = offer.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0")
    return False
