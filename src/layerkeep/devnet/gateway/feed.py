"""Subscriptions of one view: the head is polled, and what changed is told to whoever asked."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.devnet.gateway.methods import INVALID_PARAMS
from layerkeep.devnet.gateway.view import View
from layerkeep.devnet.node import NodeError

POLL_S = 0.1
REMEMBERED_MAX = 256  # blocks; a longer reorg is told without its removed logs
KINDS = ("newHeads", "logs")

Tell = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one client wants to hear."""

    id: str
    kind: str
    query: Mapping[str, Any]
    tell: Tell


@dataclass(frozen=True, slots=True)
class Known:
    """A block that was told, with its logs in case it leaves."""

    hash: str
    logs: list[dict[str, Any]]


class Feed:
    """Polls while somebody listens."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._subscriptions: dict[str, Subscription] = {}
        self._known: dict[int, Known] = {}
        self._task: asyncio.Task[None] | None = None

    async def subscribe(self, params: list[Any], tell: Tell) -> str:
        """The id under which news of this kind now come; NodeError if there is no such kind."""
        kind = params[0] if params else None
        if kind not in KINDS:
            raise NodeError(INVALID_PARAMS, f"no subscription {kind!r}; there are {KINDS}")
        if not self._subscriptions:
            self._known.clear()
            await self._remember(await self._head())
        query = params[1] if len(params) > 1 and isinstance(params[1], dict) else {}
        one = Subscription("0x" + secrets.token_hex(16), kind, query, tell)
        self._subscriptions[one.id] = one
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return one.id

    def unsubscribe(self, subscription_id: str) -> bool:
        """Whether there was such a subscription; there is none now."""
        return self._subscriptions.pop(subscription_id, None) is not None

    async def stop(self) -> None:
        """Nobody is told anything any more."""
        self._subscriptions.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            if self._subscriptions:
                with contextlib.suppress(NodeError):  # the node was between two blocks
                    await self._poll()

    async def _poll(self) -> None:
        head = await self._head()
        fresh = await self._fresh(head)
        if not fresh:
            return
        ancestor = int(fresh[0]["number"], 16) - 1
        for number in sorted((one for one in self._known if one > ancestor), reverse=True):
            for log in reversed(self._known.pop(number).logs):
                await self._tell_log(log | {"removed": True})
        for block in fresh:
            known = await self._remember(block)
            await self._tell("newHeads", header(block))
            for log in known.logs:
                await self._tell_log(log)

    async def _fresh(self, head: dict[str, Any]) -> list[dict[str, Any]]:
        """The blocks up to the head that were not told yet, oldest first."""
        lowest = min(self._known, default=0)
        fresh: list[dict[str, Any]] = []
        block = head
        while block is not None and int(block["number"], 16) >= lowest:
            known = self._known.get(int(block["number"], 16))
            if known is not None and known.hash == block["hash"]:
                break
            fresh.append(block)
            block = await self._view.rpc("eth_getBlockByHash", block["parentHash"], False)
        return fresh[::-1]

    async def _remember(self, block: dict[str, Any]) -> Known:
        number = int(block["number"], 16)
        logs = await self._view.rpc("eth_getLogs", {"blockHash": block["hash"]})
        self._known[number] = Known(block["hash"], logs)
        self._known.pop(number - REMEMBERED_MAX, None)
        return self._known[number]

    async def _head(self) -> dict[str, Any]:
        block: dict[str, Any] = await self._view.rpc("eth_getBlockByNumber", "latest", False)
        return block

    async def _tell_log(self, log: dict[str, Any]) -> None:
        await self._tell("logs", log)

    async def _tell(self, kind: str, result: dict[str, Any]) -> None:
        for one in list(self._subscriptions.values()):
            if one.kind != kind or (kind == "logs" and not matches(one.query, result)):
                continue
            params = {"subscription": one.id, "result": result}
            try:
                await one.tell({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})
            except ConnectionError:
                self.unsubscribe(one.id)


def header(block: Mapping[str, Any]) -> dict[str, Any]:
    """The block as newHeads tells it: without its transactions."""
    left_out = ("transactions", "uncles", "size", "withdrawals", "totalDifficulty")
    return {name: value for name, value in block.items() if name not in left_out}


def matches(query: Mapping[str, Any], log: Mapping[str, Any]) -> bool:
    """Whether a log is what the subscription's filter asks for."""
    addresses = query.get("address") or []
    wanted = [addresses] if isinstance(addresses, str) else addresses
    if wanted and log["address"].lower() not in {one.lower() for one in wanted}:
        return False
    for at, asked in enumerate(query.get("topics") or []):
        choices = [asked] if isinstance(asked, str) else asked
        if not choices:
            continue
        if at >= len(log["topics"]) or log["topics"][at] not in {one.lower() for one in choices}:
            return False
    return True
