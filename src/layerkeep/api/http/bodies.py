"""Bodies of writes: JSON, or a form of one of our pages."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from layerkeep.api.http.problems import Incoming, Refusal
from layerkeep.api.http.queries import read
from layerkeep.api.shapes.problems import FaultShown
from layerkeep.core.topology.spot import shown

BODY_MAX = 64 * 1024
FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 32

Body = TypeVar("Body", bound=msgspec.Struct)


def is_form(request: Incoming) -> bool:
    """True if the body is a form's."""
    return request.content_type[0] == FORM


async def read_body(request: Incoming, shape: type[Body]) -> Body:
    """What the body says; Refusal with every fault in it. No body is an empty one."""
    raw = await request.body()
    if is_form(request):
        return read(_form(raw), shape, "form field")
    if not raw.strip():
        return read({}, shape, "field")
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(str(error)) from error
    if not isinstance(found, dict):
        raise _not_json(shown(found))
    return read(found, shape, "field")


def _form(raw: bytes) -> dict[str, str]:
    """The filled fields of a form; a browser sends the others as empty text."""
    try:
        pairs = parse_qsl(raw.decode(), max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise Refusal(400, "invalid", "the form is malformed") from error
    return dict(pairs)


def _not_json(found: str) -> Refusal:
    fault = FaultShown(field="body", found=found[:200], expected="a JSON object")
    return Refusal(
        400, "invalid", f"body: found {found[:200]}, expected a JSON object", faults=(fault,)
    )
