"""What the forms about runs do: a person's word is said, then back to the page.

The page says what became of it: done, someone was first, or what did not work.
"""

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Response, post
from litestar.params import FromPath
from msgspec import Meta

from layerkeep.api.console.tell.runs import seen_of
from layerkeep.api.crew import NotPossible
from layerkeep.api.http.bodies import read_body
from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming, Refusal, reason_of
from layerkeep.api.http.run_words import Answering, Halting, Proposing, speak, speak_to_all
from layerkeep.api.http.words import Said
from layerkeep.api.source import NotKnown
from layerkeep.core.errors import StoreError

OPERATOR = {"role": "operator"}
FAILED = (Refusal, NotKnown, NotPossible, StoreError)

Seen = Annotated[str, Meta(max_length=200)]


class SaidSeen(Said, frozen=True, kw_only=True):
    """A word on a run: `seen` is how it stood when the form was sent to the browser."""

    seen: Seen = ""


class AnsweringSeen(Answering, frozen=True, kw_only=True):
    """An answer: `seen` is how the run stood when the form was sent to the browser."""

    seen: Seen = ""


@post("/incidents/{name:str}/propose", opt=OPERATOR)
async def propose(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Propose a runbook for the incident, and go to the run's page."""
    try:
        run = await speak(request, "propose", Proposing, name)
    except FAILED as error:
        return _back(f"/incidents/{quote(name, safe='')}", "failed", _word(error))
    return _back(f"/runs/{quote(run.id, safe='')}", "done", "propose")


@post("/runs/{name:str}/approve", opt=OPERATOR)
async def approve(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Agree to a run, unless it changed while the form was open."""
    return await _said(request, "approve", name, SaidSeen)


@post("/runs/{name:str}/deny", opt=OPERATOR)
async def deny(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Say no to a run."""
    return await _said(request, "deny", name, SaidSeen)


@post("/runs/{name:str}/start", opt=OPERATOR)
async def start(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Have an approved run carried out."""
    return await _said(request, "start", name, SaidSeen)


@post("/runs/{name:str}/answer", opt=OPERATOR)
async def answer(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Answer what a run asks."""
    return await _said(request, "answer", name, AnsweringSeen)


@post("/halt", opt=OPERATOR)
async def halt(request: Incoming) -> Response[bytes]:
    """Stop all runs before their next step."""
    return await _said_to_all(request, "halt", Halting)


@post("/go", opt=OPERATOR)
async def go(request: Incoming) -> Response[bytes]:
    """Let runs go on after a halt."""
    return await _said_to_all(request, "go", Said)


async def _said(request: Incoming, action: str, name: str, shape: type[Any]) -> Response[bytes]:
    page = f"/runs/{quote(name, safe='')}"
    try:
        seen = (await read_body(request, shape)).seen
        if seen and seen != seen_of((await desk(request).source.crew.run(name)).run):
            return _back(page, "first", action)
        await speak(request, action, shape, name)
    except FAILED as error:
        return _back(page, "failed", _word(error))
    return _back(page, "done", action)


async def _said_to_all(request: Incoming, action: str, shape: type[Any]) -> Response[bytes]:
    try:
        await speak_to_all(request, action, shape)
    except FAILED as error:
        return _back("/runs", "failed", _word(error))
    return _back("/runs", "done", action)


def _word(error: BaseException) -> str:
    return "store-failing" if isinstance(error, StoreError) else reason_of(error)


def _back(page: str, outcome: str, word: str) -> Response[bytes]:
    where = f"{page}?{outcome}={quote(word)}#outcome"
    return Response(b"", status_code=303, headers={"Location": where})


ROUTES = (propose, approve, deny, start, answer, halt, go)
