"""One account that sends transactions in order and waits for their receipts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from layerkeep.core.keccak import keccak_hex
from layerkeep.devnet.accounts import Account, sign
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.node import NodeError, Rpc

GAS = 2_000_000  # the block builder reserves the whole limit, so a generous one starves others
FEE_WEI_MAX = 20 * 10**9
TIP_WEI = 10**6
POLL_S = 0.05
RawByNonce = Callable[[int], Awaitable[str]]
NONCE_WORDS = ("nonce too low", "nonce too high", "already known", "replacement transaction")


class Sender:
    """Signs locally and keeps the nonce, which a reorg of the chain may set back."""

    def __init__(self, node: Rpc, account: Account, chain_id: int) -> None:
        self.node = node
        self.account = account
        self.chain_id = chain_id
        self._nonce: int | None = None
        self._turn = asyncio.Lock()

    @property
    def address(self) -> str:
        """The sending account's address."""
        return self.account.address

    async def send(
        self, to: str | None, data: str = "0x", *, value: int = 0, gas: int = GAS
    ) -> str:
        """The hash of a transaction the node accepted; `to` None creates a contract."""
        async with self._turn:
            try:
                return await self._submit(to, data, value=value, gas=gas)
            except NodeError as error:
                self._nonce = None
                if not any(word in error.message.lower() for word in NONCE_WORDS):
                    raise
            return await self._submit(to, data, value=value, gas=gas)

    async def submit_with(self, nonce_to_raw: RawByNonce) -> str:
        """The hash of a transaction the caller signs itself once it is told the nonce."""
        async with self._turn:
            raw = await nonce_to_raw(await self.next_nonce())
            try:
                tx_hash: str = await self.node.rpc("eth_sendRawTransaction", raw)
            except NodeError:
                self._nonce = None
                raise
            self._advance()
            return tx_hash

    async def next_nonce(self) -> int:
        """The nonce the next transaction takes."""
        if self._nonce is None:
            count = await self.node.rpc("eth_getTransactionCount", self.address, "pending")
            self._nonce = int(count, 16)
        return self._nonce

    def forget_nonce(self) -> None:
        """The next transaction asks the chain for its nonce again."""
        self._nonce = None

    async def receipt(self, tx_hash: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """The receipt once the transaction is in a block; the nonce is re-read if it never is."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found: dict[str, Any] | None = await self.node.rpc("eth_getTransactionReceipt", tx_hash)
            if found is not None:
                return found
            await asyncio.sleep(POLL_S)
        self._nonce = None
        raise DevnetError(f"{tx_hash} is in no block after {timeout_s:.0f} s")

    async def call(
        self, to: str | None, data: str = "0x", *, value: int = 0, gas: int = GAS
    ) -> dict[str, Any]:
        """The receipt of a sent transaction, which succeeded; DevnetError if it reverted."""
        receipt = await self.receipt(await self.send(to, data, value=value, gas=gas))
        if int(receipt["status"], 16) != 1:
            raise DevnetError(f"{receipt['transactionHash']} to {to} reverted")
        return receipt

    async def _submit(self, to: str | None, data: str, *, value: int, gas: int) -> str:
        tx = self._tx(await self.next_nonce(), to, data) | {"value": value, "gas": gas}
        raw = sign(self.account, tx)
        await self.node.rpc("eth_sendRawTransaction", raw)
        self._advance()
        return keccak_hex(bytes.fromhex(raw[2:]))

    def _advance(self) -> None:
        assert self._nonce is not None
        self._nonce += 1

    def _tx(self, nonce: int, to: str | None, data: str) -> dict[str, Any]:
        return {
            "chainId": self.chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": TIP_WEI,
            "maxFeePerGas": FEE_WEI_MAX,
            "to": to or "0x",
            "data": data,
        }
