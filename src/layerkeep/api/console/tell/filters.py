"""The address of the messages is the filter: read from a query, written back as links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlencode

from layerkeep.api.shapes.messages import MessageFilter
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

FIELDS = (
    "source", "target", "via", "kind", "stage", "state", "token",
    "sender", "recipient", "reason", "incident", "older", "value_min", "sort",
)  # fmt: skip
"""In the order in which they are written."""

OTHER_NAMES = {"from": "source", "to": "target", "chain": "via", "value": "value_min"}
STATES = ("open", "late", "overdue", "finished", "failed")
SORTS = ("sent", "-sent", "value", "-value", "due", "-due")
APART = ("cursor", "add", "at")
"""Names in the address that filter nothing."""

UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "": 1, "ms": 1}
DURATION = re.compile(r"(\d{1,16})\s*(ms|s|m|h|d|)")
ETHER = re.compile(r"(\d{1,20})(?:\.(\d{1,18}))?\s*(eth)?", re.IGNORECASE)
NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the address that is not understood, and what is nearest to it."""

    field: str
    says: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """One filter as it is written, and the address without it."""

    field: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks: the filter, what was written of it, and what was not understood."""

    wanted: MessageFilter
    written: Mapping[str, str]
    faults: tuple[Fault, ...]

    def address(self, **changed: str) -> str:
        """The address with these fields changed; an empty value takes one away."""
        return address({**self.written, **changed})

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Every filter that is written."""
        return tuple(
            Token(field, value, self.address(**{field: ""}))
            for field, value in self.written.items()
        )


def asked(query: Mapping[str, str]) -> Asked:
    """What an address asks. What is not understood filters nothing and is told."""
    written: dict[str, str] = {}
    values: dict[str, object] = {}
    faults = []
    for name, value in [*query.items(), *_added(query.get("add", ""))]:
        field = OTHER_NAMES.get(name, name)
        if field in APART or not value.strip():
            continue
        read = _read(field, value.strip())
        if isinstance(read, Fault):
            faults.append(read)
        else:
            written[field], values[field] = value.strip(), read
    ordered = {field: written[field] for field in FIELDS if field in written}
    return Asked(MessageFilter(**values), ordered, tuple(faults))  # type: ignore[arg-type]


def address(written: Mapping[str, str]) -> str:
    """The address of the messages that these filters ask for."""
    kept = {field: written[field] for field in FIELDS if written.get(field)}
    if written.get("cursor"):
        kept["cursor"] = written["cursor"]
    return f"/messages?{urlencode(kept)}" if kept else "/messages"


def _added(typed: str) -> list[tuple[str, str]]:
    """What was typed to add: `stage=proven token=0x…`, also `older>10m`, or a bare `overdue`."""
    found = []
    for word in typed.split():
        if word in STATES:
            found.append(("state", word))
            continue
        field, sign, value = (word + "=").partition(next((c for c in word if c in "=>:"), "="))
        value = value.removesuffix("=").lstrip("=")
        found.append((field, value if sign and value else "=missing"))
    return found


def _read(field: str, value: str) -> object:
    if field not in FIELDS:
        near = get_close_matches(field, (*FIELDS, *OTHER_NAMES), 1, 0.5)
        return Fault(field[:60], "is not something that messages have", near[0] if near else "")
    if value == "=missing":
        return Fault(field, f"is asked for without a value; write {field}=…")
    if len(value) > NAME_MAX:
        return Fault(field, f"is longer than {NAME_MAX} letters")
    if field in ("state", "sort"):
        return _one_of(field, value, STATES if field == "state" else SORTS)
    if field == "older":
        return _duration(value)
    return _wei(value) if field == "value_min" else value


def _one_of(field: str, value: str, words: tuple[str, ...]) -> object:
    if value in words:
        return value
    near = get_close_matches(value, words, 1, 0.5)
    hint = f"{field}={near[0]}" if near else ""
    return Fault(field, f"is one of {', '.join(words)}, not {value[:60]}", hint)


def _duration(value: str) -> object:
    found = DURATION.fullmatch(value)
    if found is None:
        return Fault("older", f"is a duration such as 10m or 2h, not {value[:60]}", "older=10m")
    return min(int(found[1]) * UNITS[found[2]], 2**53 - 1)


def _wei(value: str) -> object:
    """Digits are wei; with a point or `eth` they are whole ones."""
    if value.isascii() and value.isdigit() and len(value) <= 78:
        return value
    found = ETHER.fullmatch(value)
    if found is None:
        says = f"is an amount such as 1.5eth, or wei in digits, not {value[:60]}"
        return Fault("value_min", says, "value_min=1.5eth")
    return str(int(found[1] + f"{found[2] or '':0<18}"))
