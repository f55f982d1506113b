"""Deposit transactions (type 0x7e): derived from L1 logs and L1 headers, never signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak256, keccak_hex, topic0
from layerkeep.devnet.l1.contracts import BASEFEE_SCALAR, BLOBBASEFEE_SCALAR
from layerkeep.devnet.l2.genesis import L1_BLOCK

DEPOSIT_TYPE = b"\x7e"
TRANSACTION_DEPOSITED = topic0("TransactionDeposited(address,address,uint256,bytes)")
ATTRIBUTES_SENDER = "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001"
ATTRIBUTES_SELECTOR = bytes.fromhex("440a5e20")  # setL1BlockValuesEcotone, packed arguments
ATTRIBUTES_GAS = 1_000_000
USER_DOMAIN, ATTRIBUTES_DOMAIN = 0, 1
ALIAS_OFFSET = 0x1111000000000000000000000000000000001111


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """The fields of a deposit transaction; `target` is empty where it creates a contract."""

    source_hash: bytes
    sender: bytes
    target: bytes
    mint_wei: int
    value_wei: int
    gas: int
    payload: bytes

    def raw(self) -> str:
        """The transaction as a node takes it."""
        fields = [
            self.source_hash,
            self.sender,
            self.target,
            rlp.integer(self.mint_wei),
            rlp.integer(self.value_wei),
            rlp.integer(self.gas),
            b"",  # not a system transaction
            self.payload,
        ]
        return "0x" + (DEPOSIT_TYPE + rlp.encode(fields)).hex()

    def hash(self) -> str:
        """The transaction's hash on L2."""
        return keccak_hex(bytes.fromhex(self.raw()[2:]))


def user_deposit(log: Mapping[str, Any]) -> Deposit:
    """The deposit that a portal's TransactionDeposited log stands for."""
    assert log["topics"][0] == TRANSACTION_DEPOSITED
    payload = bytes.fromhex(log["data"][2:])
    length = int.from_bytes(payload[32:64], "big")
    opaque = payload[64 : 64 + length]
    creates = opaque[72] != 0
    return Deposit(
        source_hash=source_hash(USER_DOMAIN, log["blockHash"], int(log["logIndex"], 16)),
        sender=_topic_address(log["topics"][1]),
        target=b"" if creates else _topic_address(log["topics"][2]),
        mint_wei=int.from_bytes(opaque[:32], "big"),
        value_wei=int.from_bytes(opaque[32:64], "big"),
        gas=int.from_bytes(opaque[64:72], "big"),
        payload=opaque[73:],
    )


def attributes_deposit(origin: Mapping[str, Any], sequence: int, batcher: str) -> Deposit:
    """The first transaction of each L2 block: what L2 is told about its L1 origin."""
    words = (
        ATTRIBUTES_SELECTOR,
        BASEFEE_SCALAR.to_bytes(4, "big"),
        BLOBBASEFEE_SCALAR.to_bytes(4, "big"),
        sequence.to_bytes(8, "big"),
        int(origin["timestamp"], 16).to_bytes(8, "big"),
        int(origin["number"], 16).to_bytes(8, "big"),
        int(origin["baseFeePerGas"], 16).to_bytes(32, "big"),
        (1).to_bytes(32, "big"),  # the blob base fee stays at its floor on an idle chain
        bytes.fromhex(origin["hash"][2:]),
        bytes(12) + bytes.fromhex(batcher[2:]),
    )
    return Deposit(
        source_hash=source_hash(ATTRIBUTES_DOMAIN, origin["hash"], sequence),
        sender=bytes.fromhex(ATTRIBUTES_SENDER[2:]),
        target=bytes.fromhex(L1_BLOCK[2:]),
        mint_wei=0,
        value_wei=0,
        gas=ATTRIBUTES_GAS,
        payload=b"".join(words),
    )


def source_hash(domain: int, l1_block_hash: str, index: int) -> bytes:
    """What makes a deposit unique: its L1 block and its place in it."""
    identity = keccak256(bytes.fromhex(l1_block_hash[2:]) + index.to_bytes(32, "big"))
    return keccak256(domain.to_bytes(32, "big") + identity)


def alias(address: str) -> str:
    """The sender that L2 sees when this contract on L1 deposits."""
    return f"0x{(int(address, 16) + ALIAS_OFFSET) % 2**160:040x}"


def _topic_address(topic: str) -> bytes:
    return bytes.fromhex(topic[26:])
