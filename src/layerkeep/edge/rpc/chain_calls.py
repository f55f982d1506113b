"""A follower's questions as JSON-RPC calls to one upstream, and the replies as typed answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.chain_data import Header, Log
from layerkeep.core.errors import RpcLied
from layerkeep.core.follower import Given, LogFilter, Want
from layerkeep.core.units import Height
from layerkeep.edge.rpc import wire
from layerkeep.edge.rpc.client import RpcClient
from layerkeep.edge.rpc.ranges import is_too_large, is_too_many_addresses

ADDRESS_LISTS_MAX = 4
"""With more lists of addresses than this, logs are asked by topics alone and sifted here."""

_headers: msgspec.json.Decoder[Header | None] = msgspec.json.Decoder(Header | None)
_logs = msgspec.json.Decoder(tuple[Log, ...])


@dataclass(frozen=True, slots=True)
class Question:
    """The calls that one want became for one upstream; `address_lists` per log question."""

    want: Want
    calls: tuple[Call, ...]
    logs_to: Height | None
    address_lists: int
    sift: frozenset[str] = field(default=frozenset())


def question(want: Want, watched: LogFilter, client: RpcClient) -> Question:
    """The calls for a want, within what this upstream takes."""
    calls = [Call("eth_getBlockByNumber", (tag, False)) for tag in want.heads]
    calls += [Call("eth_getBlockByNumber", (hex(height), False)) for height in want.headers]
    lists = _address_lists(watched.addresses, client.ranges.addresses)
    last = None
    if want.logs:
        first, last = want.logs[0], client.ranges.last_of(*want.logs)
        span = {"fromBlock": hex(first), "toBlock": hex(last)}
        calls += [_log_call(span, addresses, watched.topics) for addresses in lists]
    for block in want.confirm:
        place = {"blockHash": block}
        calls += [_log_call(place, addresses, watched.topics) for addresses in lists]
    sift = frozenset(watched.addresses) if lists == [()] else frozenset()
    return Question(want, tuple(calls), last, len(lists), sift)


def answer(asked: Question, replies: Sequence[wire.Reply], client: RpcClient) -> Given:
    """What the follower is given; what failed is absent, a range refused teaches the upstream."""
    want = asked.want
    rest = list(replies)
    heads = {tag: _head(rest.pop(0), client.name, tag) for tag in want.heads}
    found: dict[Height, Header | None] = {}
    for height in want.headers:
        reply = rest.pop(0)
        if reply.result is not None:
            found[height] = _header(reply.result, client.name)
    logs: tuple[Log, ...] | None = None
    if want.logs and asked.logs_to is not None:
        part, rest = rest[: asked.address_lists], rest[asked.address_lists :]
        logs = _joined(part, asked.sift, client.name)
        _learn(client, part, blocks=asked.logs_to - want.logs[0] + 1)
    confirmed = {}
    for block in want.confirm:
        part, rest = rest[: asked.address_lists], rest[asked.address_lists :]
        again = _joined(part, asked.sift, client.name)
        if again is not None:
            confirmed[block] = again
    logs_to = asked.logs_to if logs is not None else None
    return Given(client.name, heads, found, logs or (), logs_to, confirmed)


def _address_lists(addresses: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
    """The addresses in parts; one empty part if there are too many, or none."""
    parts = [addresses[start : start + most] for start in range(0, len(addresses), most)]
    return parts if 0 < len(parts) <= ADDRESS_LISTS_MAX else [()]


def _log_call(place: dict[str, str], addresses: tuple[str, ...], topics: Sequence[str]) -> Call:
    query: dict[str, Any] = dict(place)
    if addresses:
        query["address"] = addresses
    if topics:
        query["topics"] = (topics,)
    return Call("eth_getLogs", (query,))


def _head(reply: wire.Reply, name: str, tag: str) -> Header | None:
    """A head by its tag; a chain may not know finality, but every chain has a latest block."""
    if reply.result is not None:
        return _header(reply.result, name)
    if tag == "latest":
        raise wire.error_of(reply, name)
    return None


def _header(raw: bytes, name: str) -> Header | None:
    try:
        return _headers.decode(raw)
    except msgspec.MsgspecError as error:
        raise RpcLied(f"{name}: a block that is none: {error}") from error


def _joined(
    replies: Sequence[wire.Reply], sift: frozenset[str], name: str
) -> tuple[Log, ...] | None:
    """The logs of several replies together; None unless all of them are there."""
    logs: list[Log] = []
    for reply in replies:
        if reply.result is None or reply.is_null:
            return None
        try:
            logs += _logs.decode(reply.result)
        except msgspec.MsgspecError as error:
            raise RpcLied(f"{name}: logs that are none: {error}") from error
    return tuple(log for log in logs if not sift or log.address.lower() in sift)


def _learn(client: RpcClient, replies: Sequence[wire.Reply], blocks: int) -> None:
    """Let the upstream's own limits follow what became of a range."""
    refused = [reply for reply in replies if reply.result is None]
    if not refused:
        client.ranges.worked(blocks)
        return
    first = refused[0]
    if is_too_many_addresses(first.complaint) or is_too_large(first.code, first.complaint):
        client.ranges.complained(blocks, first.complaint)
