"""The admin endpoint: how the devnet fares, and every switch for making it fare worse."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.gateway.view import View
from layerkeep.devnet.node import NodeError

Reorg = Callable[[int, bool], Awaitable[Any]]  # depth, and whether transactions come back
DEPTH_MAX = 64
Views = Mapping[tuple[str, str], View]
T = TypeVar("T")


class Admin:
    """Switches of actors and replicas, and reorgs by chain."""

    def __init__(self, actors: Mapping[str, Actor], reorgs: Mapping[str, Reorg]) -> None:
        self._actors = actors
        self._reorgs = reorgs
        self._views: Views = {}

    def add_routes(self, router: web.UrlDispatcher, views: Views) -> None:
        """The admin paths, about these views."""
        self._views = views
        router.add_get("/admin/status", self._status)
        router.add_post("/admin/actors/{name}", self._actor)
        router.add_post("/admin/replicas/{chain}/{replica}", self._replica)
        router.add_post("/admin/reorg/{chain}", self._reorg)

    async def _status(self, _: web.Request) -> web.Response:
        actors = {name: actor.status() for name, actor in self._actors.items()}
        replicas = {
            f"{chain}/{replica}": await _replica_status(view)
            for (chain, replica), view in self._views.items()
        }
        heads = {
            chain: dict(view.chain.heads())
            for (chain, _), view in self._views.items()
            if view.chain.heads is not None
        }
        return _json({"actors": actors, "replicas": replicas, "heads": heads})

    async def _actor(self, request: web.Request) -> web.Response:
        actor = _chosen(self._actors, request.match_info["name"], "actor")
        switches = await _switches(request)
        try:
            actor.apply(switches)
        except ValueError as error:
            raise _bad(str(error)) from error
        return _json(actor.status())

    async def _replica(self, request: web.Request) -> web.Response:
        names = {"/".join(key): view for key, view in self._views.items()}
        asked = f"{request.match_info['chain']}/{request.match_info['replica']}"
        view = _chosen(names, asked, "replica")
        switches = await _switches(request)
        forked = switches.pop("forked", None)
        if forked is not None and not isinstance(forked, bool):
            raise _bad(f"forked is true or false, not {forked!r}")
        if forked is not None and view.source.fork is None:
            raise _bad(f"{asked} cannot leave its chain: no second node feeds it")
        try:
            view.faults.apply(switches)
        except ValueError as error:
            raise _bad(str(error)) from error
        if forked is not None and view.source.fork is not None:
            await view.source.fork(forked)
        return _json(await _replica_status(view))

    async def _reorg(self, request: web.Request) -> web.Response:
        chain = request.match_info["chain"]
        reorg = _chosen(self._reorgs, chain, "chain with reorgs")
        switches = await _switches(request)
        depth, keep = switches.get("depth"), switches.get("keep", True)
        if not isinstance(keep, bool):
            raise _bad(f"keep is true or false, not {keep!r}")
        if not isinstance(depth, int) or isinstance(depth, bool) or not 1 <= depth <= DEPTH_MAX:
            raise _bad(f"depth is a number from 1 to {DEPTH_MAX}, not {depth!r}")
        try:
            await reorg(depth, keep)
        except (DevnetError, NodeError, ValueError) as error:
            raise _bad(str(error)) from error
        return _json({"chain": chain, "depth": depth, "keep": keep})


async def _replica_status(view: View) -> dict[str, Any]:
    node = view.source.report() if view.source.report is not None else {}
    return view.faults.status() | {"head": await view.height(), "node": node}


def _chosen(known: Mapping[str, T], name: str, what: str) -> T:
    if name not in known:
        raise _bad(f"no {what} {name!r}; there are {', '.join(known)}")
    return known[name]


async def _switches(request: web.Request) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(await request.read())
    except msgspec.DecodeError as error:
        raise _bad(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _bad(f"the body is a JSON object, not {type(found).__name__}")
    return found


def _bad(reason: str) -> web.HTTPBadRequest:
    text = msgspec.json.encode({"error": reason}).decode()
    return web.HTTPBadRequest(text=text, content_type="application/json")


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json")
