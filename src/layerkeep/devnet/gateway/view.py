"""One replica of one chain as its users see it: the path of a call from request to answer."""

from collections.abc import Sequence
from typing import Any

from layerkeep.devnet.gateway.chain import Chain
from layerkeep.devnet.gateway.faults import Faults
from layerkeep.devnet.gateway.lies import told
from layerkeep.devnet.gateway.methods import (
    ALLOWED,
    BLOCK_POSITION,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NULL_IF_NEWER,
    RANGED,
    REFUSED,
)
from layerkeep.devnet.gateway.pending import pending_json
from layerkeep.devnet.gateway.source import Source
from layerkeep.devnet.node import NodeError

RUNNING_TAGS = ("latest", "pending")
SETTLED_TAGS = ("safe", "finalized")
NUMBER_FIELDS = ("number", "blockNumber")


class View:
    """Answers calls for one (chain, replica)."""

    def __init__(self, chain: Chain, source: Source) -> None:
        self.chain = chain
        self.source = source
        self.faults = Faults()
        self._frozen_at: int | None = None

    async def answer(self, request: Any) -> dict[str, Any]:
        """The JSON-RPC response to one request, errors included."""
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return failure(None, INVALID_REQUEST, "not a JSON-RPC request")
        number, params = request.get("id"), request.get("params") or []
        try:
            result = await self.rpc(request["method"], *params)
        except NodeError as error:
            return failure(number, error.code, error.message, error.data)
        return {"jsonrpc": "2.0", "id": number, "result": result}

    async def rpc(self, method: str, *params: Any) -> Any:
        """The result of a call as users get it; NodeError if it is refused."""
        own = self.chain.dialect.methods.get(method)
        if method not in ALLOWED and own is None:
            message = f"the method {method} does not exist/is not available"
            raise NodeError(METHOD_NOT_FOUND, message)
        translated = self.chain.dialect.inbound(list(params))
        if own is not None:
            return await own(_Inside(self), translated)
        result = self.chain.dialect.outbound(await self._result(method, translated))
        return told(self.faults.lie, method, result)

    async def inside(self, method: str, params: Sequence[Any]) -> Any:
        """The node's answer with blocks resolved, but not yet in the chain's dialect."""
        limit = await self._limit()
        resolved = await self._resolve(method, list(params), limit)
        if resolved is None:
            return None
        result = await self.source.rpc(method, *resolved)
        if limit is None:
            return result
        return hex(limit) if method == "eth_blockNumber" else _hide_newer(result, limit)

    async def height(self) -> int:
        """The number of the newest block that users may see."""
        limit = await self._limit()
        return limit if limit is not None else await self._true_height()

    async def _result(self, method: str, params: list[Any]) -> Any:
        if method == "web3_clientVersion":
            return self.chain.dialect.client
        if method == "eth_accounts":
            return []
        if method in ("eth_chainId", "net_version") and self.faults.chain_id is not None:
            wrong = self.faults.chain_id
            return hex(wrong) if method == "eth_chainId" else str(wrong)
        if method == "eth_sendRawTransaction":
            return await self._send(params)
        result = await self.inside(method, params)
        if self.chain.mempool is None:
            return result
        if method == "eth_getTransactionByHash" and result is None:
            waiting = self.chain.mempool.find(params[0])
            return pending_json(waiting) if waiting else None
        if method == "eth_getTransactionCount" and params[1:] == ["pending"]:
            return hex(self.chain.mempool.next_nonce(params[0], int(result, 16)))
        return result

    async def _send(self, params: list[Any]) -> Any:
        if self.chain.mempool is None:
            return await self.source.rpc("eth_sendRawTransaction", *params)
        try:
            return self.chain.mempool.add(params[0])
        except (ValueError, IndexError, TypeError, AttributeError) as error:
            raise NodeError(REFUSED, f"transaction refused: {error}") from error

    async def _true_height(self) -> int:
        return int(await self.source.rpc("eth_blockNumber"), 16)

    async def _limit(self) -> int | None:
        """The newest visible block where lag or freeze hides newer ones."""
        if not self.faults.frozen:
            self._frozen_at = None
        if not self.faults.frozen and self.faults.lag_blocks == 0:
            return None
        visible = max(0, await self._true_height() - self.faults.lag_blocks)
        if self.faults.frozen:
            if self._frozen_at is None:
                self._frozen_at = visible
            visible = min(visible, self._frozen_at)
        return visible

    async def _resolve(self, method: str, params: list[Any], limit: int | None) -> list[Any] | None:
        """The parameters with every block tag made a number; None if the block is hidden."""
        if method in RANGED and params and isinstance(params[0], dict):
            return [await self._ranged(dict(params[0]), limit), *params[1:]]
        position = BLOCK_POSITION.get(method)
        if position is None:
            return params
        if len(params) == position:
            params.append("latest")
        if len(params) <= position:
            return params
        params[position] = await self._block(params[position], limit)
        newer = limit is not None and _number(params[position]) > limit
        if newer and method in NULL_IF_NEWER:
            return None
        if newer:
            raise NodeError(REFUSED, "header not found")
        return params

    async def _ranged(self, query: dict[str, Any], limit: int | None) -> dict[str, Any]:
        if "blockHash" in query:
            return query
        for end in ("fromBlock", "toBlock"):
            query[end] = await self._block(query.get(end, "latest"), limit)
        if limit is not None:
            query["toBlock"] = hex(min(_number(query["toBlock"]), limit))
        return query

    async def _block(self, asked: Any, limit: int | None) -> Any:
        """What to ask the node for where the user asked for this block."""
        if asked in RUNNING_TAGS:
            plain = "latest" if self.chain.mempool is not None else asked
            return plain if limit is None else hex(limit)
        if asked not in SETTLED_TAGS:
            return asked
        if self.chain.heads is not None:
            number = min(self.chain.heads()[asked], await self._true_height())
        elif limit is None:
            return asked
        else:
            block = await self.source.rpc("eth_getBlockByNumber", asked, False)
            number = int(block["number"], 16)
        return hex(number if limit is None else min(number, limit))


class _Inside:
    """A view's inner calls, for methods that the dialect makes out of others."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def rpc(self, method: str, *params: Any) -> Any:
        return await self._view.inside(method, params)


def failure(number: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    """A JSON-RPC error response."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": number, "error": error}


def _number(block: Any) -> int:
    if isinstance(block, str) and block.startswith("0x"):
        return int(block, 16) if len(block) < 66 else 0
    return 0


def _hide_newer(result: Any, limit: int) -> Any:
    """Blocks, transactions and receipts above the limit are not known; logs are left out."""
    if isinstance(result, list):
        return [one for one in result if _hide_newer(one, limit) is not None]
    if not isinstance(result, dict):
        return result
    numbers = [result[name] for name in NUMBER_FIELDS if isinstance(result.get(name), str)]
    return None if any(int(one, 16) > limit for one in numbers) else result
