"""Output roots and withdrawal proofs, computed from the L2 node's own state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.l2.genesis import MESSAGE_PASSER
from layerkeep.devnet.node import Rpc

VERSION = bytes(32)
CACHE_MAX = 512


@dataclass(frozen=True, slots=True)
class Output:
    """What an output root commits to."""

    state_root: bytes
    storage_root: bytes
    block_hash: bytes

    @property
    def root(self) -> bytes:
        """The output root, version 0."""
        return keccak256(VERSION + self.state_root + self.storage_root + self.block_hash)

    def proof(self) -> tuple[bytes, bytes, bytes, bytes]:
        """The preimage as the portal takes it."""
        return (VERSION, self.state_root, self.storage_root, self.block_hash)


class Outputs:
    """Output roots by L2 block, asked once per block hash."""

    def __init__(self, l2: Rpc) -> None:
        self.l2 = l2
        self._known: dict[str, Output] = {}

    async def at(self, number: int) -> Output | None:
        """The output of the block of this number; None if there is no such block."""
        block = await self.l2.rpc("eth_getBlockByNumber", hex(number), False)
        if block is None:
            return None
        if block["hash"] not in self._known:
            proof = await self.l2.rpc("eth_getProof", MESSAGE_PASSER, [], hex(number))
            if len(self._known) >= CACHE_MAX:
                self._known.clear()
            roots = (block["stateRoot"], proof["storageHash"], block["hash"])
            self._known[block["hash"]] = Output(*(bytes.fromhex(root[2:]) for root in roots))
        return self._known[block["hash"]]

    async def withdrawal_proof(self, withdrawal_hash: bytes, number: int) -> Sequence[bytes]:
        """The storage proof that this withdrawal was initiated at or before the block."""
        slot = keccak256(withdrawal_hash + bytes(32))
        where = ["0x" + slot.hex()]
        proof: Any = await self.l2.rpc("eth_getProof", MESSAGE_PASSER, where, hex(number))
        return [bytes.fromhex(node[2:]) for node in proof["storageProof"][0]["proof"]]
