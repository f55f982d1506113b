"""Logging in and out with a browser, and whether anybody is there."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from msgspec import Meta

from layerkeep.api.http.access import COOKIE, DECLARE, SESSION_LASTS
from layerkeep.api.http.admission import OPEN
from layerkeep.api.http.bodies import is_form, read_body
from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming, Refusal
from layerkeep.api.http.queries import SECRET


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
    try:
        key = at.access.begin_session(shown.token, at.source.now())
    except Refusal:
        if not is_form(request):
            raise
        return Response(None, status_code=303, headers={"Location": "/login?failed=1"})
    cookie = Cookie(
        COOKIE,
        value=key,
        max_age=SESSION_LASTS // 1000,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return _back(request, cookie)


@post("/logout", tags=["sessions"], opt=OPEN, status_code=204)
async def logout(request: Incoming) -> Response[None]:
    """End the session. A form is led to the console."""
    desk(request).access.end_session(request.cookies.get(COOKIE, ""))
    gone = Cookie(COOKIE, value="", max_age=0, httponly=True, samesite="strict")
    return _back(request, gone)


def _back(request: Incoming, cookie: Cookie) -> Response[Any]:
    if is_form(request):
        return Response(b"", status_code=303, headers={"Location": "/"}, cookies=[cookie])
    return Response(None, status_code=204, cookies=[cookie])


ROUTES = (show_health, login, logout)
