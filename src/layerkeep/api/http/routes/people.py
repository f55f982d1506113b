"""Who is responsible for what, and who is on call."""

from typing import Annotated

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.people import CoverPage, IncidentCrew, OncallPage, OwnersPage
from layerkeep.core.units import DAY

AT_MAX = 4_102_444_800_000
"""The year 2100: rotations are reckoned day by day."""
DAYS_MAX = 90

At = Annotated[
    int, Meta(ge=0, le=AT_MAX, description="this moment, milliseconds since the epoch; now if 0")
]


class AtQuery(msgspec.Struct, frozen=True):
    """At which moment."""

    at: At = 0


class CoverQuery(msgspec.Struct, frozen=True):
    """From when on, and how far."""

    at: At = 0
    days: Annotated[int, Meta(ge=1, le=DAYS_MAX, description="so many days from then on")] = 28


@reads("/owners", "people", aged=True)
async def show_owners(request: Incoming) -> OwnersPage:
    """The responsibility matrix: who owns which rules on which components, and every orphan."""
    return await desk(request).source.crew.owners()


@reads("/oncall", "people", query=AtQuery, aged=True)
async def show_oncall(request: Incoming) -> OncallPage:
    """Who is on call at a moment, by rotation and by team, and the turns that follow."""
    source = desk(request).source
    return await source.crew.oncall(asked(request, AtQuery).at or source.now())


@reads("/oncall/coverage", "people", query=CoverQuery, aged=True)
async def show_cover(request: Incoming) -> CoverPage:
    """Whose turn it is when, with every gap and double booking."""
    source, wanted = desk(request).source, asked(request, CoverQuery)
    since = wanted.at or source.now()
    return await source.crew.cover(since, since + wanted.days * DAY)


@reads("/incidents/{name:str}/crew", "people", aged=True)
async def show_incident_crew(request: Incoming, name: FromPath[str]) -> IncidentCrew:
    """Who answers for an incident, when the next level is called, who was told, what is done."""
    return await desk(request).source.crew.of_incident(name)


ROUTES = (show_owners, show_oncall, show_cover, show_incident_crew)
