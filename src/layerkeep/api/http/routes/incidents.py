"""Incidents, and what operators say about them."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import FromPath
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads, writes
from layerkeep.api.http.routes.chains import NUMBER_MAX
from layerkeep.api.http.words import Handing, Lasting, Noting, Said, answer, say
from layerkeep.api.shapes.incidents import IncidentPage, IncidentShown, Operation


class IncidentQuery(msgspec.Struct, frozen=True):
    """Which incidents."""

    open: Annotated[bool, Meta(description="only those that are open")] = False
    since: Annotated[
        int,
        Meta(ge=0, le=NUMBER_MAX, description="of those that ended, only from this moment on"),
    ] = 0


@reads("/incidents", "incidents", query=IncidentQuery)
async def list_incidents(request: Incoming) -> tuple[IncidentShown, ...]:
    """Open incidents, the gravest first; behind them those that ended."""
    wanted = asked(request, IncidentQuery)
    return await desk(request).source.incidents(open_only=wanted.open, since=wanted.since)


@reads("/incidents/{name:str}", "incidents")
async def show_incident(request: Incoming, name: FromPath[str]) -> IncidentPage:
    """Everything about one incident: its cause, what follows from it, what proves it."""
    return await desk(request).source.incident(name)


@reads("/incidents/{name:str}/report", "incidents", aged=True, media_type="text/markdown")
async def show_report(request: Incoming, name: FromPath[str]) -> str:
    """A draft of the review after the incident, in Markdown."""
    return (await desk(request).source.incident(name)).report


@writes("/incidents/{name:str}/acknowledge", "incidents", body=Said)
async def acknowledge(request: Incoming, name: FromPath[str]) -> Response[Operation]:
    """Take an incident: you work on it, and nobody else is called."""
    return answer(request, await say(request, "acknowledge", name, Said))


@writes("/incidents/{name:str}/note", "incidents", body=Noting)
async def note(request: Incoming, name: FromPath[str]) -> Response[Operation]:
    """Write something down in an incident's history."""
    return answer(request, await say(request, "note", name, Noting))


@writes("/incidents/{name:str}/hand-over", "incidents", body=Handing)
async def hand_over(request: Incoming, name: FromPath[str]) -> Response[Operation]:
    """Somebody else works on an incident from now on."""
    return answer(request, await say(request, "hand-over", name, Handing))


@writes("/incidents/{name:str}/silence", "incidents", body=Lasting)
async def silence(request: Incoming, name: FromPath[str]) -> Response[Operation]:
    """Mute an incident for a while; it stays open."""
    return answer(request, await say(request, "silence", name, Lasting))


@writes("/incidents/{name:str}/unsilence", "incidents", body=Said)
async def unsilence(request: Incoming, name: FromPath[str]) -> Response[Operation]:
    """Mute an incident no longer."""
    return answer(request, await say(request, "unsilence", name, Said))


@writes("/incidents/{name:str}/resolve", "incidents", body=Said)
async def resolve(request: Incoming, name: FromPath[str]) -> Response[Operation]:
    """Call an incident resolved; it comes back if its cause is still there some minutes later."""
    return answer(request, await say(request, "resolve", name, Said))


ROUTES = (
    list_incidents,
    show_incident,
    show_report,
    acknowledge,
    note,
    hand_over,
    silence,
    unsilence,
    resolve,
)
