"""The devnet's keys, and transactions signed with them.

Keys are derived from the account's name: worth nothing anywhere else, equal on every run.
"""

import functools
from dataclasses import dataclass, field
from typing import Any

from eth_keys.datatypes import PrivateKey

from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak256

ROLES = (
    "deployer",
    "guardian",
    "batcher",
    "proposer",
    "challenger",
    "relayer",
    "l3_poster",
    "l3_validator",
    "l3_rival",
    "l3_executor",
    "redeemer",
    "intruder",
    "forger",
    "vault",
    "treasury",
    "user_deposits",
    "user_raw_deposits",
    "user_withdrawals",
    "user_two_hop",
    "user_l3_deposits",
    "user_l3_sends",
    "user_failing",
    "user_refused",
    "user_stranded",
    "user_spare",
)
SIGNED_FIELDS = {
    0: ("nonce", "gasPrice", "gas", "to", "value", "data"),
    2: ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "data"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """An address and the key that signs for it."""

    address: str
    key: bytes = field(repr=False)


@functools.cache
def account(role: str) -> Account:
    """The account of this role; its key is the hash of its name."""
    key = keccak256(b"layerkeep devnet account " + role.encode())
    return Account(PrivateKey(key).public_key.to_address(), key)


def funded(balance_wei: int) -> dict[str, dict[str, str]]:
    """A genesis allocation that gives every role this balance."""
    return {account(role).address: {"balance": hex(balance_wei)} for role in ROLES}


def sign(signer: Account, tx: dict[str, Any]) -> str:
    """The raw signed transaction of type 0 or 2, told apart by the fee fields it has."""
    kind = 0 if "gasPrice" in tx else 2
    body = [rlp_field(tx[name]) for name in SIGNED_FIELDS[kind]]
    if kind == 0:
        chain_id = int(tx["chainId"])
        unsigned = rlp.encode([*body, rlp.integer(chain_id), b"", b""])
        v, r, s = signature(signer, keccak256(unsigned))
        signed = [*body, rlp.integer(v + 35 + 2 * chain_id), rlp.integer(r), rlp.integer(s)]
        return "0x" + rlp.encode(signed).hex()
    prefix = bytes((kind,))
    body.append([])
    v, r, s = signature(signer, keccak256(prefix + rlp.encode(body)))
    signed_body = [*body, rlp.integer(v), rlp.integer(r), rlp.integer(s)]
    return "0x" + (prefix + rlp.encode(signed_body)).hex()


def signature(signer: Account, digest: bytes) -> tuple[int, int, int]:
    """Recovery bit, r and s of the account's signature of a 32-byte digest."""
    signed = PrivateKey(signer.key).sign_msg_hash(digest)
    return signed.v, signed.r, signed.s


def rlp_field(value: Any) -> rlp.Item:
    """A transaction field as RLP takes it: integers minimal, 0x text as its bytes."""
    if isinstance(value, int):
        return rlp.integer(value)
    if isinstance(value, bytes):
        return value
    return bytes.fromhex((value or "").removeprefix("0x"))
