"""What can be done: the runbooks."""

from litestar.params import FromPath

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.runs import RunbookPage, RunbookShown


@reads("/runbooks", "runbooks", aged=True)
async def list_runbooks(request: Incoming) -> tuple[RunbookShown, ...]:
    """Every runbook by name."""
    return await desk(request).source.crew.runbooks()


@reads("/runbooks/{name:str}", "runbooks", aged=True)
async def show_runbook(request: Incoming, name: FromPath[str]) -> RunbookPage:
    """One runbook: its steps, what shows that each worked, its way back, who must agree."""
    return await desk(request).source.crew.runbook(name)


ROUTES = (list_runbooks, show_runbook)
