"""EIP-4844 blobs: the OP Stack's packing of bytes into field elements, and blob transactions."""

import functools
import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ckzg

from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import Account, rlp_field, signature

BLOB_BYTES = 131_072
ROUNDS = 1024  # four field elements each, which carry 127 bytes together
ROUND_BYTES = 127
PACKING_VERSION = 0
BYTES_MAX = ROUNDS * ROUND_BYTES - 4
BLOB_TYPE = b"\x03"
SIGNED_FIELDS = (
    "chainId",
    "nonce",
    "maxPriorityFeePerGas",
    "maxFeePerGas",
    "gas",
    "to",
    "value",
    "data",
)
BLOB_FEE_WEI_MAX = 10 * 10**9


def pack(payload: bytes) -> bytes:
    """One blob that holds the payload.

    Each field element keeps 31 bytes in its lower part; three more bytes of every round are
    spread over the six free bits at the top of its four elements.
    """
    if len(payload) > BYTES_MAX:
        raise ValueError(f"{len(payload)} bytes do not fit in one blob of {BYTES_MAX}")
    head = bytes((PACKING_VERSION,)) + len(payload).to_bytes(3, "big")
    stream = (head + payload).ljust(ROUNDS * ROUND_BYTES, b"\x00")
    return b"".join(
        _pack_round(stream[start : start + ROUND_BYTES])
        for start in range(0, len(stream), ROUND_BYTES)
    )


def unpack(blob: bytes) -> bytes:
    """The payload a blob holds; ValueError if it is packed otherwise."""
    if len(blob) != BLOB_BYTES or blob[1] != PACKING_VERSION:
        raise ValueError("blob is not packed as version 0")
    stream = b"".join(
        _unpack_round(blob[start : start + 128]) for start in range(0, BLOB_BYTES, 128)
    )
    length = int.from_bytes(stream[1:4], "big")
    return stream[4 : 4 + length]


def _pack_round(chunk: bytes) -> bytes:
    x, y, z = chunk[31], chunk[63], chunk[95]
    tops = (x & 0x3F, (y & 0x0F) | ((x & 0xC0) >> 2), z & 0x3F, (y >> 4) | ((z & 0xC0) >> 2))
    bodies = (chunk[0:31], chunk[32:63], chunk[64:95], chunk[96:127])
    return b"".join(bytes((top,)) + body for top, body in zip(tops, bodies, strict=True))


def _unpack_round(elements: bytes) -> bytes:
    a, b, c, d = (elements[start] for start in (0, 32, 64, 96))
    x = (a & 0x3F) | ((b & 0x30) << 2)
    y = (b & 0x0F) | ((d & 0x0F) << 4)
    z = (c & 0x3F) | ((d & 0x30) << 2)
    return (
        elements[1:32]
        + bytes((x,))
        + elements[33:64]
        + bytes((y,))
        + elements[65:96]
        + bytes((z,))
        + elements[97:128]
    )


@functools.cache
def trusted_setup() -> Any:
    """The KZG ceremony's result; takes more than a second to load, once.

    The package that ships the file is not imported: it lifts Python's recursion limit so high that
    deeply nested JSON would overflow the stack of this process.
    """
    package = find_spec("eth_account")
    assert package is not None and package.origin is not None, "installed with the devnet"
    folder = Path(package.origin).parent / "typed_transactions" / "blob_transactions"
    path = folder / "kzg_trusted_setup.txt"
    return ckzg.load_trusted_setup(str(path), 0)


def sign_blob_tx(signer: Account, tx: dict[str, Any], blob: bytes) -> str:
    """The raw type-3 transaction with its sidecar, as a node takes it from the network."""
    setup = trusted_setup()
    commitment = bytes(ckzg.blob_to_kzg_commitment(blob, setup))
    proof = bytes(ckzg.compute_blob_kzg_proof(blob, commitment, setup))
    versioned = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    body = [rlp_field(tx[name]) for name in SIGNED_FIELDS]
    body += [[], rlp.integer(BLOB_FEE_WEI_MAX), [versioned]]
    v, r, s = signature(signer, keccak256(BLOB_TYPE + rlp.encode(body)))
    signed = [*body, rlp.integer(v), rlp.integer(r), rlp.integer(s)]
    return "0x" + (BLOB_TYPE + rlp.encode([signed, [blob], [commitment], [proof]])).hex()
