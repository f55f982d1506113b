"""Where a view's answers come from: a node, and the lock that its block builder holds."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from layerkeep.devnet.node import Rpc


@dataclass(frozen=True, slots=True)
class Source:
    """A node as readers may use it: never while a block is half built."""

    node: Rpc
    lock: asyncio.Lock | None = None
    fork: Callable[[bool], Awaitable[None]] | None = None  # leave the true chain, or come back
    report: Callable[[], dict[str, Any]] | None = None  # how the node itself fares

    async def rpc(self, method: str, *params: Any) -> Any:
        """The node's answer; NodeError if it refuses."""
        if self.lock is None:
            return await self.node.rpc(method, *params)
        async with self.lock:
            return await self.node.rpc(method, *params)
