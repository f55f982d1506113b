"""What every route has at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from litestar.connection import ASGIConnection

from layerkeep.api.http.access import Access, Caller
from layerkeep.api.http.stream import Stream
from layerkeep.api.shapes.audit import AuditShown
from layerkeep.api.source import Source

Connection = ASGIConnection[Any, Any, Any, Any]


class Audit(Protocol):
    """Keeps who did what."""

    async def note(self, entry: AuditShown) -> None:
        """The entry is kept; its id is given when it is."""

    async def entries(self, before: int | None, count: int) -> Sequence[AuditShown]:
        """The newest entries first, those with an id below `before`."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is shown, who may see it, where writes are noted, and who listens.

    `boot` tells one run of the program from the next.
    """

    source: Source
    access: Access
    audit: Audit
    stream: Stream
    boot: str


def desk(connection: Connection) -> Desk:
    """What this app was made with."""
    return cast(Desk, connection.app.state.desk)


def caller(connection: Connection) -> Caller:
    """Whose request this is, as it was found when it was let in."""
    return cast(Caller, connection.scope["state"]["caller"])
