"""What the stack's own formulas demand: hashes recomputed, so that no node need be trusted.

https://specs.optimism.io/protocol/deposits.html, .../withdrawals.html, .../proposals.html
"""

from typing import NamedTuple

from layerkeep.core.abi import encode_address, encode_bytes, encode_uint
from layerkeep.core.chain_data import Header
from layerkeep.core.keccak import keccak256, keccak_hex, selector
from layerkeep.core.rlp import PREFIXES, encode, integer
from layerkeep.core.units import ZERO_HASH

RELAY = bytes.fromhex(selector("relayMessage(uint256,address,address,uint256,uint256,bytes)")[2:])
RELAY_V0 = bytes.fromhex(selector("relayMessage(address,address,bytes,uint256)")[2:])

DEPOSIT_TYPE = b"\x7e"
LONG_LIST = 0xF7
"""The RLP of a list of 56 bytes or more begins with this plus the size of its length; a hash, an
address and six prefixes make every deposit as long."""

USER_DEPOSIT = bytes(32)
"""The domain of user deposits in a source hash."""

EMPTY_TRIE = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
"""The withdrawals root of a block before Isthmus: a list without withdrawals."""

MIGRATION_OVERHEAD = 1_300_873
MIGRATION_OVERHEAD_GOERLI = 200_000
MIGRATION_GAS_PER_BYTE = 16
MIGRATION_GAS_MAX = 25_000_000
GOERLI = 420
"""The gas limit that the migration to Bedrock gave a pending withdrawal: a fixed part (smaller on
OP Goerli) and a part for each byte of its call, up to a cap."""


class Deposit(NamedTuple):
    """A deposit transaction; `target` is empty where it creates a contract."""

    sender: bytes
    target: bytes
    mint: int
    value: int
    gas: int
    data: bytes


class Withdrawal(NamedTuple):
    """What the message passer hashes and the portal finalizes."""

    nonce: int
    sender: str
    target: str
    value: int
    gas: int
    data: bytes


class Relay(NamedTuple):
    """The arguments of a messenger's relayMessage."""

    nonce: int
    sender: str
    target: str
    value: int
    gas: int
    message: bytes


def source_hash(*, block: str, log_index: str) -> bytes:
    """The source hash of the user deposit logged at this place; both arguments are 0x-hex."""
    place = bytes.fromhex(block[2:] + log_index[2:].rjust(64, "0"))
    return keccak256(USER_DEPOSIT + keccak256(place))


def deposit_hash(source: bytes, deposit: Deposit) -> str:
    """The hash of the child's transaction that carries a deposit out."""
    sender, target, mint, value, gas, data = deposit
    amount = _number(value)
    fields = (
        b"\xa0",
        source,
        b"\x94",
        sender,
        b"\x94" + target if target else b"\x80",
        amount if mint == value else _number(mint),
        amount,
        _number(gas),
        b"\x80",
        encode(data),
    )
    body = b"".join(fields)
    size = integer(len(body))
    return keccak_hex(DEPOSIT_TYPE + bytes((LONG_LIST + len(size),)) + size + body)


def _number(value: int) -> bytes:
    """The RLP of a number below 2**256; small and large ones differ in their first byte alone."""
    if value < 0x80:
        return PREFIXES[value or 0x80]
    digits = (value.bit_length() + 7) >> 3
    return PREFIXES[0x80 + digits] + value.to_bytes(digits)


def withdrawal_hash(withdrawal: Withdrawal) -> str:
    """The hash under which the message passer and the portal know a withdrawal."""
    return keccak_hex(_call_like(withdrawal))


def relay_calldata(relay: Relay) -> bytes:
    """The calldata of a relayMessage of today; its keccak-256 is the message's hash."""
    return RELAY + _call_like(relay)


def message_hash_v0(relay: Relay) -> str:
    """The hash of a message of the messengers before Bedrock, which knew no value and no gas."""
    head = encode_address(relay.target) + encode_address(relay.sender)
    head += encode_uint(4 * 32) + encode_uint(relay.nonce)
    return keccak_hex(RELAY_V0 + head + encode_bytes(relay.message))


def migrated_withdrawal(withdrawal: Withdrawal, child_id: int) -> Withdrawal:
    """The same withdrawal with the gas limit that the migration to Bedrock gave it."""
    overhead = MIGRATION_OVERHEAD_GOERLI if child_id == GOERLI else MIGRATION_OVERHEAD
    gas = overhead + MIGRATION_GAS_PER_BYTE * len(withdrawal.data)
    return withdrawal._replace(gas=min(gas, MIGRATION_GAS_MAX))


def output_root(header: Header) -> str:
    """The output root of a block since Isthmus; ValueError if its header cannot tell.

    Compare it with a claim's root, on a header from a node that derives the chain itself.
    """
    root = header.withdrawals_root
    if not root or root == EMPTY_TRIE:
        raise ValueError(f"block {header.number} is older than Isthmus: its header has no root")
    parts = (ZERO_HASH, header.state_root, root, header.hash)
    return keccak_hex(b"".join(bytes.fromhex(part[2:]) for part in parts))


def _call_like(call: Withdrawal | Relay) -> bytes:
    """Withdrawals and relay calls share one layout: five words and a tail of bytes."""
    nonce, sender, target, value, gas, data = call
    head = encode_uint(nonce) + encode_address(sender) + encode_address(target)
    return head + encode_uint(value) + encode_uint(gas) + encode_uint(6 * 32) + encode_bytes(data)
