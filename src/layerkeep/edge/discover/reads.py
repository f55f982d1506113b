"""Asking one node about contracts: what a call returns, or None where there is no such function.

A node that cannot be asked is not a contract without an answer: timeouts, refusals and limits are
raised, reverts and empty answers are None.
"""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from layerkeep.core.encoding.abi import address as address_word
from layerkeep.core.encoding.abi import dynamic_bytes, uint
from layerkeep.core.errors import RpcError, RpcLied, RpcLimited, RpcRefused, RpcTimeout
from layerkeep.core.keccak import selector
from layerkeep.core.units import ZERO_ADDRESS, Address

UNASKED = (RpcTimeout, RpcRefused, RpcLimited, RpcLied)
HEX = re.compile(r"0x[0-9a-fA-F]*")
SPAN = 1_000  # blocks per eth_getLogs; every provider allows as many
LOOKBACK = 50_000  # a week of Ethereum, and more than a day between two batches is a standstill


class Rpc(Protocol):
    """One upstream: the result of a JSON-RPC call, or an RpcError."""

    async def call(self, method: str, params: Sequence[Any]) -> Any:
        """The `result` member of the answer."""


async def has_code(rpc: Rpc, address: Address) -> bool:
    """True if a contract stands at this address."""
    code = await rpc.call("eth_getCode", [address, "latest"])
    return isinstance(code, str) and code not in ("", "0x")


async def view(rpc: Rpc, to: Address, signature: str, argument: int | None = None) -> str | None:
    """What a function of at most one argument returns, as hex, or None if it does not answer."""
    words = "" if argument is None else f"{argument:064x}"
    call = {"to": to, "data": selector(signature) + words}
    try:
        answer = await rpc.call("eth_call", [call, "latest"])
    except UNASKED:
        raise
    except RpcError:
        return None
    if not isinstance(answer, str) or not HEX.fullmatch(answer) or len(answer) < 66:
        return None
    return answer


async def view_uint(
    rpc: Rpc, to: Address, signature: str, argument: int | None = None
) -> int | None:
    """The first word a function returns, as a number."""
    answer = await view(rpc, to, signature, argument)
    return None if answer is None else uint(answer, 0)


async def view_address(
    rpc: Rpc, to: Address, signature: str, argument: int | None = None
) -> Address | None:
    """The address a function returns; None also for the zero address."""
    answer = await view(rpc, to, signature, argument)
    if answer is None:
        return None
    try:
        address = address_word(answer, 0)
    except ValueError:
        return None
    return None if address == ZERO_ADDRESS else address


async def view_text(rpc: Rpc, to: Address, signature: str) -> str | None:
    """The string a function returns."""
    answer = await view(rpc, to, signature)
    if answer is None:
        return None
    try:
        return dynamic_bytes(answer, 0).decode()
    except ValueError:
        return None


async def height(rpc: Rpc) -> int:
    """The number of the newest block."""
    return int(str(await rpc.call("eth_blockNumber", [])), 16)


async def stretches(
    rpc: Rpc, topic0: str, address: Address | None = None
) -> AsyncIterator[list[Any]]:
    """The logs of one event, newest stretch of blocks first, each stretch newest first."""
    where = {} if address is None else {"address": address}
    head = await height(rpc)
    for end in range(head, max(head - LOOKBACK, -1), -SPAN):
        span = {"fromBlock": hex(max(end - SPAN + 1, 0)), "toBlock": hex(end)}
        found = await rpc.call("eth_getLogs", [span | where | {"topics": [topic0]}])
        if isinstance(found, list) and found:
            yield found[::-1]
