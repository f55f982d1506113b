"""What people were told, and what other machines tell us in a signed body."""

from typing import Annotated

import msgspec
from litestar import post
from msgspec import Meta

from layerkeep.api.http.admission import OPEN
from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming, Refusal
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.notices import NoticePage, Taken

CURSOR_MAX = 100

FORGED = ("not-ours", "no-secret")
"""Results of a reply that nobody signed who may."""

Cursor = Annotated[str, Meta(max_length=CURSOR_MAX, description="of the page before this one")]
Limit = Annotated[int, Meta(ge=1, le=500, description="the most there may be")]


class NoticeQuery(msgspec.Struct, frozen=True):
    """Which notices."""

    incident: Annotated[str, Meta(max_length=200, description="only those about this incident")] = (
        ""
    )
    cursor: Cursor = ""
    limit: Limit = 100


@reads("/pages", "notices", query=NoticeQuery, aged=True)
async def list_pages(request: Incoming) -> NoticePage:
    """Who was told what, by which channel, and what became of it, the newest first."""
    wanted = asked(request, NoticeQuery)
    return await desk(request).source.crew.notices(wanted.incident, wanted.cursor, wanted.limit)


@post("/reply", tags=["notices"], opt=OPEN, status_code=202)
async def reply(request: Incoming) -> Taken:
    """An incident is taken by a signed reply: `{"incident": ID, "person": NAME}`.

    Layerkeep-Timestamp and Layerkeep-Signature prove by the secret of [paging] who sends it.
    """
    at = desk(request)
    found = await at.source.crew.reply(await request.body(), request.headers)
    if found.result in FORGED:
        raise Refusal(403, found.result, "the reply is not signed by the secret of [paging]")
    return found


@post("/heartbeat", tags=["notices"], opt=OPEN, status_code=204)
async def heartbeat(request: Incoming) -> None:
    """Another layerkeep says that it lives; signed by the secret of [paging.peers.NAME]."""
    if not await desk(request).source.crew.heard(await request.body(), request.headers):
        raise Refusal(403, "not-ours", "no peer that is declared signed this")


ROUTES = (list_pages, reply, heartbeat)
