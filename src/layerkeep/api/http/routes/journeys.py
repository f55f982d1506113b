"""Single transfers, and finding them."""

from typing import Annotated

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.hashes import hash_named
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.journeys import Found, JourneyShown, ProofShown


class SearchQuery(msgspec.Struct, frozen=True):
    """What is searched for."""

    q: Annotated[
        str,
        Meta(min_length=1, max_length=200, description="a hash, or a name of anything"),
    ]


@reads("/journeys/{name:str}", "journeys", aged=True)
async def show_journeys(request: Incoming, name: FromPath[str]) -> tuple[JourneyShown, ...]:
    """The journeys that a hash belongs to: of a transaction, a message or a withdrawal."""
    return await desk(request).source.journeys(hash_named(name))


@reads("/facts/{name:str}", "journeys")
async def list_facts(request: Incoming, name: FromPath[str]) -> tuple[ProofShown, ...]:
    """The facts in which a hash occurs, with where each stands."""
    return await desk(request).source.facts(hash_named(name))


@reads("/search", "journeys", query=SearchQuery)
async def search(request: Incoming) -> tuple[Found, ...]:
    """What a hash or a name may mean: a journey, a chain, an incident, an upstream, facts."""
    return await desk(request).source.search(asked(request, SearchQuery).q)


ROUTES = (show_journeys, list_facts, search)
