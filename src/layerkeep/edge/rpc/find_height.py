"""Finds the block of a moment: a search over block times, many probes per request."""

import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.chain_data import Header
from layerkeep.core.errors import RpcLied
from layerkeep.core.units import Height, Timestamp
from layerkeep.edge.rpc import wire
from layerkeep.edge.rpc.pool import Pool

PROBES = 15
"""Blocks looked at in one request: each narrows the rest to a sixteenth."""


async def latest_height(pool: Pool) -> Height:
    """The newest block there is."""
    (latest,) = await _headers(pool, ["latest"])
    return latest.height


async def find_height(pool: Pool, moment: Timestamp) -> Height:
    """The first block not older than `moment`; the block after the newest if all are older."""
    low, high = 0, await latest_height(pool) + 1
    while low < high:
        step = max(1, (high - low) // (PROBES + 1))
        probes = [low + step * index for index in range(PROBES) if low + step * index < high]
        headers = await _headers(pool, [hex(probe) for probe in probes])
        times = [header.time for header in headers]
        older = sum(time < moment for time in times)
        if older < len(probes):
            high = probes[older]
        if older:
            low = probes[older - 1] + 1
    return Height(low)


async def _headers(pool: Pool, blocks: list[str]) -> list[Header]:
    calls = [Call("eth_getBlockByNumber", (block, False)) for block in blocks]
    answered = await pool.ask(lambda _: calls)
    return [_header(reply, answered.via) for reply in answered.replies]


def _header(reply: wire.Reply, name: str) -> Header:
    if reply.result is None:
        raise wire.error_of(reply, name)
    try:
        return msgspec.json.decode(reply.result, type=Header)
    except msgspec.MsgspecError as error:
        raise RpcLied(f"{name}: a block that is none: {error}") from error
