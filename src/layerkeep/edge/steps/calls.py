"""Steps of kind `rpc`: one JSON-RPC call of a declared endpoint, of a method it allows."""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from layerkeep.core.acting.runs.model import (
    DONE,
    FAILED,
    NOBODY_KNOWS,
    UNSURE,
    Action,
    Endpoint,
    Outcome,
)
from layerkeep.core.errors import SettingsError
from layerkeep.edge.steps.asking import ANSWER_S, Answer, Request, call, rpc_request

REHEARSAL_S = 10.0


class RpcPerformer:
    """Calls declared endpoints; `limit_s` is how long an answer may take."""

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
        """Whether it may be called, is there and serves the method; asks `check` if there is one.

        Nothing is called but `check`, or `rpc_modules`, which tells what a node serves.
        """
        name, method = str(action.params["endpoint"]), str(action.params["method"])
        check = action.params.get("check") or {}
        asked = str(check.get("method", "rpc_modules"))
        allowed = (method, asked) if check else (method,)
        try:
            request = self._request(name, asked, list(check.get("params", [])), allowed)
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        answer = await call(self._session, request, min(self._limit_s, REHEARSAL_S))
        if check:
            return _checked(name, check, answer)
        return _would(name, method, answer)

    async def perform(self, action: Action) -> Outcome:
        """The call was sent once; its result, or why that is not known."""
        name, method = str(action.params["endpoint"]), str(action.params["method"])
        try:
            request = self._request(name, method, list(action.params.get("params", [])), (method,))
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        answer = await call(self._session, request, self._limit_s)
        evidence = {"endpoint": name, "method": method, "result": answer.result}
        return Outcome(answer.state, answer.detail or f"{name} answered {method}", evidence)

    async def verify(self, action: Action) -> Outcome:
        """By the step's own `check`: it answers as before only if nothing was done."""
        check = action.params.get("check") or {}
        if "expect" not in check:
            return NOBODY_KNOWS
        name, asked = str(action.params["endpoint"]), str(check["method"])
        try:
            request = self._request(name, asked, list(check.get("params", [])), (asked,))
        except SettingsError as error:
            return Outcome(UNSURE, str(error))
        answer = await call(self._session, request, min(self._limit_s, REHEARSAL_S))
        if answer.state != DONE:
            return Outcome(UNSURE, f"{name}: {asked}: {answer.detail}")
        same = str(answer.result) == str(check["expect"])
        evidence = {"endpoint": name, "method": asked, "result": answer.result}
        told = f"{name}: {asked} gives {answer.result!r}" + (", as before" if same else "")
        return Outcome(FAILED if same else DONE, told, evidence)

    def _request(
        self, name: str, method: str, params: list[Any], wanted: tuple[str, ...]
    ) -> Request:
        """The request; SettingsError if the topology does not allow it."""
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise SettingsError(f"no endpoint {name} is declared: [endpoints.{name}]")
        for each in wanted:
            if each not in endpoint.methods:
                raise SettingsError(f"endpoint {name} does not allow {each}: its `methods` do not")
        headers = {key: self._resolve(value) for key, value in endpoint.headers.items()}
        return rpc_request(self._resolve(endpoint.url), method, params, headers)


def _checked(name: str, check: Mapping[str, Any], answer: Answer) -> Outcome:
    evidence = {"endpoint": name, "method": check["method"], "result": answer.result}
    if answer.state != DONE:
        return Outcome(FAILED, f"{name}: {check['method']}: {answer.detail}", evidence)
    if "expect" in check and str(answer.result) != str(check["expect"]):
        text = f"{check['method']} gives {answer.result!r}, expected {check['expect']!r}"
        return Outcome(FAILED, f"{name}: {text}", evidence)
    return Outcome(DONE, f"{name}: {check['method']} gives {answer.result!r}", evidence)


def _would(name: str, method: str, answer: Answer) -> Outcome:
    """Any answer of JSON-RPC shows that it is there; its modules, whether it serves the method."""
    modules = answer.result if isinstance(answer.result, dict) else {}
    evidence = {"endpoint": name, "method": method, "modules": sorted(map(str, modules))}
    if answer.state != DONE and not answer.detail.startswith("error "):
        return Outcome(FAILED, f"{name}: {answer.detail}", evidence)
    space = method.split("_", 1)[0]
    if answer.state == DONE and modules and space not in modules:
        return Outcome(FAILED, f"{name} serves no {space} methods", evidence)
    return Outcome(DONE, f"would call {method} of {name}", evidence)
