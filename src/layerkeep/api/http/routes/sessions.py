"""Logging in and out with a browser, and whether anybody is there."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from msgspec import Meta

from layerkeep.api.http.access import COOKIE, DECLARE, SESSION_LASTS, Caller
from layerkeep.api.http.admission import OPEN
from layerkeep.api.http.bodies import is_form, read_body
from layerkeep.api.http.desk import Desk, desk
from layerkeep.api.http.problems import Incoming, Refusal, reason_of
from layerkeep.api.http.queries import SECRET
from layerkeep.api.shapes.audit import AuditShown


class Login(msgspec.Struct, frozen=True):
    """A token's secret."""

    token: Annotated[
        str,
        Meta(min_length=1, max_length=1_000, description="its secret", extra_json_schema=SECRET),
    ]


class Health(msgspec.Struct, frozen=True):
    """`status` is `ok`: the program answers."""

    status: str = "ok"


@get("/health", tags=["health"], opt=OPEN)
async def show_health() -> Health:
    """Whether the program answers; needs no token."""
    return Health()


@post("/login", tags=["sessions"], opt={"body": Login, **OPEN}, status_code=204)
async def login(request: Incoming) -> Response[None]:
    """Begin a session: the answer sets a cookie. A form is led to the console."""
    at = desk(request)
    shown = await read_body(request, Login)
    if at.access.open:
        raise Refusal(403, "no-tokens", DECLARE)
    now = at.source.now()
    try:
        key = at.access.begin_session(shown.token, now)
    except Refusal as error:
        if at.access.is_failure_news(now):
            await _note(at, Caller("", "viewer"), reason_of(error))
        if not is_form(request):
            raise
        return Response(None, status_code=303, headers={"Location": "/login?failed=1"})
    await _note(at, at.access.caller("", key, now), "done")
    cookie = Cookie(
        COOKIE,
        value=key,
        max_age=SESSION_LASTS // 1000,
        httponly=True,
        samesite="strict",
        secure=_over_tls(request),
    )
    return _back(request, cookie)


@post("/logout", tags=["sessions"], opt=OPEN, status_code=204)
async def logout(request: Incoming) -> Response[None]:
    """End the session. A form is led to the console."""
    desk(request).access.end_session(request.cookies.get(COOKIE, ""))
    secure = _over_tls(request)
    gone = Cookie(COOKIE, value="", max_age=0, httponly=True, samesite="strict", secure=secure)
    return _back(request, gone)


async def _note(at: Desk, who: Caller, outcome: str) -> None:
    """A login is in the audit, before its cookie is handed out."""
    entry = AuditShown(
        time=at.source.now(),
        who=who.name,
        role=who.role,
        action="login",
        target="session",
        outcome=outcome,
    )
    await at.audit.note(entry)


def _over_tls(request: Incoming) -> bool:
    """True if the browser speaks TLS, with us or with a proxy before us.

    The scheme is the one that a proxy on this machine forwards. A proxy elsewhere is not believed;
    but a browser says in Origin by which scheme it came, and that Origin is of this very host was
    checked when the request was let in.
    """
    origin = request.headers.get("origin", "")
    return request.url.scheme == "https" or origin.lower().startswith("https://")


def _back(request: Incoming, cookie: Cookie) -> Response[Any]:
    if is_form(request):
        return Response(b"", status_code=303, headers={"Location": "/"}, cookies=[cookie])
    return Response(None, status_code=204, cookies=[cookie])


ROUTES = (show_health, login, logout)
