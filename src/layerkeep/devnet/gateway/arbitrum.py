"""The L3's dialect: Arbitrum's ids for the node's stand-ins, and what only Nitro knows."""

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode, encode

from layerkeep.core.keccak import selector
from layerkeep.devnet.gateway.chain import Dialect
from layerkeep.devnet.gateway.methods import INVALID_PARAMS, REFUSED
from layerkeep.devnet.gateway.normal import normal
from layerkeep.devnet.l3 import merkle
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.contracts import NODE_INTERFACE
from layerkeep.devnet.l3.deploy import WASM_MODULE_ROOT
from layerkeep.devnet.l3.sequencer import L3Sequencer
from layerkeep.devnet.l3.validator import L3Validator
from layerkeep.devnet.node import NodeError, Rpc

HASH_LENGTH = 66
REVERTED = 3
FIND_BATCH = selector("findBatchContainingBlock(uint64)")
CONFIRMATIONS = selector("getL1Confirmations(bytes32)")
REDEEM = selector("redeem(bytes32)")
REDEEM_GAS = 200_000
OUTBOX_PROOF = selector("constructOutboxProof(uint64,uint64)")
STAND_IN_FIELDS = frozenset(
    {"sourceHash", "mint", "isSystemTx", "depositNonce", "depositReceiptVersion"}
)


class ArbitrumDialect(Dialect):
    """arb_* methods and NodeInterface from the operators' ledger; ids rewritten both ways."""

    def __init__(self, l3: L3, parent: Rpc, sequencer: L3Sequencer, validator: L3Validator) -> None:
        super().__init__("layerkeep-devnet/nitro-anvil")
        self._l3 = l3
        self._parent = parent
        self._sequencer = sequencer
        self._validator = validator
        self.methods = {
            "arb_checkPublisherHealth": self._publisher_health,
            "arb_findBatchContainingBlock": self._find_batch,
            "arb_getL1Confirmations": self._confirmations,
            "arb_latestValidated": self._latest_validated,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
        }

    async def _estimate(self, node: Rpc, params: Sequence[Any]) -> str:
        """The node's estimate; of a redeem with gas for the ticket's own call, as Nitro's."""
        gas = int(await node.rpc("eth_estimateGas", *params), 16)
        data = params[0].get("data") or params[0].get("input") or ""
        return hex(gas + (REDEEM_GAS if data.startswith(REDEEM) else 0))

    def inbound(self, value: Any) -> Any:
        """Arbitrum ids become the hashes the node knows."""
        if isinstance(value, list):
            return [self.inbound(one) for one in value]
        if isinstance(value, dict):
            return {key: self.inbound(one) for key, one in value.items()}
        if isinstance(value, str) and len(value) == HASH_LENGTH:
            return self._l3.ids.node.get(value.lower(), value)
        return value

    def outbound(self, value: Any) -> Any:
        """The node's hashes become Arbitrum ids, with the types and fields that go with them."""
        return self._arbitrum(normal(value))

    def _arbitrum(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._arbitrum(one) for one in value]
        if isinstance(value, str) and len(value) == HASH_LENGTH:
            return self._l3.ids.arb.get(value, value)
        if not isinstance(value, dict):
            return value
        shown = {key: self._arbitrum(one) for key, one in value.items()}
        if "parentHash" in shown and "stateRoot" in shown:
            return shown | self._header_fields(int(shown["number"], 16))
        kind = self._l3.ids.types.get(shown.get("transactionHash") or shown.get("hash") or "")
        if kind is not None and "type" in shown:
            shown = {key: one for key, one in shown.items() if key not in STAND_IN_FIELDS}
            shown["type"] = hex(kind)
        if "cumulativeGasUsed" in shown:
            shown["gasUsedForL1"] = "0x0"
            block = self._l3.ledger.block(int(shown["blockNumber"], 16))
            shown["l1BlockNumber"] = hex(block.parent_number if block else 0)
        return shown

    def _header_fields(self, number: int) -> dict[str, str]:
        block = self._l3.ledger.block(number)
        if block is None:
            return {}
        return {
            "sendRoot": "0x" + block.send_root.hex(),
            "sendCount": hex(block.send_count),
            "l1BlockNumber": hex(block.parent_number),
            "nonce": f"0x{block.delayed_read:016x}",
        }

    async def _publisher_health(self, _: Rpc, __: Sequence[Any]) -> None:
        if not self._sequencer.enabled:
            raise NodeError(REFUSED, "sequencer is not publishing: paused")

    async def _find_batch(self, _: Rpc, params: Sequence[Any]) -> int:
        return self._batch_index(_quantity(params))

    async def _confirmations(self, _: Rpc, params: Sequence[Any]) -> int:
        return await self._depth(str(params[0]) if params else "")

    async def _latest_validated(self, _: Rpc, __: Sequence[Any]) -> dict[str, Any] | None:
        state = self._validator.latest()
        if state is None:
            return None
        return {
            "GlobalState": {
                "BlockHash": "0x" + state.block_hash.hex(),
                "SendRoot": "0x" + state.send_root.hex(),
                "Batch": state.inbox_position,
                "PosInBatch": 0,
            },
            "WasmRoots": ["0x" + WASM_MODULE_ROOT.hex()],
        }

    async def _call(self, node: Rpc, params: Sequence[Any]) -> Any:
        target = params[0] if params and isinstance(params[0], dict) else {}
        if str(target.get("to")).lower() != NODE_INTERFACE:
            return await node.rpc("eth_call", *params)
        calldata = target.get("input") or target.get("data") or "0x"
        return await self._node_interface(calldata)

    async def _node_interface(self, calldata: str) -> str:
        """What Nitro's virtual contract answers, for the functions that watchers use."""
        function, words = calldata[:10], bytes.fromhex(calldata[10:])
        if function == FIND_BATCH:
            return _word(self._batch_index(*decode(["uint64"], words)))
        if function == CONFIRMATIONS:
            return _word(await self._depth("0x" + words.hex()))
        if function == OUTBOX_PROOF:
            size, leaf = decode(["uint64", "uint64"], words)
            return self._outbox_proof(size, leaf)
        raise NodeError(REVERTED, "execution reverted")

    def _outbox_proof(self, size: int, leaf: int) -> str:
        sends = self._l3.ledger.sends
        if not leaf < size <= len(sends):
            raise NodeError(REVERTED, "execution reverted: leaf is not in the tree")
        leaves = self._l3.ledger.leaves(size)
        answer = [sends[leaf].item, merkle.root(leaves), merkle.proof(leaves, leaf)]
        return "0x" + encode(["bytes32", "bytes32", "bytes32[]"], answer).hex()

    def _batch_index(self, number: int) -> int:
        batch = self._l3.ledger.batch_of(number)
        if batch is None:
            last = self._l3.ledger.batches[-1].last_block
            message = f"requested block {number} is after latest on-chain block {last} published"
            raise NodeError(REFUSED, message)
        return batch.index

    async def _depth(self, block_hash: str) -> int:
        """How many L2 blocks stand on the one with this L3 block's batch."""
        block = self._l3.ledger.by_hash(block_hash)
        batch = self._l3.ledger.batch_of(block.number) if block else None
        if batch is None:
            return 0
        head = int(await self._parent.rpc("eth_blockNumber"), 16)
        return max(0, head - batch.parent_number)


def _word(value: int) -> str:
    return "0x" + value.to_bytes(32, "big").hex()


def _quantity(params: Sequence[Any]) -> int:
    if params and isinstance(params[0], int):
        return params[0]
    try:
        return int(str(params[0]), 0)
    except (IndexError, ValueError) as error:
        raise NodeError(INVALID_PARAMS, "a block number is needed") from error
