"""One account that sends transactions in order and waits for their receipts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from layerkeep.devnet.accounts import Account, sign
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.node import NodeError, Rpc

GAS = 2_000_000  # the block builder reserves the whole limit, so a generous one starves others
FEE_WEI_MAX = 20 * 10**9
TIP_WEI = 10**6
POLL_S = 0.05
RETRIES = 2  # where another nonce would do
RawByNonce = Callable[[int], Awaitable[str]]
NONCE_WORDS = ("nonce too low", "nonce too high", "already known", "replacement transaction")


class Sender:
    """Signs locally; asks for its nonce each time, since a reorg may set it back."""

    def __init__(self, node: Rpc, account: Account, chain_id: int) -> None:
        self.node = node
        self.account = account
        self.chain_id = chain_id
        self._turn = asyncio.Lock()

    @property
    def address(self) -> str:
        """The sending account's address."""
        return self.account.address

    async def send(
        self, to: str | None, data: str = "0x", *, value: int = 0, gas: int = GAS
    ) -> str:
        """The hash of a transaction the node accepted; `to` None creates a contract."""

        async def raw(nonce: int) -> str:
            return sign(self.account, self._tx(nonce, to, data) | {"value": value, "gas": gas})

        return await self.submit_with(raw)

    async def submit_with(self, raw_by_nonce: RawByNonce) -> str:
        """The hash of a transaction the caller signs itself once it is told the nonce."""
        async with self._turn:
            return await self._retried(raw_by_nonce)

    async def next_nonce(self) -> int:
        """The nonce the next transaction takes, behind all that wait in the pool."""
        count = await self.node.rpc("eth_getTransactionCount", self.address, "pending")
        return int(count, 16)

    async def receipt(self, tx_hash: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """The receipt once the transaction is in a block; DevnetError if it takes too long."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found: dict[str, Any] | None = await self.node.rpc("eth_getTransactionReceipt", tx_hash)
            if found is not None:
                return found
            await asyncio.sleep(POLL_S)
        raise DevnetError(f"{tx_hash} is in no block after {timeout_s:.0f} s")

    async def call(
        self, to: str | None, data: str = "0x", *, value: int = 0, gas: int = GAS
    ) -> dict[str, Any]:
        """The receipt of a sent transaction, which succeeded; DevnetError if it reverted."""
        receipt = await self.receipt(await self.send(to, data, value=value, gas=gas))
        if int(receipt["status"], 16) != 1:
            call = {"from": self.address, "to": to, "data": data, "value": hex(value)}
            why = await self._why(call, int(receipt["blockNumber"], 16) - 1)
            raise DevnetError(f"{receipt['transactionHash']} to {to} reverted: {why}")
        return receipt

    async def _why(self, call: dict[str, str | None], height: int) -> str:
        """What the node says of the same call one block earlier; there it may pass."""
        try:
            await self.node.rpc("eth_call", call, hex(height))
        except NodeError as error:
            return error.message
        return f"it passes at block {height}"

    async def _retried(self, raw_by_nonce: RawByNonce) -> str:
        for _ in range(RETRIES):
            try:
                return await self._try(raw_by_nonce)
            except NodeError as error:
                if not any(word in error.message.lower() for word in NONCE_WORDS):
                    raise
            await asyncio.sleep(POLL_S)
        return await self._try(raw_by_nonce)

    async def _try(self, raw_by_nonce: RawByNonce) -> str:
        raw = await raw_by_nonce(await self.next_nonce())
        tx_hash: str = await self.node.rpc("eth_sendRawTransaction", raw)
        return tx_hash

    def _tx(self, nonce: int, to: str | None, data: str) -> dict[str, Any]:
        return {
            "chainId": self.chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": TIP_WEI,
            "maxFeePerGas": FEE_WEI_MAX,
            "to": to or "0x",
            "data": data,
        }
