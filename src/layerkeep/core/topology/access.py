"""Where the API listens, and who may use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerkeep.core.units import Timestamp

ROLES = ("viewer", "operator", "admin")
"""Each may do what those before it may."""

LISTEN = "127.0.0.1:7040"


@dataclass(frozen=True, slots=True)
class Token:
    """A name that may use the API. `secret` is a reference; the edge resolves it."""

    name: str
    role: str
    secret: str
    expires: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """`listen` is HOST:PORT. Without tokens reading is open, and only to this machine."""

    listen: str = LISTEN
    tokens: Mapping[str, Token] = field(default_factory=dict)
