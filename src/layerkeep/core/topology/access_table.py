"""Reading `[api]`: where it listens, and its tokens, every fault at its spot."""

import re
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from layerkeep.core.errors import Fault
from layerkeep.core.topology.access import LISTEN, ROLES, Api, Token
from layerkeep.core.topology.spot import Field, Spot, read_table, read_word, shown
from layerkeep.core.topology.urls import LOOPBACK, REFERENCE
from layerkeep.core.units import SECOND, Timestamp

TOKEN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
PORT_MAX = 65_535
ADDRESS_WORDS = 'HOST:PORT, for example "127.0.0.1:7040" or "[::1]:7040"'
MOMENT_WORDS = "a date-time with its offset, for example 2027-01-31T00:00:00Z"


@runtime_checkable
class Moment(Protocol):
    """A date-time as TOML reads it."""

    tzinfo: object

    def timestamp(self) -> float:
        """Seconds since the epoch."""


API_FIELDS: Mapping[str, Field] = {
    "listen": Field(str, f"where the API and the console are served; {LISTEN} if left out"),
    "tokens": Field(dict, "who may use them, by name; with none, reading is open to this machine"),
}

TOKEN_FIELDS: Mapping[str, Field] = {
    "role": Field(str, "what it may do: " + ", ".join(ROLES), required=True),
    "secret": Field(str, "env:NAME or file:PATH, never the secret itself", required=True),
    "expires": Field(Moment, "from when on it counts no more"),
}


def read_api(tables: Mapping[str, Mapping[str, Any]], faults: list[Fault]) -> Api:
    """Where to listen and for whom; one file may say so."""
    named = [file for file, table in tables.items() if "api" in table]
    for file in named[1:]:
        Spot(file, "api", faults).fault("a second one", f"only the one in {named[0]}")
    if not named:
        return Api()
    spot = Spot(named[0], "api", faults)
    values = read_table(tables[named[0]]["api"], API_FIELDS, spot)
    listen = read_listen(values.get("listen", LISTEN), spot.at("listen"))
    return Api(listen, _tokens(values.get("tokens", {}), spot.at("tokens")))


def read_listen(value: str, spot: Spot) -> str:
    """A host and a port."""
    match = ADDRESS.fullmatch(value)
    if match is None or int(match["port"]) > PORT_MAX:
        spot.fault(shown(value), ADDRESS_WORDS)
    return value


def is_loopback(listen: str) -> bool:
    """True if nobody but this machine can reach the address."""
    return LOOPBACK.fullmatch(listen) is not None


def _tokens(table: Mapping[str, Any], spot: Spot) -> dict[str, Token]:
    found: dict[str, Token] = {}
    secrets: dict[str, str] = {}
    for name, entry in table.items():
        inner = spot.at(name)
        if not TOKEN_NAME.fullmatch(name):
            inner.fault(shown(name), "a name of lower-case letters, digits, - and _")
            continue
        values = read_table(entry, TOKEN_FIELDS, inner)
        role = read_word(values["role"], ROLES, inner.at("role")) if "role" in values else None
        secret = _secret(values.get("secret"), inner.at("secret"))
        if secret and secrets.setdefault(secret, name) != name:
            expected = f"a secret of its own; {secrets[secret]} has this one"
            inner.at("secret").fault(shown(secret), expected)
        elif role is not None and secret:
            expires = _moment(values.get("expires"), inner.at("expires"))
            found[name] = Token(name, role, secret, expires)
    return found


def _secret(value: str | None, spot: Spot) -> str:
    """A reference; anything else may be the secret itself, so it is not repeated."""
    if value is not None and not REFERENCE.fullmatch(value):
        spot.fault("text that is no reference", "env:NAME or file:PATH in place of a secret")
        return ""
    return value or ""


def _moment(value: Moment | None, spot: Spot) -> Timestamp | None:
    if value is None:
        return None
    if value.tzinfo is None:
        spot.fault("a date-time without its offset", MOMENT_WORDS)
        return None
    return Timestamp(int(value.timestamp()) * SECOND)
