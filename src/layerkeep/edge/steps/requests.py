"""Steps of kind `http`: one request to a declared endpoint, of a method and path it allows."""

import re
from collections.abc import Callable, Mapping

import aiohttp
import msgspec

from layerkeep.core.acting.runs.model import DONE, FAILED, UNSURE, Action, Endpoint, Outcome
from layerkeep.core.errors import SettingsError
from layerkeep.edge.steps.asking import (
    ANSWER_S,
    NOT_LET_IN,
    Answer,
    Request,
    exchange,
    is_page,
    shown,
)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/?-]*")
"""No escapes, no backslashes: what is allowed is what is sent."""

REHEARSAL_S = 10.0


class HttpPerformer:
    """Sends requests to declared endpoints; `limit_s` is how long an answer may take."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        session: aiohttp.ClientSession,
        resolve: Callable[[str], str],
        limit_s: float = ANSWER_S,
    ) -> None:
        self._endpoints = endpoints
        self._session = session
        self._resolve = resolve
        self._limit_s = limit_s

    async def rehearse(self, action: Action) -> Outcome:
        """Whether it may be sent and somebody answers there: a HEAD of the endpoint's own URL."""
        try:
            request = self._request(action)
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        endpoint = self._endpoints[str(action.params["endpoint"])]
        asked = Request("HEAD", self._resolve(endpoint.url))
        answer = await exchange(self._session, asked, min(self._limit_s, REHEARSAL_S))
        if answer.state != DONE:
            return Outcome(FAILED, f"{endpoint.name}: {answer.detail}")
        text = f"would send {request.method} {action.params['path']} to {endpoint.name}"
        return Outcome(DONE, text, {"body": action.params.get("body"), "status": answer.status})

    async def perform(self, action: Action) -> Outcome:
        """The request was sent once, with the action's key; what came of it."""
        try:
            request = self._request(action)
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        answer = await exchange(self._session, request, self._limit_s)
        if answer.state != DONE:
            return Outcome(answer.state, answer.detail)
        return _outcome(answer, action.params.get("expect"))

    def _request(self, action: Action) -> Request:
        """The request; SettingsError if the topology does not allow it."""
        params = action.params
        name, method, path = (str(params[key]) for key in ("endpoint", "method", "path"))
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise SettingsError(f"no endpoint {name} is declared: [endpoints.{name}]")
        segments = path.split("?", 1)[0].split("/")
        if method not in METHODS or not PATH.fullmatch(path) or {".", ".."} & set(segments):
            raise SettingsError(f"{method} {path} is no request that may be allowed")
        if not any(is_allowed(glob, f"{method} {path}") for glob in endpoint.methods):
            raise SettingsError(f"endpoint {name} does not allow {method} {path}")
        headers = {key: self._resolve(value) for key, value in endpoint.headers.items()}
        headers |= {"Idempotency-Key": action.key}
        body = None
        if params.get("body") is not None:
            body = msgspec.json.encode(params["body"])
            headers |= {"Content-Type": "application/json"}
        return Request(method, self._resolve(endpoint.url).rstrip("/") + path, body, headers)


def is_allowed(glob: str, asked: str) -> bool:
    """True if `METHOD /path` fits a glob: `*` within one segment, `**` over any."""
    parts = re.split(r"(\*\*|\*)", glob)
    stars = {"**": r"[^?]*", "*": r"[^/?]*"}
    return (
        re.fullmatch("".join(stars.get(part, re.escape(part)) for part in parts), asked) is not None
    )


def _outcome(answer: Answer, expect: object) -> Outcome:
    """What a whole answer says: success, a refusal before anything was done, or neither."""
    evidence = {"status": answer.status, "body": shown(answer.body)}
    is_success = answer.status == expect if expect else 200 <= answer.status < 300
    if is_success and not (is_page(answer.body) and not expect):
        return Outcome(DONE, f"status {answer.status}", evidence)
    if answer.status in NOT_LET_IN:
        return Outcome(FAILED, f"refused: status {answer.status}", evidence)
    what = " and a web page" if is_page(answer.body) else ""
    return Outcome(UNSURE, f"sent, and answered with status {answer.status}{what}", evidence)
