"""Runs: what is done about incidents, by whom it was proposed and agreed to, and the kill switch.

A word is a person's: the one whose token is shown. Words that count are noted in the same
transaction as what they change; of those that do not it is noted here why not.
"""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import FromPath
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads, writes
from layerkeep.api.http.routes.notices import Cursor, Limit
from layerkeep.api.http.run_words import Answering, Halting, Proposing, speak, speak_to_all
from layerkeep.api.http.words import Said
from layerkeep.api.shapes.runs import HaltShown, RunList, RunPage, RunShown


class RunQuery(msgspec.Struct, frozen=True):
    """Which runs."""

    incident: Annotated[str, Meta(max_length=200, description="only those for this incident")] = ""
    open: Annotated[bool, Meta(description="only those that are not over")] = False
    cursor: Cursor = ""
    limit: Limit = 100


@reads("/runs", "runs", query=RunQuery, aged=True)
async def list_runs(request: Incoming) -> RunList:
    """Runs, the newest first, and whether all of them are halted."""
    wanted = asked(request, RunQuery)
    return await desk(request).source.crew.runs(
        wanted.incident, wanted.cursor, wanted.limit, open_only=wanted.open
    )


@reads("/runs/{name:str}", "runs", aged=True)
async def show_run(request: Incoming, name: FromPath[str]) -> RunPage:
    """One run: each step with its dry run, what it does and what became of it; who agreed."""
    return await desk(request).source.crew.run(name)


@writes("/incidents/{name:str}/propose", "runs", body=Proposing, counts=True)
async def propose(request: Incoming, name: FromPath[str]) -> Response[RunShown]:
    """Propose a runbook for an incident; nothing is changed before people agree."""
    return Response(await speak(request, "propose", Proposing, name), status_code=202)


@writes("/runs/{name:str}/approve", "runs", body=Said, counts=True)
async def approve(request: Incoming, name: FromPath[str]) -> Response[RunShown]:
    """Agree to a run that somebody else proposed."""
    return Response(await speak(request, "approve", Said, name), status_code=202)


@writes("/runs/{name:str}/deny", "runs", body=Said, counts=True)
async def deny(request: Incoming, name: FromPath[str]) -> Response[RunShown]:
    """Say no: the run is over, and nothing of it was done."""
    return Response(await speak(request, "deny", Said, name), status_code=202)


@writes("/runs/{name:str}/start", "runs", body=Said, counts=True)
async def start(request: Incoming, name: FromPath[str]) -> Response[RunShown]:
    """Have an approved run carried out."""
    return Response(await speak(request, "start", Said, name), status_code=202)


@writes("/runs/{name:str}/answer", "runs", body=Answering, counts=True)
async def answer(request: Incoming, name: FromPath[str]) -> Response[RunShown]:
    """Answer what a run asks; no ends it, by its way back if anything was done."""
    return Response(await speak(request, "answer", Answering, name), status_code=202)


@reads("/halted", "runs", aged=True)
async def show_halted(request: Incoming) -> HaltShown:
    """Whether all runs are halted, by whom and why."""
    return await desk(request).source.crew.halted()


@writes("/halt", "runs", body=Halting, counts=True)
async def halt(request: Incoming) -> Response[HaltShown]:
    """Stop all runs before their next step, and let none begin."""
    return Response(await speak_to_all(request, "halt", Halting), status_code=202)


@writes("/go", "runs", body=Said, counts=True)
async def go(request: Incoming) -> Response[HaltShown]:
    """Let runs go on after a halt."""
    return Response(await speak_to_all(request, "go", Said), status_code=202)


ROUTES = (
    list_runs,
    show_run,
    propose,
    approve,
    deny,
    start,
    answer,
    show_halted,
    halt,
    go,
)
