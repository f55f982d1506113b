"""Operators' words: read from the body, put in the store, noted for the audit."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from msgspec import Meta

from layerkeep.api.http.bodies import is_form, read_body
from layerkeep.api.http.desk import caller, desk
from layerkeep.api.http.problems import Incoming, Refusal, reason_of
from layerkeep.api.shapes.audit import AuditShown, said_detail
from layerkeep.api.shapes.incidents import Operation
from layerkeep.api.shapes.problems import FaultShown
from layerkeep.core.units import DAY

NUMBER_MAX = 2**53 - 1
LASTS_MAX = 90 * DAY

Reason = Annotated[str, Meta(max_length=500, description="why, for those who read it later")]
Until = (
    Annotated[
        int,
        Meta(ge=0, le=NUMBER_MAX, description="until this moment, milliseconds since the epoch"),
    ]
    | None
)
For = (
    Annotated[int, Meta(ge=1, le=LASTS_MAX, description="or for so many milliseconds from now")]
    | None
)


class Said(msgspec.Struct, frozen=True):
    """A word that counts once."""

    reason: Reason = ""


class Noting(msgspec.Struct, frozen=True):
    """Something written down for those who read the history."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, description="what is noted")]


class Handing(Said, frozen=True, kw_only=True):
    """Handing an incident to somebody: `to` is their name, as the log will say it."""

    to: Annotated[str, Meta(min_length=1, max_length=100, description="who has it from now on")]


class Lasting(msgspec.Struct, frozen=True):
    """A word that counts for a while: `until` a moment, or for so `long`."""

    until: Until = None
    long: For = None
    reason: Reason = ""


class Maintaining(Lasting, frozen=True, kw_only=True):
    """Work on a component, such as `chain:l2` or `batcher:l2`."""

    component: Annotated[
        str, Meta(min_length=1, max_length=200, description="for example batcher:l2")
    ]


async def say(request: Incoming, action: str, target: str, shape: type[Any]) -> Operation:
    """The word is in the store; whether it was done or not, the audit tells.

    Without a target the body names it.
    """
    at, who = desk(request), caller(request)
    outcome, detail = "done", ""
    try:
        body = await read_body(request, shape)
        target = target or body.component
        word = Operation(
            action=action,
            target=target,
            by=who.name,
            until=_until(body, at.source.now()),
            reason=body.reason,
            to=getattr(body, "to", ""),
        )
        detail = said_detail(word.until, word.reason, word.to)
        await at.source.operate(word)
    except BaseException as error:
        outcome = reason_of(error)
        raise
    finally:
        entry = AuditShown(
            time=at.source.now(),
            who=who.name,
            role=who.role,
            action=action,
            target=target,
            outcome=outcome,
            detail=detail,
        )
        await at.audit.note(entry)
    return word


def answer(request: Incoming, word: Operation) -> Response[Any]:
    """What was said; a form is led back to the page it stands on."""
    if is_form(request):
        page = "/" if word.action == "maintain" else f"/incidents/{word.target}"
        return Response(b"", status_code=303, headers={"Location": page})
    return Response(word, status_code=202)


def _until(body: msgspec.Struct, now: int) -> int:
    """When the word ends to count, 0 if it counts once."""
    if not isinstance(body, Lasting):
        return 0
    if (body.until is None) == (body.long is None):
        both = "both" if body.until is not None else "neither"
        raise _refusal("until", f"{both} of until and long", "one of them")
    if body.long is not None:
        return now + body.long
    assert body.until is not None
    if not now < body.until <= now + LASTS_MAX:
        raise _refusal("until", str(body.until), f"a moment within 90 days from now, {now}")
    return body.until


def _refusal(field: str, found: str, expected: str) -> Refusal:
    fault = FaultShown(field=field, found=found, expected=expected)
    detail = f"{field}: found {found}, expected {expected}"
    return Refusal(400, "invalid", detail, faults=(fault,))
