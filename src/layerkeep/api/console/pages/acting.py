"""What the forms of an incident do: an operator's word is put in the store, then back to the page.

The page says what became of it: done, someone was first, or what did not work.
"""

from typing import Any
from urllib.parse import quote

from litestar import Response, post
from litestar.params import FromPath

from layerkeep.api.console.tell.incident import OVER
from layerkeep.api.http.bodies import read_body
from layerkeep.api.http.desk import caller, desk
from layerkeep.api.http.problems import Incoming, Refusal, reason_of
from layerkeep.api.http.words import Handing, Lasting, Noting, Said, say
from layerkeep.api.source import NotKnown
from layerkeep.core.errors import StoreError

OPERATOR = {"role": "operator"}


class Taking(Said, frozen=True, kw_only=True):
    """Taking an incident: `seen` is who had it when the form was sent to the browser."""

    seen: str = ""


class HandingSeen(Handing, frozen=True, kw_only=True):
    """Handing an incident over: `seen` is who had it when the form was sent to the browser."""

    seen: str = ""


@post("/incidents/{name:str}/acknowledge", opt=OPERATOR)
async def acknowledge(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Take an incident, unless somebody took it while the form was open."""
    return await _done(request, "acknowledge", name, Taking)


@post("/incidents/{name:str}/note", opt=OPERATOR)
async def note(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Write something down in the history."""
    return await _done(request, "note", name, Noting)


@post("/incidents/{name:str}/hand-over", opt=OPERATOR)
async def hand_over(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Hand an incident to somebody, unless somebody took it while the form was open."""
    return await _done(request, "hand-over", name, HandingSeen)


@post("/incidents/{name:str}/silence", opt=OPERATOR)
async def silence(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Mute an incident for a while; it stays open."""
    return await _done(request, "silence", name, Lasting)


@post("/incidents/{name:str}/unsilence", opt=OPERATOR)
async def unsilence(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Mute an incident no longer."""
    return await _done(request, "unsilence", name, Said)


@post("/incidents/{name:str}/resolve", opt=OPERATOR)
async def resolve(request: Incoming, name: FromPath[str]) -> Response[bytes]:
    """Call an incident resolved, unless it is over."""
    return await _done(request, "resolve", name, Said)


async def _done(request: Incoming, action: str, name: str, shape: type[Any]) -> Response[bytes]:
    """The word is said, or it is told why not; the browser goes back to the page."""
    try:
        if await _someone_was_first(request, action, name, shape):
            return _back(name, "first", action)
        await say(request, action, name, shape)
    except (Refusal, NotKnown, StoreError) as error:
        word = "store-failing" if isinstance(error, StoreError) else reason_of(error)
        return _back(name, "failed", word)
    return _back(name, "done", action)


async def _someone_was_first(request: Incoming, action: str, name: str, shape: type[Any]) -> bool:
    """True if it is over, or another took it since this reader's page was made."""
    incident = (await desk(request).source.incident(name)).incident
    if incident.state in OVER:
        return True
    if action not in ("acknowledge", "hand-over"):
        return False
    body = await read_body(request, shape)
    return incident.owner not in ("", body.seen, caller(request).name)


def _back(name: str, outcome: str, word: str) -> Response[bytes]:
    where = f"/incidents/{quote(name, safe='')}?{outcome}={quote(word)}#outcome"
    return Response(b"", status_code=303, headers={"Location": where})


ROUTES = (acknowledge, note, hand_over, silence, unsilence, resolve)
