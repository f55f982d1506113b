"""People's words on runs: read from the body, said, and noted where they do not count."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from layerkeep.api.http.bodies import read_body
from layerkeep.api.http.desk import caller, desk
from layerkeep.api.http.problems import Incoming, reason_of
from layerkeep.api.http.words import Said
from layerkeep.api.shapes.audit import AuditShown
from layerkeep.api.shapes.runs import HaltShown, RunShown, RunWord

NAME_MAX = 200
DETAIL_MAX = 500
PROPOSE = "propose"


class Proposing(msgspec.Struct, frozen=True, kw_only=True):
    """Proposing a runbook; `message` where it is about another than the incident's own."""

    runbook: Annotated[str, Meta(min_length=1, max_length=NAME_MAX, description="its name")]
    message: Annotated[str, Meta(max_length=NAME_MAX, description="the message it is about")] = ""


class Answering(Said, frozen=True, kw_only=True):
    """Answering what a run asks."""

    answer: Annotated[Literal["yes", "no"], Meta(description="yes goes on, no ends the run")]


class Halting(msgspec.Struct, frozen=True):
    """Halting all runs."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, description="why, for all to read")]


async def speak(request: Incoming, action: str, shape: type[Any], name: str) -> RunShown:
    """The word counts and is noted; if it does not, that is noted.

    `name` is the run's, or the incident's for which one is proposed.
    """
    at, what = desk(request), "incident" if action == PROPOSE else "run"
    try:
        return await at.source.crew.say(await _word(request, action, shape, name))
    except BaseException as error:
        await _refused(request, f"run.{action}", f"{what} {name}", error)
        raise


async def speak_to_all(request: Incoming, action: str, shape: type[Any]) -> HaltShown:
    """The same of a word on all runs."""
    at = desk(request)
    try:
        return await at.source.crew.halt(await _word(request, action, shape, ""))
    except BaseException as error:
        await _refused(request, f"runs.{action}", "runs", error)
        raise


async def _word(request: Incoming, action: str, shape: type[Any], target: str) -> RunWord:
    who, body = caller(request), await read_body(request, shape)
    proposes = action == PROPOSE
    return RunWord(
        action=action,
        token=who.name,
        role=who.role,
        target=body.runbook if proposes else target,
        incident=target if proposes else "",
        message=getattr(body, "message", ""),
        reason=getattr(body, "reason", ""),
        yes=getattr(body, "answer", "") == "yes",
    )


async def _refused(request: Incoming, action: str, target: str, error: BaseException) -> None:
    at, who = desk(request), caller(request)
    entry = AuditShown(
        time=at.source.now(),
        who=who.name,
        role=who.role,
        action=action,
        target=target,
        outcome=reason_of(error),
        detail=str(error)[:DETAIL_MAX],
    )
    await at.audit.note(entry)
