"""Where traces go: the table `[traces]` of a topology."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.errors import Fault
from layerkeep.core.topology.spot import Field, Spot, read_table, shown
from layerkeep.core.topology.urls import INSTEAD, REFERENCE, holds_secret, read_url

TRACES_FIELDS: Mapping[str, Field] = {
    "endpoint": Field(str, "the collector's OTLP/HTTP URL, env:NAME or file:PATH", required=True),
    "headers": Field(dict, "headers for the collector by name: text, env:NAME or file:PATH"),
}

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A token of HTTP (RFC 9110, section 5.6.2)."""

HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
SECRET_NAME = re.compile(r"auth|key|token|secret|pass|cookie|session", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Traces:
    """A collector. URL and headers may be references to secrets; the edge resolves them."""

    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict)


def read_traces(tables: Mapping[str, Mapping[str, Any]], faults: list[Fault]) -> Traces | None:
    """The collector that one of these files names, None if none does."""
    named = [file for file, table in tables.items() if "traces" in table]
    for file in named[1:]:
        Spot(file, "traces", faults).fault("a second table", f"only the one in {named[0]}")
    if not named:
        return None
    spot = Spot(named[0], "traces", faults)
    values = read_table(tables[named[0]]["traces"], TRACES_FIELDS, spot)
    endpoint = values.get("endpoint", "")
    if "endpoint" in values:
        read_url(endpoint, ("http", "https"), spot.at("endpoint"))
    headers = values.get("headers", {})
    for name, value in headers.items():
        _check_header(name, value, spot.at("headers").at(name))
    return Traces(endpoint, headers)


def _check_header(name: str, value: object, spot: Spot) -> None:
    if not HEADER_NAME.fullmatch(name):
        spot.fault(shown(name), "a header's name: letters, digits and -")
    elif not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
        spot.fault(shown(value), "a header's value: one line of plain text, env:NAME or file:PATH")
    elif not REFERENCE.fullmatch(value) and (
        SECRET_NAME.search(name) or holds_secret(f"http://x/{value}")
    ):
        spot.fault("a secret", INSTEAD)
