"""One request, sent once; and how sure we are of what came of it.

A request that never left is `failed`: nothing changed. One that left and has no clear answer is
`unsure`: a time-out, a broken connection, a proxy's web page, a status of 5xx. It is never sent
again here.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from layerkeep.core.acting.runs.model import DONE, FAILED, UNSURE
from layerkeep.edge.rpc.wire import safe_text

CONNECT_S = 10.0
ANSWER_S = 60.0
BODY_MAX = 1 << 20
SHOWN_MAX = 300

NOT_LET_IN = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 415, 422, 429})
"""Statuses of a server that says it did not do it."""

HALFWAY = re.compile(r"time.?out|timed out|deadline|cancel|interrupt", re.IGNORECASE)
"""An error of a server that gave up while it was at it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, once."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `state` as of an Outcome, the reason in words, status and body if any."""

    state: str
    detail: str = ""
    status: int = 0
    body: bytes = b""
    result: Any = None
    code: int = 0


async def exchange(
    session: aiohttp.ClientSession, request: Request, limit_s: float = ANSWER_S
) -> Answer:
    """Send it and read what comes back; `done` means that a whole answer came, whatever it says."""
    timeout = aiohttp.ClientTimeout(total=limit_s, sock_connect=CONNECT_S)
    try:
        async with session.request(
            request.method,
            request.url,
            data=request.body,
            headers=dict(request.headers),
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            body = await response.content.read(BODY_MAX)
            while len(body) < BODY_MAX and (more := await response.content.read(BODY_MAX)):
                body += more
            return Answer(DONE, status=response.status, body=body[:BODY_MAX])
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as e:
        return Answer(FAILED, f"not reachable: {safe_text(type(e).__name__)}; nothing was sent")
    except TimeoutError:
        return Answer(UNSURE, f"sent, and no answer in {limit_s:g} s")
    except (aiohttp.ClientError, ConnectionError, ssl.SSLError, ValueError) as error:
        name = safe_text(type(error).__name__)
        return Answer(UNSURE, f"sent, and the connection broke off: {name}")


async def call(
    session: aiohttp.ClientSession, request: Request, limit_s: float = ANSWER_S
) -> Answer:
    """A JSON-RPC call: `done` with its result, `failed` with its error, else `unsure`."""
    answer = await exchange(session, request, limit_s)
    if answer.state != DONE:
        return answer
    reply = _reply(answer.body)
    if reply is None:
        return _no_reply(answer)
    fault = reply.get("error")
    if fault is None and "result" in reply:
        return Answer(DONE, status=answer.status, result=reply["result"])
    if not isinstance(fault, dict):
        return Answer(UNSURE, "sent, and the answer holds neither result nor error")
    text = safe_text(str(fault.get("message", "")))
    code = fault.get("code", 0)
    state = UNSURE if HALFWAY.search(text) else FAILED
    shown = f"error {code}: {text}"
    return Answer(state, shown, result=fault.get("data"), code=code if type(code) is int else 0)


def rpc_request(
    url: str, method: str, params: list[Any], headers: Mapping[str, str] | None = None
) -> Request:
    """The request of one JSON-RPC call."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    sent = {"Content-Type": "application/json", **(headers or {})}
    return Request("POST", url, msgspec.json.encode(body), sent)


def shown(body: bytes) -> str:
    """The beginning of a body, safe to show."""
    return safe_text(body[: 4 * SHOWN_MAX].decode(errors="replace").strip())[:SHOWN_MAX]


def is_page(body: bytes) -> bool:
    """True if it is a web page where none was asked for."""
    return body.lstrip()[:1] == b"<"


def _reply(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _no_reply(answer: Answer) -> Answer:
    """What came is no JSON-RPC: a page of somebody in between, or of another server."""
    what = "a web page" if is_page(answer.body) else "no JSON-RPC"
    text = f"status {answer.status} and {what}"
    if answer.status in NOT_LET_IN:
        return Answer(FAILED, f"not let in: {text}", answer.status)
    return Answer(UNSURE, f"sent, and answered with {text}", answer.status)
