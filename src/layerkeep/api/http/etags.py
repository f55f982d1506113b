"""Answers that a client has already: the same address at the same revision.

The tag is weak: the bodies are equal but need not be so byte for byte. A program that starts anew
counts its revisions anew, so a tag also names the run.
"""

from hashlib import blake2s

from litestar import Response

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming


def etag(request: Incoming) -> str:
    """The tag of what this address shows now."""
    at = desk(request)
    address = f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
    place = blake2s(address.encode(), digest_size=6).hexdigest()
    return f'W/"{at.boot}-{at.source.revision()}-{place}"'


def unchanged(request: Incoming, tag: str) -> Response[None] | None:
    """304 if the client has what this tag stands for."""
    wanted = request.headers.get("if-none-match", "")
    known = {each.strip().removeprefix("W/") for each in wanted.split(",")}
    if wanted.strip() == "*" or tag.removeprefix("W/") in known:
        return Response(None, status_code=304, headers={"ETag": tag})
    return None
