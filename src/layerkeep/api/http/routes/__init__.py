"""The routes, one file for each noun, and how they are declared.

A route's `opt` says what its parameters are (`query`), its body (`body`), which role it needs
(`role`), whether its answer is the same until the source's revision rises (`etag`), and whether
what is said has to count at the time (`counts`).
"""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from layerkeep.api.http.queries import NoQuery

Declared = Callable[[Callable[..., Any]], HTTPRouteHandler]


def reads(
    path: str,
    tag: str,
    *,
    query: type[msgspec.Struct] = NoQuery,
    aged: bool = False,
    **more: Any,
) -> Declared:
    """A route that shows something; `aged` if its answer tells ages, so that it is always new."""
    opt = {"query": query, "etag": not aged}
    return get(path, tags=[tag], opt=opt, cache=False, **more)


def writes(path: str, tag: str, *, body: type[msgspec.Struct], counts: bool = False) -> Declared:
    """A route that an operator may use; what it says is carried out within a second.

    `counts` if it can be refused because of how things stand.
    """
    opt = {"body": body, "role": "operator", "counts": counts}
    return post(path, tags=[tag], opt=opt, status_code=202)
