"""Planned work."""

from litestar import Response

from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.routes import writes
from layerkeep.api.http.words import Maintaining, answer, say
from layerkeep.api.shapes.incidents import Operation


@writes("/maintenance", "maintenance", body=Maintaining)
async def maintain(request: Incoming) -> Response[Operation]:
    """Work on a component: nobody is called for it, nor for what stands on it, for a while."""
    return answer(request, await say(request, "maintain", "", Maintaining))


ROUTES = (maintain,)
