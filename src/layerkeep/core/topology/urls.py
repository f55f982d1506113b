"""The URLs of upstreams: a plain URL, or a reference to one that is kept elsewhere.

A topology is committed and reviewed, so it must not carry secrets. Providers put theirs in the
user part, in the path or in the query of a URL; what looks like one is a fault. Hosts on this
machine have no secrets worth the name.
"""

import re

from layerkeep.core.topology.spot import Spot

REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")
URL = re.compile(r"(?P<scheme>[a-z]+)://(?P<host>[^/?#\s]+)(?P<path>[^?#\s]*)(?P<query>[^\s]*)")
LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")
KEY_LENGTH = 20  # hosts' keys have 20 to 64 letters; words in a path are shorter or have no digits
KEY_DIGITS = 3
SECRET_PARAMETER = re.compile(r"[?&][^=&]*(key|token|secret|auth|pass)[^=&]*=.", re.IGNORECASE)
INSTEAD = "env:NAME or file:PATH in place of a secret"


def read_url(value: str, schemes: tuple[str, ...], spot: Spot) -> str:
    """A URL of one of these schemes or a reference to one, without a secret in it."""
    if REFERENCE.fullmatch(value):
        return value
    match = URL.fullmatch(value)
    if match is None or match["scheme"] not in schemes:
        found = repr(value) if match is None and "@" not in value else "another kind of URL"
        spot.fault(found, f"a URL ({' or '.join(schemes)}), env:NAME or file:PATH")
    elif holds_secret(value):
        spot.fault("a secret inside the URL", INSTEAD)
    return value


def holds_secret(url: str) -> bool:
    """True if a URL carries a password, or something that looks like an access key."""
    match = URL.fullmatch(url)
    if match is None:
        return False
    if "@" in match["host"] or SECRET_PARAMETER.search(match["query"]):
        return True
    if LOOPBACK.fullmatch(match["host"]):
        return False
    pieces = re.split(r"[/?&=]", match["path"] + match["query"])
    return any(map(_looks_like_key, pieces))


def _looks_like_key(piece: str) -> bool:
    if len(piece) < KEY_LENGTH or not re.search(r"[A-Za-z]", piece):
        return False
    digits = sum(letter.isdigit() for letter in piece)
    mixed = piece not in (piece.lower(), piece.upper())
    return digits >= KEY_DIGITS or (mixed and digits > 0)
