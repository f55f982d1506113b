"""Letting a request in: from whom it is, what they may do, and from which site it comes."""

import re
from urllib.parse import urlsplit

from litestar import Response
from litestar.handlers import BaseRouteHandler

from layerkeep.api.http.access import COOKIE, DECLARE, Caller
from layerkeep.api.http.desk import Connection, desk
from layerkeep.api.http.etags import etag, unchanged
from layerkeep.api.http.problems import Incoming, Refusal
from layerkeep.api.http.queries import NoQuery, read_query
from layerkeep.api.shapes.audit import AuditShown

OPEN = {"open": True}
"""`opt` of a route that anybody may ask: the health check, the login page and what it loads."""

SAFE = ("GET", "HEAD", "OPTIONS")
THIS_MACHINE = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)


async def admit(connection: Connection, route: BaseRouteHandler) -> None:
    """Guard of every route: reading needs a viewer, unless its `opt` names another role."""
    at, opt = desk(connection), route.opt
    method = connection.scope.get("method", "GET")
    _check_name(connection, closed=not at.access.open)
    if method not in SAFE:
        _check_origin(connection)
    if opt.get("open"):
        connection.scope["state"]["caller"] = Caller("", "viewer")
        return
    authorization = connection.headers.get("authorization", "")
    session = connection.cookies.get(COOKIE, "")
    found = at.access.caller(authorization, session, at.source.now())
    connection.scope["state"]["caller"] = found
    wanted = opt.get("role", "viewer" if method in SAFE else "operator")
    if not found.may(wanted):
        await _refuse(connection, found, wanted)
    if found.by_cookie and method not in SAFE and not _says_whence(connection):
        raise Refusal(403, "cross-site", "a browser must say from which site a write comes")


async def prepare(request: Incoming) -> Response[None] | None:
    """Before every route of the API: its parameters are read; 304 if nothing is new."""
    opt = request.route_handler.opt
    query = read_query(request, opt.get("query", NoQuery))
    request.scope["state"]["query"] = query
    if not opt.get("etag") or getattr(query, "older", None) is not None:
        return None
    tag = etag(request)
    request.scope["state"]["etag"] = tag
    return unchanged(request, tag)


async def _refuse(connection: Connection, found: Caller, wanted: str) -> None:
    """The role is not enough; a write of somebody known is noted."""
    at = desk(connection)
    if at.access.open:
        raise Refusal(403, "no-tokens", DECLARE)
    if connection.scope.get("method") not in SAFE:
        entry = AuditShown(
            time=at.source.now(),
            who=found.name,
            role=found.role,
            action=connection.scope["path"].rsplit("/", 1)[-1],
            target=connection.scope["path"],
            outcome="role-too-low",
        )
        await at.audit.note(entry)
    detail = f"this needs the role {wanted}; the token {found.name} has the role {found.role}"
    raise Refusal(403, "role-too-low", detail)


def _check_name(connection: Connection, *, closed: bool) -> None:
    """Without tokens a site must not reach us by a name of its own that it points to us."""
    host = connection.headers.get("host", "")
    if not closed and not THIS_MACHINE.fullmatch(host):
        raise Refusal(
            421,
            "other-name",
            "without tokens this is served to this machine only, as localhost; declare tokens in "
            "the topology to serve it under another name",
        )


def _says_whence(connection: Connection) -> bool:
    return "sec-fetch-site" in connection.headers or "origin" in connection.headers


def _check_origin(connection: Connection) -> None:
    """A browser says from which site a write comes; it must be ours."""
    site = connection.headers.get("sec-fetch-site", "same-origin")
    origin = connection.headers.get("origin")
    host = connection.headers.get("host", "")
    if site != "same-origin" or (origin is not None and _host(origin) != host):
        raise Refusal(403, "cross-site", "writes of a browser must come from these pages")


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
