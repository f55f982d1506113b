"""What the stack's own formulas demand: hashes recomputed, so that no node need be trusted.

https://specs.optimism.io/protocol/deposits.html, .../withdrawals.html, .../proposals.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from layerkeep.core.chain_data import Header
from layerkeep.core.encoding.abi import encode_address, encode_bytes, encode_uint
from layerkeep.core.encoding.rlp import PREFIXES, encode, integer
from layerkeep.core.keccak import keccak256, keccak_hex, selector
from layerkeep.core.units import ZERO_HASH

RELAY = bytes.fromhex(selector("relayMessage(uint256,address,address,uint256,uint256,bytes)")[2:])
RELAY_V0 = bytes.fromhex(selector("relayMessage(address,address,bytes,uint256)")[2:])

ATTRIBUTES = bytes.fromhex(
    selector("setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)")[2:]
)
ATTRIBUTES_PACKED = frozenset(
    bytes.fromhex(selector(f"setL1BlockValues{fork}()")[2:])
    for fork in ("Ecotone", "Isthmus", "Jovian")
)
PACKED_BYTES = 164
"""The packed attributes up to the batcher's hash."""

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


class Origin(NamedTuple):
    """The parent's block that a block of the child was derived from, as its first deposit tells."""

    number: int
    hash: str
    time_s: int
    base_fee_wei: int


def origin_in(calldata: str) -> Origin:
    """The L1 attributes in a block's first transaction; ValueError if they are none.

    Words since Bedrock, packed since Ecotone; Isthmus and Jovian only append to what Ecotone has.
    https://specs.optimism.io/protocol/deposits.html#l1-attributes-deposited-transaction
    """
    content = bytes.fromhex(calldata[2:])
    function, number = content[:4], int.from_bytes
    if function == ATTRIBUTES and len(content) == 4 + 8 * 32:
        words = [content[start : start + 32] for start in range(4, len(content), 32)]
        told = Origin(number(words[0]), "0x" + words[3].hex(), number(words[1]), number(words[2]))
    elif function in ATTRIBUTES_PACKED and len(content) >= PACKED_BYTES:
        block = "0x" + content[100:132].hex()
        told = Origin(number(content[28:36]), block, number(content[20:28]), number(content[36:68]))
    else:
        raise ValueError("the first transaction tells no L1 attributes")
    return told


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
    return output_root_over(header, root)


def output_root_over(header: Header, passer_root: str) -> str:
    """The output root of a block, from the storage root of its message passer."""
    parts = (ZERO_HASH, header.state_root, passer_root, header.hash)
    return keccak_hex(b"".join(bytes.fromhex(part[2:]) for part in parts))


def proven_storage_root(proof: Any, state_root: str) -> str:
    """The storage root in the result of an eth_getProof; ValueError if it is of other state.

    The first node of the account's proof has the hash that the header names, the last one holds
    the account and so the root.
    """
    nodes = proof.get("accountProof") if isinstance(proof, Mapping) else None
    root = proof.get("storageHash") if isinstance(proof, Mapping) else None
    if not isinstance(root, str) or len(root) != len(ZERO_HASH) or not isinstance(nodes, list):
        raise ValueError("no proof of an account")
    if not nodes or not all(isinstance(node, str) for node in nodes):
        raise ValueError("a proof of an account without its nodes")
    first, last = bytes.fromhex(nodes[0][2:]), bytes.fromhex(nodes[-1][2:])
    if keccak_hex(first) != state_root.lower() or bytes.fromhex(root[2:]) not in last:
        raise ValueError("the proof of an account is of other state than the header")
    return root.lower()


def _call_like(call: Withdrawal | Relay) -> bytes:
    """Withdrawals and relay calls share one layout: five words and a tail of bytes."""
    nonce, sender, target, value, gas, data = call
    head = encode_uint(nonce) + encode_address(sender) + encode_address(target)
    return head + encode_uint(value) + encode_uint(gas) + encode_uint(6 * 32) + encode_bytes(data)
