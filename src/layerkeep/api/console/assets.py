"""Stylesheets and scripts, served under names that hold the hash of what they say."""

import gzip
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

_HASH_DIGITS = 10

_MEDIA = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes over the wire."""

    media: str
    body: bytes
    gzipped: bytes


class Assets:
    """Every file of the folder `static`, read once."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._by_hashed: dict[str, Asset] = {}
        for file in files("layerkeep.api.console").joinpath("static").iterdir():
            stem, _, kind = file.name.rpartition(".")
            if kind not in _MEDIA:
                continue
            body = file.read_bytes()
            hashed = f"{stem}.{sha256(body).hexdigest()[:_HASH_DIGITS]}.{kind}"
            self._paths[file.name] = f"/static/{hashed}"
            self._by_hashed[hashed] = Asset(_MEDIA[kind], body, gzip.compress(body, 9, mtime=0))

    def path(self, name: str) -> str:
        """The address of a file: `console.css` is at `/static/console.1f0c….css`."""
        return self._paths[name]

    def find(self, hashed: str) -> Asset | None:
        """The file of this hashed name, if it still is the one we have."""
        return self._by_hashed.get(hashed)
