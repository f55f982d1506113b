"""The L2's dialect: what a rollup node answers beside the execution client."""

from collections.abc import Mapping, Sequence
from typing import Any

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.gateway.chain import Dialect, Heads
from layerkeep.devnet.gateway.methods import INVALID_PARAMS
from layerkeep.devnet.node import NodeError, Rpc

MESSAGE_PASSER = "0x4200000000000000000000000000000000000016"
ATTRIBUTES = "0x440a5e20"
VERSION = "v1.9.1-layerkeep-devnet"


class OptimismDialect(Dialect):
    """optimism_* methods, made from the L2 as shown and the L1 below it."""

    def __init__(self, l1: Rpc, heads: Heads, rollup_config: Mapping[str, Any]) -> None:
        super().__init__("layerkeep-devnet/op-anvil")
        self._l1 = l1
        self._heads = heads
        self._config = dict(rollup_config)
        self.methods = {
            "optimism_syncStatus": self._sync_status,
            "optimism_outputAtBlock": self._output_at_block,
            "optimism_rollupConfig": self._rollup_config,
            "optimism_version": self._version,
        }

    async def _sync_status(self, node: Rpc, _: Sequence[Any]) -> dict[str, Any]:
        heads = self._heads()
        head_l1, safe_l1, finalized_l1 = [
            _l1_ref(await self._l1.rpc("eth_getBlockByNumber", tag, False))
            for tag in ("latest", "safe", "finalized")
        ]
        unsafe = await self._l2_ref(node, "latest")
        safe = await self._l2_ref(node, hex(min(heads["safe"], unsafe["number"])))
        finalized = await self._l2_ref(node, hex(min(heads["finalized"], unsafe["number"])))
        return {
            "current_l1": head_l1,
            "current_l1_finalized": finalized_l1,
            "head_l1": head_l1,
            "safe_l1": safe_l1,
            "finalized_l1": finalized_l1,
            "unsafe_l2": unsafe,
            "safe_l2": safe,
            "finalized_l2": finalized,
            "pending_safe_l2": safe,
            "cross_unsafe_l2": unsafe,
            "local_safe_l2": safe,
        }

    async def _output_at_block(self, node: Rpc, params: Sequence[Any]) -> dict[str, Any]:
        if not params:
            raise NodeError(INVALID_PARAMS, "missing value for required argument 0")
        block = await node.rpc("eth_getBlockByNumber", params[0], False)
        if block is None:
            raise NodeError(-32000, f"failed to get L2 block ref with sync status: {params[0]}")
        proof = await node.rpc("eth_getProof", MESSAGE_PASSER, [], block["number"])
        version = bytes(32)
        roots = [block["stateRoot"], proof["storageHash"], block["hash"]]
        output = keccak256(version + b"".join(bytes.fromhex(root[2:]) for root in roots))
        return {
            "version": "0x" + version.hex(),
            "outputRoot": "0x" + output.hex(),
            "blockRef": await self._l2_ref(node, block["number"]),
            "withdrawalStorageRoot": proof["storageHash"],
            "stateRoot": block["stateRoot"],
            "syncStatus": await self._sync_status(node, ()),
        }

    async def _rollup_config(self, _node: Rpc, _: Sequence[Any]) -> dict[str, Any]:
        return self._config

    async def _version(self, _node: Rpc, _: Sequence[Any]) -> str:
        return VERSION

    async def _l2_ref(self, node: Rpc, number: str) -> dict[str, Any]:
        block = await node.rpc("eth_getBlockByNumber", number, True)
        txs = block["transactions"]
        origin, sequence = self._config["genesis"]["l1"], 0
        if txs and txs[0]["input"].startswith(ATTRIBUTES):
            data = bytes.fromhex(txs[0]["input"][10:])
            sequence = int.from_bytes(data[8:16], "big")
            l1_number = int.from_bytes(data[24:32], "big")
            origin = {"hash": "0x" + data[96:128].hex(), "number": l1_number}
        return _l1_ref(block) | {"l1origin": origin, "sequenceNumber": sequence}


def _l1_ref(block: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "hash": block["hash"],
        "number": int(block["number"], 16),
        "parentHash": block["parentHash"],
        "timestamp": int(block["timestamp"], 16),
    }
