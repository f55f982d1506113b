"""Who did what."""

from typing import Annotated

import msgspec
from litestar import get
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes.chains import NUMBER_MAX
from layerkeep.api.shapes.audit import AuditShown


class AuditQuery(msgspec.Struct, frozen=True):
    """Which entries."""

    before: (
        Annotated[int, Meta(ge=0, le=NUMBER_MAX, description="only those with a lower id")] | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=500, description="the most there may be")] = 100


@get("/audit", tags=["audit"], opt={"query": AuditQuery, "role": "operator"})
async def list_audit(request: Incoming) -> tuple[AuditShown, ...]:
    """Every write through the API with its outcome, newest first."""
    wanted = asked(request, AuditQuery)
    return tuple(await desk(request).audit.entries(wanted.before, wanted.limit))


ROUTES = (list_audit,)
