"""Every error as problem details (RFC 9457), with what to do about it and nothing from inside."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute

from layerkeep.api.crew import NotPossible
from layerkeep.api.shapes.problems import FaultShown, ProblemShown
from layerkeep.api.source import BadCursor, NotKnown
from layerkeep.core.errors import StoreError

MEDIA_TYPE = "application/problem+json"
KIND = "urn:layerkeep:problem:"
RETRY_S = 2

TITLES = {
    400: "The request is not understood",
    401: "Nobody is known by this request",
    403: "Not allowed",
    404: "Nothing is here",
    405: "Not with this method",
    409: "This does not count now",
    413: "The body is too large",
    421: "Not served under this name",
    500: "This did not work",
    503: "Not now",
}

REASONS = {404: "no-such-page", 405: "wrong-method", 413: "too-large"}

DETAILS = {
    404: "no page has this address; /openapi.json lists those of the API",
    405: "this address has no such method",
    413: "a body has at most 64 KiB",
}
"""What is said of failures that the framework finds."""

Incoming = Request[Any, Any, Any]


class Refusal(Exception):
    """A request that is not carried out; `reason` is a stable word."""

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        faults: tuple[FaultShown, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self.detail = detail
        self.faults = faults
        self.headers = dict(headers or {})
        super().__init__(detail)


def problem(refusal: Refusal, near: str = "") -> Response[bytes]:
    """The answer to a request that is not carried out."""
    shown = ProblemShown(
        type=KIND + refusal.reason,
        title=TITLES.get(refusal.status, TITLES[400]),
        status=refusal.status,
        detail=refusal.detail,
        near=near,
        faults=refusal.faults,
    )
    return Response(
        msgspec.json.encode(shown),
        status_code=refusal.status,
        media_type=MEDIA_TYPE,
        headers=refusal.headers,
    )


def reason_of(error: BaseException) -> str:
    """The stable word for a failure."""
    if isinstance(error, Refusal):
        return error.reason
    if isinstance(error, NotPossible):
        return "not-possible"
    return "not-known" if isinstance(error, NotKnown) else "failed"


def _refused(request: Incoming, error: Refusal) -> Response[bytes]:
    """A browser that has to log in is led there."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if error.status == 401 and request.method == "GET" and wants_page:
        return Response(b"", status_code=303, headers={"Location": "/login"})
    return problem(error)


def _not_known(_: Incoming, error: NotKnown) -> Response[bytes]:
    return problem(Refusal(404, "not-known", str(error)), error.near)


def _not_possible(_: Incoming, error: NotPossible) -> Response[bytes]:
    return problem(Refusal(409, "not-possible", str(error)))


def _bad_cursor(_: Incoming, error: BadCursor) -> Response[bytes]:
    fault = FaultShown(field="cursor", found=str(error), expected="a cursor of this very query")
    return problem(Refusal(400, "bad-cursor", "begin again without a cursor", faults=(fault,)))


def _store_failing(_: Incoming, error: StoreError) -> Response[bytes]:
    structlog.get_logger().error("store-failing", reason=str(error))
    headers = {"Retry-After": str(RETRY_S)}
    return problem(Refusal(503, "store-failing", "the store does not answer", headers=headers))


def _from_framework(request: Incoming, error: HTTPException) -> Response[bytes]:
    status = error.status_code
    if status >= 500:
        return _failed(request, error)
    headers = {}
    if status == 405:
        headers["Allow"] = ", ".join(allowed_methods(request.app, request.scope["path"]))
    if status == 413:
        headers["Connection"] = "close"
    reason = REASONS.get(status, "not-understood")
    detail = DETAILS.get(status, "the request is malformed")
    return problem(Refusal(status, reason, detail, headers=headers))


def _failed(request: Incoming, error: Exception) -> Response[bytes]:
    """Our own bug: the log has all of it, the answer nothing."""
    structlog.get_logger().error("request-failed", path=request.scope["path"], exc_info=error)
    return problem(Refusal(500, "failed", "layerkeep has a bug here; its log says more"))


def allowed_methods(app: Litestar, path: str) -> list[str]:
    """The methods that an address has."""
    found: set[str] = set()
    for route in app.routes:
        if isinstance(route, HTTPRoute) and _pattern(route.path_format).fullmatch(path):
            found |= {str(method) for method in route.methods}
    return sorted(found)


def _pattern(path_format: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", path_format)
    return re.compile("[^/]+".join(map(re.escape, parts)) + "/?")


EXCEPTION_HANDLERS: Mapping[int | type[Exception], Any] = {
    Refusal: _refused,
    NotKnown: _not_known,
    NotPossible: _not_possible,
    BadCursor: _bad_cursor,
    StoreError: _store_failing,
    HTTPException: _from_framework,
    Exception: _failed,
}
