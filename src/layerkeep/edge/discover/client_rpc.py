"""The one-upstream client of edge/rpc, as discovery and preflight ask it: few calls, patiently."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcLimited
from layerkeep.core.units import SECOND
from layerkeep.edge.rpc.client import RpcClient

AT_ONCE = 4  # public upstreams allow a few requests at a time
TRIES = 4
PAUSE = SECOND


class ClientRpc:
    """Asks one upstream and reads its answers; waits and asks again when it is asked to slow."""

    def __init__(self, client: RpcClient) -> None:
        self._client = client
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def call(self, method: str, params: Sequence[Any]) -> Any:
        """The `result` member of the answer."""
        asked = Call(method, tuple(params))
        async with self._turns:
            for _ in range(TRIES - 1):
                try:
                    return msgspec.json.decode(await self._client.call(asked))
                except RpcLimited as limited:
                    pause = PAUSE if limited.retry_after is None else limited.retry_after
                    await asyncio.sleep(pause / SECOND)
            return msgspec.json.decode(await self._client.call(asked))
