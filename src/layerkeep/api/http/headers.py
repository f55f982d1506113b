"""Headers that every answer carries."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NOTHING = "default-src 'none'; frame-ancestors 'none'"

# With `no-referrer` a browser sends the forms of these pages with `Origin: null`, as a stranger's.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def add_headers(message: Message, scope: Scope) -> None:
    """The answer says how a browser must treat it, whoever made it.

    A route's own Cache-Control stays, so that files with their hash in the name can be kept.
    """
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in ALWAYS.items():
        headers[name] = value
    is_page = headers.get("content-type", "").startswith("text/html")
    headers["Content-Security-Policy"] = POLICY if is_page else NOTHING
    tag = scope.get("state", {}).get("etag")
    if tag and message["status"] == 200:
        headers["ETag"] = tag
    if "cache-control" not in headers:
        headers["Cache-Control"] = "private, no-cache" if "etag" in headers else "no-store"
    if "etag" in headers:
        headers["Vary"] = "Authorization, Cookie"
