"""Contracts deployed in bulk: addresses known beforehand, many transactions to a block."""

from collections.abc import Awaitable, Callable
from typing import Any

from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak256, keccak_hex
from layerkeep.devnet.accounts import Account, sign
from layerkeep.devnet.artifacts import Artifact
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.node import Anvil

Land = Callable[[list[str]], Awaitable[None]]  # puts raw transactions into blocks, in order
CREATE_GAS = 12_000_000
CALL_GAS = 3_000_000
FEE_WEI_MAX = 20 * 10**9
TIP_WEI = 10**6


class Deployer:
    """Queues creations and calls of one account, then lands them all and checks each."""

    def __init__(self, node: Anvil, account: Account, chain_id: int, land: Land) -> None:
        self.node = node
        self.account = account
        self.chain_id = chain_id
        self._land = land
        self._nonce = 0
        self._queued: list[tuple[str, str]] = []

    async def begin(self) -> None:
        """Takes the account's nonce from the chain."""
        count = await self.node.rpc("eth_getTransactionCount", self.account.address, "latest")
        self._nonce = int(count, 16)

    def create(self, artifact: Artifact, *args: Any, gas: int = CREATE_GAS) -> str:
        """The address the contract will have once landed."""
        address = created_address(self.account.address, self._nonce)
        self._queue(f"create {artifact.name}", "", artifact.constructor(*args), gas=gas)
        return address

    def call(self, to: str, data: str, *, value: int = 0, gas: int = CALL_GAS) -> None:
        """Queues a call of a contract that exists or is queued before."""
        self._queue(f"call {to} {data[:10]}", to, data, value=value, gas=gas)

    async def land(self) -> list[dict[str, Any]]:
        """The receipts of all that was queued; DevnetError names the first that reverted."""
        queued, self._queued = self._queued, []
        await self._land([raw for _, raw in queued])
        hashes = [keccak_hex(bytes.fromhex(raw[2:])) for _, raw in queued]
        calls = [("eth_getTransactionReceipt", [tx_hash]) for tx_hash in hashes]
        receipts = await self.node.batch(calls)
        for (label, _), receipt in zip(queued, receipts, strict=True):
            if receipt is None or int(receipt["status"], 16) != 1:
                raise DevnetError(f"deployment failed: {label} ({receipt and 'reverted'})")
        return receipts

    def _queue(self, label: str, to: str, data: str, *, gas: int, value: int = 0) -> None:
        tx = {
            "chainId": self.chain_id,
            "nonce": self._nonce,
            "maxPriorityFeePerGas": TIP_WEI,
            "maxFeePerGas": FEE_WEI_MAX,
            "gas": gas,
            "to": to,
            "value": value,
            "data": data,
        }
        self._queued.append((label, sign(self.account, tx)))
        self._nonce += 1


def created_address(creator: str, nonce: int) -> str:
    """The address of the contract an account creates with this nonce."""
    packed = rlp.encode([bytes.fromhex(creator[2:]), rlp.integer(nonce)])
    return "0x" + keccak256(packed)[12:].hex()
