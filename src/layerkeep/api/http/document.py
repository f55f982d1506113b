"""The OpenAPI document, made from the routes: their docstrings, parameters, bodies and answers."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Tag
from litestar.routes import HTTPRoute

import layerkeep
from layerkeep.api.http.problems import MEDIA_TYPE
from layerkeep.api.http.queries import NoQuery, properties
from layerkeep.api.http.routes import (
    audit,
    chains,
    incidents,
    journeys,
    live,
    maintenance,
    messages,
    network,
    notices,
    people,
    rules,
    runbooks,
    runs,
    sessions,
)
from layerkeep.api.shapes.problems import ProblemShown

API = "/api/v1"
ACTING = (people, notices, runbooks, runs)
NOUNS = (network, chains, messages, journeys, incidents, maintenance, rules, *ACTING, audit, live)

TAGS = {
    "network": "the network as a whole",
    "chains": "chains, and what they post on their parents",
    "messages": "messages by what they must be",
    "journeys": "single transfers, and finding them",
    "incidents": "what is wrong, why, and what operators say about it",
    "maintenance": "planned work",
    "rules": "what is watched and what is not",
    "people": "who owns what, and who is on call",
    "notices": "who was told what, and taking incidents by a link or a reply",
    "runbooks": "what can be done",
    "runs": "what is done: proposed, agreed to, carried out and proven",
    "audit": "who did what",
    "live": "what changes, as it does",
    "sessions": "logging in with a browser",
    "health": "whether the program answers",
}

PROBLEMS = {
    "304": "Nothing is new since the tag in If-None-Match",
    "400": "The request is not understood: each fault with what was expected",
    "401": "No token, a wrong or an expired one",
    "403": "The role is not enough, or a write comes from another site",
    "404": "Nothing has this name; the nearest one is told",
    "409": "It does not count now: the detail says why",
    "413": "The body has more than 64 KiB",
    "421": "Without tokens, not served under this name",
    "500": "A bug of ours",
    "503": "The store does not answer, or too many listen",
}
PATH_NAMES = {
    "show_journeys": "a hash: 0x and 64 hex digits; spaces and case do not matter",
    "list_facts": "a hash: 0x and 64 hex digits; spaces and case do not matter",
}


def api_routes() -> Sequence[HTTPRouteHandler]:
    """Every route below the API's address."""
    return [route for noun in NOUNS for route in noun.ROUTES]


@cache
def document() -> dict[str, Any]:
    """The whole document, as it is served and committed."""
    config = OpenAPIConfig(
        title="layerkeep",
        version=layerkeep.__version__,
        description="Operations control plane for multi-layer chain systems. Times are "
        "milliseconds since the epoch, amounts text in the smallest unit.",
        use_handler_docstrings=True,
        tags=[Tag(name=name, description=about) for name, about in TAGS.items()],
        operation_id_creator=lambda route, *_: route.handler_name,
        render_plugins=[JsonRenderPlugin()],
    )
    router = Router(API, route_handlers=list(api_routes()))
    app = Litestar([router, *sessions.ROUTES], openapi_config=config, logging_config=None)
    found = app.openapi_schema.to_schema()
    _add_problem(found)
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                _complete(found["paths"].get(route.path_format), handler)
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return plain


@get("/openapi.json", tags=["live"], include_in_schema=False)
async def show_document() -> dict[str, Any]:
    """The OpenAPI document; making it takes a while, and nothing may wait for that."""
    return await asyncio.to_thread(document)


def _add_problem(found: dict[str, Any]) -> None:
    """Problems are no route's answer by themselves, so their schema comes from here."""
    template = "#/components/schemas/{name}"
    _, components = msgspec.json.schema_components([ProblemShown], ref_template=template)
    found["components"].setdefault("schemas", {}).update(components)
    found["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "layerkeep"},
    }
    found.pop("security", None)


def _complete(path: dict[str, Any] | None, handler: HTTPRouteHandler) -> None:
    """Parameters, body and problems of one operation."""
    method = next(iter(handler.http_methods)).lower()
    if path is None or method not in path:
        return
    operation, opt = path[method], handler.opt
    operation["summary"] = handler.handler_name.replace("_", " ").capitalize()
    parameters = _path_parameters(operation, handler.handler_name) + _parameters(opt)
    if handler.handler_name == "listen":
        parameters.append(_last_event_id())
    if parameters:
        operation["parameters"] = parameters
    if "body" in opt:
        operation["requestBody"] = _body(opt["body"])
    answers = operation["responses"]
    answers.pop("400", None)
    answers.get("204", {}).pop("content", None)
    for status in _statuses(operation, opt, method):
        answers[status] = _problem(status)
    operation["responses"] = dict(sorted(answers.items()))
    if not opt.get("open"):
        nobody: list[dict[str, Any]] = [] if opt.get("role") else [{}]
        operation["security"] = [*nobody, {"token": []}, {"session": []}]


def _path_parameters(operation: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    about = PATH_NAMES.get(name, "its name")
    schema = {"type": "string", "minLength": 1}
    schema |= {"pattern": "^(0[xX])?[0-9a-fA-F]{64}$"} if name in PATH_NAMES else {}
    return [
        {"name": each["name"], "in": "path", "required": True, "description": about}
        | {"schema": schema}
        for each in operation.get("parameters", ())
        if each["in"] == "path"
    ]


def _parameters(opt: Mapping[str, Any]) -> list[dict[str, Any]]:
    shape = opt.get("query", NoQuery)
    needed = {each.encode_name for each in msgspec.structs.fields(shape) if each.required}
    found = []
    for name, schema in properties(shape).items():
        about = schema.pop("description", "")
        found.append(
            {"name": name, "in": "query", "required": name in needed, "description": about}
            | {"schema": schema}
        )
    return found


def _last_event_id() -> dict[str, Any]:
    return {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "the id of the last event that was heard",
        "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    }


def _body(shape: type[msgspec.Struct]) -> dict[str, Any]:
    needed = [each.encode_name for each in msgspec.structs.fields(shape) if each.required]
    schema = {
        "type": "object",
        "description": shape.__doc__ or "",
        "properties": {name: _shown(each) for name, each in properties(shape).items()},
        "required": needed,
        "additionalProperties": False,
    }
    return {"required": bool(needed), "content": {"application/json": {"schema": schema}}}


def _shown(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "secret"}


def _statuses(operation: Mapping[str, Any], opt: Mapping[str, Any], method: str) -> list[str]:
    names = any(each["in"] == "path" for each in operation.get("parameters", ()))
    found = ["400", "421", "500", "503"]
    found += ["304"] if opt.get("etag") else []
    found += [] if opt.get("open") else ["401", "403"]
    found += ["404"] if names or "body" in opt else []
    found += ["409"] if opt.get("counts") else []
    found += ["401", "403", "413"] if method == "post" else []
    return found


def _problem(status: str) -> dict[str, Any]:
    if status == "304":
        return {"description": PROBLEMS[status]}
    schema = {"$ref": "#/components/schemas/ProblemShown"}
    return {"description": PROBLEMS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
