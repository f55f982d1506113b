"""The bytes of JSON-RPC 2.0 batches: calls to text, text to replies, and what went wrong by name.

No reply is trusted to be one: a body may be a web page, half a document, a single error for a
whole batch, or hold ids nobody asked for. Results stay raw until the caller decodes them by type.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError, RpcLied, RpcLimited, RpcRefused

COMPLAINT_MAX = 300
LIMITED_CODES = frozenset({-32005, -32029, -32097, 429})
LIMITED_WORDS = re.compile(
    r"rate.?limit|too many requests|compute units|request (?:rate|count) exceeded|throttl"
    r"|capacity exceeded|over (?:the )?quota|quota exceeded|requests? per second|slow down"
    r"|temporarily unavailable|try again later",
    re.IGNORECASE,
)
BATCH_WORDS = re.compile(r"batch", re.IGNORECASE)
_URL = re.compile(r"\w+://\S+")


class _Fault(msgspec.Struct):
    code: int = 0
    message: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")


class _Reply(msgspec.Struct):
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Fault | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one call: a raw result, or a code and the node's complaint."""

    result: bytes | None
    code: int = 0
    complaint: str = ""

    @property
    def is_null(self) -> bool:
        """True if the node knows of no such thing."""
        return self.result == b"null"


def encode(calls: Sequence[Call], first_id: int) -> list[dict[str, Any]]:
    """The calls as JSON-RPC requests with consecutive ids."""
    return [
        {"jsonrpc": "2.0", "id": first_id + index, "method": call.method, "params": call.params}
        for index, call in enumerate(calls)
    ]


def decode(body: bytes, name: str) -> list[_Reply]:
    """The replies in a body, one or many; RpcRefused or RpcError if it is no such body."""
    text = body.lstrip()
    if text[:1] == b"<":
        raise RpcRefused(f"{name}: answered with a web page")
    try:
        if text[:1] == b"[":
            return msgspec.json.decode(text, type=list[_Reply])
        return [msgspec.json.decode(text, type=_Reply)]
    except msgspec.MsgspecError as error:
        raise RpcError(f"{name}: answered with no valid JSON-RPC: {error}") from error
    except UnicodeDecodeError as error:
        raise RpcError(f"{name}: answered with bytes that are no text") from error


def match(replies: Sequence[_Reply], *, first_id: int, count: int, name: str) -> list[Reply]:
    """The replies in the order of the calls; RpcLied if ids are missing, foreign or doubled."""
    found: dict[int, Reply] = {}
    for reply in replies:
        number = reply.id
        if not isinstance(number, int) or not first_id <= number < first_id + count:
            raise _stray(reply, name)
        if number in found:
            raise RpcLied(f"{name}: answered call {number - first_id + 1} of {count} twice")
        found[number] = reply_of(reply)
    if len(found) < count:
        raise RpcLied(f"{name}: answered {len(found)} of {count} calls")
    return [found[first_id + index] for index in range(count)]


def reply_of(reply: _Reply) -> Reply:
    """A reply without its id, its complaint made safe to show."""
    if reply.error is not None:
        detail = bytes(reply.error.data).decode(errors="replace")
        shown = reply.error.message if detail in ("", "null") else f"{reply.error.message} {detail}"
        return Reply(None, reply.error.code, safe_text(shown))
    return Reply(bytes(reply.result) or None, 0, "" if bytes(reply.result) else "no result")


def is_refused_batch(replies: Sequence[_Reply], count: int) -> bool:
    """True if one error stands for a whole batch and says that it is the batch that displeases."""
    if count < 2 or len(replies) != 1 or replies[0].error is None:
        return False
    return bool(BATCH_WORDS.search(replies[0].error.message))


def error_of(reply: Reply, name: str) -> RpcError:
    """The named failure that an error reply stands for."""
    text = f"{name}: error {reply.code}: {reply.complaint}"
    if reply.code in LIMITED_CODES or LIMITED_WORDS.search(reply.complaint):
        return RpcLimited(text)
    return RpcError(text)


def safe_text(text: str) -> str:
    """A text without addresses of machines (they may hold keys) and of bounded length."""
    return _URL.sub("<url>", text)[:COMPLAINT_MAX]


def _stray(reply: _Reply, name: str) -> RpcError:
    """What a reply means that answers none of our calls."""
    if reply.error is not None:
        return error_of(reply_of(reply), name)
    return RpcLied(f"{name}: answered a call nobody made")
