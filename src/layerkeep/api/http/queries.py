"""Reading what a request asks for into a Struct, with every fault told together.

The same Struct makes the parameters in the OpenAPI document, so what is written there is what is
accepted.
"""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from layerkeep.api.http.problems import Incoming, Refusal
from layerkeep.api.shapes.problems import FaultShown
from layerkeep.core.topology.spot import close_match, one_of, shown

Asked = TypeVar("Asked", bound=msgspec.Struct)

SECRET = {"secret": True}
"""Meta of a field whose value is never repeated."""

KINDS = {"integer": "a whole number", "string": "text", "boolean": "true or false"}


class NoQuery(msgspec.Struct, frozen=True):
    """A route without parameters."""


def read_query(request: Incoming, shape: type[Asked]) -> Asked:
    """The query's parameters; Refusal with every one that is unknown, doubled or wrong."""
    raw: dict[str, object] = {}
    faults = []
    for name, value in request.query_params.multi_items():
        if name in raw:
            faults.append(FaultShown(field=name, found="a second one", expected="only one"))
        raw[name] = value
    return read(raw, shape, "parameter", faults)


def asked(request: Incoming, shape: type[Asked]) -> Asked:
    """The query as it was read when the request was let in."""
    found = request.scope["state"]["query"]
    assert isinstance(found, shape), f"this route declares {type(found).__name__}"
    return found


def read(
    raw: Mapping[str, object],
    shape: type[Asked],
    what: str,
    faults: list[FaultShown] | None = None,
) -> Asked:
    """The Struct these values make; numbers and flags may be text in a query and in a form."""
    faults = [] if faults is None else faults
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name in raw:
        if name not in fields:
            faults.append(_unknown(name, fields, what))
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                expected = _expected(field.type)
                faults.append(FaultShown(field=name, found="nothing", expected=expected))
            continue
        try:
            values[field.name] = msgspec.convert(raw[name], _kind(field), strict=what == "field")
        except (msgspec.ValidationError, OverflowError):
            faults.append(_wrong(name, raw[name], _kind(field)))
    if faults:
        raise Refusal(400, "invalid", _told(faults), faults=tuple(faults))
    return shape(**values)


def properties(shape: type[msgspec.Struct]) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each field."""
    return {field.encode_name: schema_of(field) for field in msgspec.structs.fields(shape)}


def schema_of(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    """The JSON Schema of one field, with its default."""
    schema = without_null(msgspec.json.schema(field.type))
    if not field.required and field.default not in (None, ""):
        schema["default"] = field.default
    return schema


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What is not there is left out: no field has to be null."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return kinds[0] if kinds else schema


def _kind(field: msgspec.structs.FieldInfo) -> Any:
    """What a value must be if it is there: what is not known is left out, never null."""
    if get_origin(field.type) in (Union, UnionType):
        return next(each for each in get_args(field.type) if each is not NoneType)
    return field.type


def _unknown(name: str, fields: Mapping[str, object], what: str) -> FaultShown:
    expected = one_of(fields) if fields else "none"
    near = close_match(name, fields)
    return FaultShown(field=name[:60], found=f"an unknown {what}", expected=expected, near=near)


def _wrong(name: str, value: object, kind: Any) -> FaultShown:
    schema = msgspec.json.schema(kind)
    enum = [word for word in schema.get("enum", ()) if word]
    near = close_match(value, enum) if isinstance(value, str) and enum else ""
    found = "something else" if schema.get("secret") else shown(value)
    return FaultShown(field=name, found=found, expected=_expected(kind), near=near)


def _expected(kind: Any) -> str:
    schema = msgspec.json.schema(kind)
    if "enum" in schema:
        return one_of([word for word in schema["enum"] if word])
    inner = without_null(schema)
    about = inner.get("description", "")
    words = KINDS.get(inner.get("type", ""), "another kind of value")
    if "minimum" in inner:
        words += f" of at least {inner['minimum']}"
    if "maximum" in inner:
        words += f" and at most {inner['maximum']}"
    if "maxLength" in inner:
        words += f" of {inner.get('minLength', 0)} to {inner['maxLength']} letters"
    return f"{words}: {about}" if about else words


def _told(faults: list[FaultShown]) -> str:
    """All faults in one line each."""
    return "; ".join(
        f"{fault.field}: found {fault.found}, expected {fault.expected}"
        + (f"; did you mean {fault.near!r}?" if fault.near else "")
        for fault in faults[:10]
    )
