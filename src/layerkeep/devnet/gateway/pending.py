"""A transaction that waits in the mempool, as JSON-RPC shows one without a block."""

from typing import Any

from layerkeep.core.encoding import rlp
from layerkeep.devnet.l2.mempool import Pending

QUANTITIES = frozenset(
    {"nonce", "gasPrice", "gas", "value", "chainId", "maxPriorityFeePerGas", "maxFeePerGas"}
)
LAYOUT = {
    0: ("nonce", "gasPrice", "gas", "to", "value", "input"),
    1: ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input"),
    2: ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input"),
}


def pending_json(waiting: Pending) -> dict[str, Any]:
    """The transaction object of a waiting transaction."""
    data = bytes.fromhex(waiting.raw[2:])
    kind = 0 if data[0] >= 0xC0 else data[0]
    fields = rlp.decode(data if kind == 0 else data[1:])
    shown: dict[str, Any] = {
        "hash": waiting.hash,
        "from": waiting.sender,
        "type": hex(kind),
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
    }
    for name, value in zip(LAYOUT[kind], fields, strict=False):
        assert isinstance(value, bytes), "the signed fields named here are all strings"
        shown[name] = (
            hex(int.from_bytes(value, "big")) if name in QUANTITIES else "0x" + value.hex()
        )
    if shown["to"] == "0x":
        shown["to"] = None
    for name, value in zip(("v", "r", "s"), fields[-3:], strict=True):
        assert isinstance(value, bytes), "a signature is three numbers"
        shown[name] = hex(int.from_bytes(value, "big"))
    return shown
