"""Taking an incident by the link of a notice: a page with one button, which needs no session.

Looking at it changes nothing: programs that follow links in mails must take no incident.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from layerkeep.api.console.answering import Incoming, html, place_of
from layerkeep.api.console.page import Page
from layerkeep.api.console.render import Renderer
from layerkeep.api.console.top import Top
from layerkeep.api.console.words import headline, incident_id
from layerkeep.api.shapes.notices import Taken
from layerkeep.api.source import NotKnown, Source

OPEN = {"open": True}
"""`opt` of a route that needs no login: the token in its address says who it is."""

FREE, MINE = "taken", "already-taken"

SAYS = {
    FREE: "Nobody else is called once you have it.",
    MINE: "You have it already. You need not do anything.",
    "resolved": "It is over. You need not do anything.",
    "unknown-incident": "It is not known here any more.",
    "expired": "This link has ended. Open the console to take the incident.",
    "not-ours": "Nothing was sent with this link: it was cut or changed on its way.",
    "no-secret": "Links are not set up here.",
}
"""What the state of an incident means to whoever holds the link."""


@dataclass(frozen=True, slots=True)
class Held:
    """One incident of a link: what it is and how it stands."""

    id: str
    title: str
    result: str
    owner: str
    says: str


def link_routes(source: Source, renderer: Renderer) -> list[HTTPRouteHandler]:
    """The page of a link, and its button."""

    @get("/ack/{token:str}", opt=OPEN, name="console link", media_type="text/html")
    async def show_link(request: Incoming, token: FromPath[str]) -> Response[bytes]:
        """What the link would take, and a button that does."""
        found = await source.crew.offered(token)
        return await _answer(request, found, done=False)

    @post("/ack/{token:str}", opt=OPEN, name="console take", status_code=200)
    async def take(request: Incoming, token: FromPath[str]) -> Response[bytes]:
        """What the link names is taken by whom it was sent to."""
        found = await source.crew.take(token)
        return await _answer(request, found, done=True)

    async def _answer(request: Incoming, found: Sequence[Taken], *, done: bool) -> Response[bytes]:
        held = [await _held(source, each) for each in found]
        free = [each for each in held if each.result == FREE]
        context = {
            "held": held,
            "free": free,
            "done": done,
            "by": next((each.by for each in found), ""),
        }
        page = Page(_title(held, done=done), "", "crew/link.html", {}, context)
        top = Top(source.network, source.now(), places=())
        return html(request, renderer.page(page, place_of(request), top))

    return [show_link, take]


def _title(held: Sequence[Held], *, done: bool) -> str:
    free = [each for each in held if each.result == FREE]
    if free:
        names = ", ".join(incident_id(each.id) for each in free)
        return f"You have taken {names}" if done else f"Take {names}?"
    return held[0].says if len(held) == 1 else "There is nothing to take"


async def _held(source: Source, taken: Taken) -> Held:
    title = ""
    if taken.incident and taken.result in (FREE, MINE, "resolved"):
        try:
            title = headline((await source.incident(taken.incident)).incident.title)
        except NotKnown:
            title = taken.incident
    says = SAYS[taken.result]
    if taken.result == FREE and taken.owner:
        says = f"{taken.owner} has it; you would take it over."
    return Held(taken.incident, title, taken.result, taken.owner, says)
