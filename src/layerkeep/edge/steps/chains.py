"""Asking a chain's own upstreams for what a transaction needs: reads, simulations, receipts."""

from collections.abc import Callable
from typing import Any

import aiohttp

from layerkeep.core.acting.runs.model import DONE
from layerkeep.core.errors import RpcError, RpcRefused, SettingsError
from layerkeep.core.topology import Chain
from layerkeep.edge.steps.asking import Answer, call, rpc_request

READ_S = 15.0


class ChainAsker:
    """Asks the upstreams of one chain, in their order, until one gives an answer of JSON-RPC."""

    def __init__(
        self, chain: Chain, session: aiohttp.ClientSession, resolve: Callable[[str], str]
    ) -> None:
        self.chain = chain
        self._session = session
        self._urls = [
            (each.name, resolve(each.url)) for each in chain.upstreams if "beacon" not in each.roles
        ]
        if not self._urls:
            raise SettingsError(f"chain {chain.name} has no upstream to ask")

    async def ask(self, method: str, *params: Any) -> Answer:
        """The first answer of a node, an error of it included; RpcRefused if none gives any."""
        failures = []
        for name, url in self._urls:
            request = rpc_request(url, method, list(params))
            answer = await call(self._session, request, READ_S)
            if answer.state == DONE or answer.detail.startswith("error "):
                return answer
            failures.append(f"{name}: {answer.detail}")
        raise RpcRefused(f"{self.chain.name}: {method}: {'; '.join(failures)}")

    async def read(self, method: str, *params: Any) -> Any:
        """What a node answers; RpcError if it answers with an error."""
        answer = await self.ask(method, *params)
        if answer.state != DONE:
            raise RpcError(f"{self.chain.name}: {method}: {answer.detail}")
        return answer.result

    async def read_all(self, method: str, *params: Any) -> list[Any]:
        """What every node answers that gives an answer; RpcRefused if none does."""
        answers = [
            await call(self._session, rpc_request(url, method, list(params)), READ_S)
            for _, url in self._urls
        ]
        found = [each.result for each in answers if each.state == DONE]
        if not found:
            raise RpcRefused(f"{self.chain.name}: {method}: no node answers")
        return found

    async def number(self, method: str, *params: Any) -> int:
        """A quantity; RpcError if it is none."""
        found = await self.read(method, *params)
        try:
            return int(found, 16)
        except (TypeError, ValueError):
            raise RpcError(f"{self.chain.name}: {method}: answered with no quantity") from None

    async def receipt(self, hash: str) -> dict[str, Any] | None:  # noqa: A002
        """The receipt of a transaction, None if no block holds it yet."""
        found = await self.read("eth_getTransactionReceipt", hash)
        return found if isinstance(found, dict) else None
