"""What a person or layerkeep can tell the operators' programs to do: the means of runbooks.

Emulated: op-node's and op-batcher's admin methods, with their answers and errors, where a stopped
program is an actor that takes no steps; a signer that answers `eth_signTransaction` as Web3Signer
does, for one account, the treasury's; and each replica as a unit of a service manager that can be
stopped and started. Not emulated: conductors, throttling, any other method, and authentication.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from layerkeep.core.keccak import keccak_hex
from layerkeep.devnet.accounts import account, sign
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.gateway.latch import Latch
from layerkeep.devnet.gateway.methods import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REFUSED,
)
from layerkeep.devnet.gateway.view import View, failure
from layerkeep.devnet.l2.sequencer import Sequencer
from layerkeep.devnet.node import NodeError

TREASURY = "treasury"
SIGNED_MAX = 1000
DEEDS = ("stop", "start", "restart")
Views = Mapping[tuple[str, str], View]
Method = Callable[[Sequence[Any]], Awaitable[Any]]


class Operators:
    """The endpoints that runbooks call on this devnet."""

    def __init__(self, sequencer: Sequencer, batcher: Actor, chain_ids: Sequence[int]) -> None:
        self.latch = Latch()
        self._sequencer = sequencer
        self._batcher = batcher
        self._chain_ids = chain_ids
        self._signed: set[str] = set()
        self._taken: set[str] = set()
        self._views: Views = {}

    def add_routes(self, router: web.UrlDispatcher, views: Views) -> None:
        """The paths, about these views."""
        self._views = views
        for path, methods in (
            ("/op-node", self._op_node()),
            ("/op-batcher", self._op_batcher()),
            ("/signer", self._signer()),
        ):
            router.add_post(path, _endpoint(methods))
        router.add_get("/units/{unit}", self._show)
        router.add_post("/units/{unit}/{deed}", self._unit)
        router.add_get("/admin/latch", self._status)
        router.add_post("/admin/latch", self._hold)

    async def answer(self, view: View, request: Any) -> dict[str, Any]:
        """A view's answer; a transaction that the signer signed counts as a deed when taken."""
        signed = self._signed_in(request)
        if signed is None or signed in self._taken:
            return await view.answer(request)

        async def take() -> dict[str, Any]:
            found = await view.answer(request)
            if "error" in found:
                raise NodeError(found["error"]["code"], found["error"]["message"])
            self._taken.add(signed)
            return found

        try:
            return await self.latch.carry_out(f"eth_sendRawTransaction {view.chain.name}", take)
        except NodeError as error:
            return failure(request.get("id"), error.code, error.message)

    def _signed_in(self, request: Any) -> str | None:
        """The hash of the signer's transaction that a request brings, None if it brings none."""
        if not isinstance(request, dict) or request.get("method") != "eth_sendRawTransaction":
            return None
        try:
            found = keccak_hex(bytes.fromhex(request["params"][0].removeprefix("0x")))
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            return None
        return found if found in self._signed else None

    # ---- op-node, op-batcher

    def _op_node(self) -> dict[str, Method]:
        async def active(_: Sequence[Any]) -> bool:
            return self._sequencer.enabled

        async def start(params: Sequence[Any]) -> None:
            await self.latch.carry_out("admin_startSequencer", lambda: self._start(params))

        async def stop(_: Sequence[Any]) -> str:
            return await self.latch.carry_out("admin_stopSequencer", self._stop)

        return {
            "admin_sequencerActive": active,
            "admin_startSequencer": start,
            "admin_stopSequencer": stop,
            "rpc_modules": _modules("admin", "optimism", "rpc"),
        }

    async def _start(self, params: Sequence[Any]) -> None:
        head = self._sequencer.ledger.head.hash
        if not params:
            raise NodeError(INVALID_PARAMS, "missing value for required argument 0")
        if self._sequencer.enabled:
            raise NodeError(REFUSED, "sequencer already running")
        if params[0] != head:
            message = f"block hash does not match: head {head}, received {params[0]}"
            raise NodeError(REFUSED, message)
        self._sequencer.enabled = True

    async def _stop(self) -> str:
        if not self._sequencer.enabled:
            raise NodeError(REFUSED, "sequencer not running")
        self._sequencer.enabled = False
        return self._sequencer.ledger.head.hash

    def _op_batcher(self) -> dict[str, Method]:
        def switch(name: str, on: bool, refusal: str) -> Method:
            async def turn() -> None:
                if self._batcher.enabled == on:
                    raise NodeError(REFUSED, refusal)
                self._batcher.enabled = on

            async def answer(_: Sequence[Any]) -> None:
                await self.latch.carry_out(name, turn)

            return answer

        return {
            "admin_startBatcher": switch("admin_startBatcher", True, "batcher is already running"),
            "admin_stopBatcher": switch("admin_stopBatcher", False, "batcher is not running"),
            "rpc_modules": _modules("admin", "rpc"),
        }

    # ---- the signer

    def _signer(self) -> dict[str, Method]:
        treasury = account(TREASURY)

        async def accounts(_: Sequence[Any]) -> list[str]:
            return [treasury.address]

        async def signed(params: Sequence[Any]) -> str:
            async def deed() -> str:
                return sign(treasury, self._wanted(params))

            if self.latch.status()["hold"] == "before":
                return await self.latch.carry_out("eth_signTransaction", deed)
            raw = await deed()
            self._signed.add(keccak_hex(bytes.fromhex(raw[2:])))
            return raw

        return {"eth_accounts": accounts, "eth_signTransaction": signed}

    def _wanted(self, params: Sequence[Any]) -> dict[str, Any]:
        """The transaction as our own signing takes it; NodeError if it is not for this account."""
        try:
            asked = params[0]
            numbers = ("nonce", "gas", "value", "chainId", "maxFeePerGas", "maxPriorityFeePerGas")
            tx: dict[str, Any] = {name: int(asked[name], 16) for name in numbers}
            tx |= {"to": asked["to"], "data": asked["data"]}
            sender = asked["from"].lower()
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise NodeError(INVALID_PARAMS, f"no transaction of type 2: {error}") from error
        if sender != account(TREASURY).address.lower() or tx["chainId"] not in self._chain_ids:
            raise NodeError(REFUSED, "no key for this account on this chain")
        return tx

    # ---- units

    async def _show(self, request: web.Request) -> web.Response:
        view = self._chosen(request)
        if view is None:
            return _json({"LoadState": "not-found", "ActiveState": "inactive"})
        active = "inactive" if view.faults.mode == "down" else "active"
        return _json({"LoadState": "loaded", "ActiveState": active})

    async def _unit(self, request: web.Request) -> web.Response:
        view, deed = self._chosen(request), request.match_info["deed"]
        if view is None or deed not in DEEDS:
            raise web.HTTPNotFound(text=f"no unit of that name, or none of {', '.join(DEEDS)}\n")

        async def act() -> None:
            view.faults.mode = "down" if deed == "stop" else None
            if deed == "restart":
                view.faults.frozen, view.faults.lag_blocks = False, 0

        try:
            await self.latch.carry_out(f"{deed} {request.match_info['unit']}", act)
        except NodeError as error:
            raise web.HTTPServiceUnavailable(text=f"{error}\n") from error
        return _json({})

    def _chosen(self, request: web.Request) -> View | None:
        chain, _, replica = request.match_info["unit"].partition("-")
        return self._views.get((chain, replica))

    # ---- the latch

    async def _status(self, _: web.Request) -> web.Response:
        return _json(self.latch.status())

    async def _hold(self, request: web.Request) -> web.Response:
        try:
            self.latch.hold(msgspec.json.decode(await request.read())["hold"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            text = msgspec.json.encode({"error": str(error)}).decode()
            raise web.HTTPBadRequest(text=text, content_type="application/json") from error
        return _json(self.latch.status())


def _modules(*names: str) -> Method:
    async def modules(_: Sequence[Any]) -> dict[str, str]:
        return dict.fromkeys(names, "1.0")

    return modules


def _endpoint(methods: Mapping[str, Method]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Serves these JSON-RPC methods."""

    async def serve(request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read())
        except msgspec.DecodeError:
            return _json(failure(None, PARSE_ERROR, "parse error"))
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            return _json(failure(None, INVALID_REQUEST, "not a JSON-RPC request"))
        number, name = asked.get("id"), asked["method"]
        if name not in methods:
            text = f"the method {name} does not exist/is not available"
            return _json(failure(number, METHOD_NOT_FOUND, text))
        try:
            result = await methods[name](asked.get("params") or ())
        except NodeError as error:
            return _json(failure(number, error.code, error.message))
        return _json({"jsonrpc": "2.0", "id": number, "result": result})

    return serve


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json")
