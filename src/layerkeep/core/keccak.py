"""keccak-256, the hash of the EVM, over the one C implementation we depend on."""

from sha3 import keccak_256


def keccak256(data: bytes) -> bytes:
    """The 32-byte keccak-256 of `data` (the pre-NIST padding, as the EVM uses it)."""
    digest: bytes = keccak_256(data).digest()
    return digest


def keccak_hex(data: bytes) -> str:
    """keccak-256 of `data` as 0x-prefixed lower-case hex."""
    text: str = keccak_256(data).hexdigest()
    return "0x" + text


def topic0(signature: str) -> str:
    """The first topic of an event with this canonical signature, e.g. `Paused(address)`."""
    return keccak_hex(signature.encode())


def selector(signature: str) -> str:
    """The 0x-prefixed 4-byte selector of a function with this canonical signature."""
    return topic0(signature)[:10]
