"""The live stream."""

from typing import Any

from litestar import get

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming, Refusal
from layerkeep.api.http.queries import NoQuery
from layerkeep.api.http.sending import EventStream
from layerkeep.api.http.waiting import leave_open
from layerkeep.api.shapes.problems import FaultShown
from layerkeep.core.topology.spot import shown

CUT = "layerkeep.cut"
"""The server's extension by which a connection is cut."""


@get("/stream", tags=["live"], opt={"query": NoQuery}, media_type="text/event-stream")
async def listen(request: Incoming) -> EventStream:
    """Server-sent events: `change` with the revision and the nouns that changed, `incident` with
    what became of it.

    Ids rise. Last-Event-ID goes on behind that event; `reset` says that too much was missed, so
    that all must be read again.
    """
    stream = desk(request).stream
    extensions: dict[str, Any] = request.scope.get("extensions") or {}
    cut = extensions.get(CUT, {}).get("cut", leave_open)
    listener = stream.join(_last_id(request), cut)
    return EventStream(stream.heard(listener), listener.queue.end)


def _last_id(request: Incoming) -> int | None:
    text = request.headers.get("last-event-id", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        expected = "an id that this stream gave"
        fault = FaultShown(field="Last-Event-ID", found=shown(text), expected=expected)
        raise Refusal(400, "invalid", f"Last-Event-ID: expected {expected}", faults=(fault,))
    return int(text)


ROUTES = (listen,)
