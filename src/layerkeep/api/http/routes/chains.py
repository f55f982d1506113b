"""Chains, and what they post on their parents."""

from typing import Annotated

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.chains import BatchShown, ChainPage, ChainShown, ClaimShown

NUMBER_MAX = 2**53 - 1
"""The greatest whole number that every reader of JSON understands."""


class PostsQuery(msgspec.Struct, frozen=True):
    """Which of a chain's posts."""

    before: (
        Annotated[
            int, Meta(ge=0, le=NUMBER_MAX, description="only those below this height of its parent")
        ]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=500, description="the most there may be")] = 100


@reads("/chains", "chains")
async def list_chains(request: Incoming) -> tuple[ChainShown, ...]:
    """Every chain with its heads and parts, parents before their children."""
    return await desk(request).source.chains()


@reads("/chains/{name:str}", "chains")
async def show_chain(request: Incoming, name: FromPath[str]) -> ChainPage:
    """Everything about one chain."""
    return await desk(request).source.chain(name)


@reads("/chains/{name:str}/claims", "chains", query=PostsQuery)
async def list_claims(request: Incoming, name: FromPath[str]) -> tuple[ClaimShown, ...]:
    """State claims of a chain with their verdicts, newest first."""
    wanted = asked(request, PostsQuery)
    return await desk(request).source.claims(name, wanted.before, wanted.limit)


@reads("/chains/{name:str}/batches", "chains", query=PostsQuery)
async def list_batches(request: Incoming, name: FromPath[str]) -> tuple[BatchShown, ...]:
    """Batches of a chain with their verdicts, newest first."""
    wanted = asked(request, PostsQuery)
    return await desk(request).source.batches(name, wanted.before, wanted.limit)


ROUTES = (list_chains, show_chain, list_claims, list_batches)
