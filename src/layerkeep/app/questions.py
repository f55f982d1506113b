"""Questions of the core, put to a chain: what to call, and which place the answer speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.dispatch import PARAMETER, Dispatch
from layerkeep.core.engine import Engine
from layerkeep.core.facts import AFTER_LOGS, Anchor, Ask, Fact, Measured
from layerkeep.core.follower import Follower, Point
from layerkeep.core.network.accounts import ACCOUNT, TREASURY
from layerkeep.core.units import ChainName
from layerkeep.edge.rpc.wire import Reply

READS_STATE = frozenset({"eth_call", "eth_getBalance", "eth_getTransactionCount"})
"""Calls whose last parameter names the block whose state is read."""

STANDING = (PARAMETER, ACCOUNT, TREASURY)
"""How the questions are named whose answer is mostly what it was before."""

Answer = Reply | tuple[Reply, ...]
"""The reply to a question of one call, or the replies to one of several."""


@dataclass(frozen=True, slots=True)
class PutAsk:
    """A question on its way: the block it is asked at is part of the question."""

    ask: Ask
    at: Point

    def calls(self, dispatch: Dispatch) -> tuple[Call, ...]:
        """The JSON-RPC calls that put it, its own the last.

        State is read by a block's number, and who answers may have another block of that number:
        the header asked for just before tells whose state it was.
        """
        height = hex(self.at.height)
        built = dispatch.call(self.ask, height)
        own = built if isinstance(built, tuple) else (built,)
        if not any(call.method in READS_STATE and call.params[-1] == height for call in own):
            return own
        header = _header_at(height)
        return own if header in own else (header, *own)

    def check(self, replies: Sequence[Reply], dispatch: Dispatch) -> Answer:
        """The answer itself; Unusable if it is read from another block than we believe in."""
        height = hex(self.at.height)
        built = dispatch.call(self.ask, height)
        for call, reply in zip(self.calls(dispatch), replies, strict=True):
            if call != _header_at(height):
                continue
            block = _result(reply)
            if not isinstance(block, Mapping) or str(block.get("hash")).lower() != self.at.hash:
                raise Unusable("state-of-another-block")
        return tuple(replies[-len(built) :]) if isinstance(built, tuple) else replies[-1]


class Unusable(Exception):
    """An answer that says nothing yet: the question stays open. The text is the reason."""


class TimeUnknown(Exception):
    """A receipt of a block below the remembered window: its header must tell its time first."""

    def __init__(self, block: str) -> None:
        self.block = block
        super().__init__(block)


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the answers of one chain."""

    dispatch: Dispatch
    follower: Follower

    def facts(self, put: PutAsk, reply: Answer, via: str, seen: Point | None = None) -> list[Fact]:
        """The facts in a reply; Unusable if it is of a block we do not believe or makes no sense.

        `seen` is the block of a receipt, once its header told its time.
        """
        result = tuple(map(_part, reply)) if isinstance(reply, tuple) else _result(reply)
        points = {int(point.height): point for point in self.follower.window()}
        if seen is not None:
            points.setdefault(seen.height, seen)
        place = _place(put, result, points, self.follower.cursor)
        anchor = _anchor(ChainName(put.ask.chain), place, result)
        try:
            return self.dispatch.answer(put.ask, result, anchor, via)
        except ValueError as error:
            raise Unusable(f"answer-unreadable: {put.ask.probe}: {error}") from error


def is_old_news(engine: Engine, fact: Fact) -> bool:
    """True if a parameter has the value it had before: nothing worth logging."""
    says = fact.says
    if not isinstance(says, Measured) or not fact.answers.startswith(STANDING):
        return False
    return engine.view.value(says.child, says.name) == says.value


def _header_at(height: str) -> Call:
    return Call("eth_getBlockByNumber", (height, False))


def _result(reply: Reply) -> Any:
    """The JSON result; a revert is an answer too, as `{"error": {...}}`."""
    if reply.result is None:
        if "revert" not in reply.complaint.lower() and reply.code != 3:
            raise Unusable(f"not-answered: {reply.complaint}")
        return {"error": {"code": reply.code, "message": reply.complaint}}
    try:
        return msgspec.json.decode(reply.result)
    except msgspec.DecodeError as error:
        raise Unusable(f"not-json: {error}") from error


def _part(reply: Reply) -> Any:
    """The result of one call of several; a refused one is for the adapter to judge."""
    if reply.result is None:
        return {"error": {"code": reply.code, "message": reply.complaint}}
    return _result(reply)


def _place(put: PutAsk, result: Any, points: Mapping[int, Point], cursor: Point) -> Point:
    """The block an answer speaks of: a receipt's own, else the one it was asked at."""
    if isinstance(result, Mapping) and "transactionHash" in result:
        try:
            height, block = int(result["blockNumber"], 16), str(result["blockHash"]).lower()
        except (KeyError, TypeError, ValueError) as error:
            raise Unusable(f"receipt-malformed: {error}") from error
        if height > cursor.height:
            raise Unusable("receipt-ahead-of-us")
        known = points.get(height)
        if known is not None and known.hash not in ("", block):
            raise Unusable("receipt-of-another-block")
        if known is None or not known.hash:
            raise TimeUnknown(block)
        return known
    known = points.get(put.at.height)
    has_left = put.at.height > cursor.height or (known is not None and known.hash != put.at.hash)
    if has_left:
        raise Unusable("asked-at-a-block-that-left")
    return put.at


def _anchor(chain: ChainName, place: Point, result: Any) -> Anchor:
    if isinstance(result, Mapping) and "transactionHash" in result:
        try:
            tx, index = str(result["transactionHash"]).lower(), int(result["transactionIndex"], 16)
        except (KeyError, TypeError, ValueError) as error:
            raise Unusable(f"receipt-malformed: {error}") from error
        return Anchor(chain, place.height, place.hash, place.time, tx, index)
    return Anchor(chain, place.height, place.hash, place.time, tx_index=AFTER_LOGS)
