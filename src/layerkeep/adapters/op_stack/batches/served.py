"""A node's answer about an L2 block, as what a posted block is compared with.

Deposits are set aside. The first of them is the rollup's own: its calldata tells the block's L1
origin. Bedrock has it in words, Ecotone and its followers packed, but both keep its number at the
end of the first 32 bytes behind the selector, and its hash in the fourth.
"""

import re
from typing import Any

import msgspec

from layerkeep.adapters.op_stack.batches.comparing import ServedBlock
from layerkeep.core.keccak import selector
from layerkeep.core.units import SECOND, Hash, Timestamp

DEPOSIT = "0x7e"

L1_ATTRIBUTES = (
    selector("setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)"),
    selector("setL1BlockValuesEcotone()"),
    selector("setL1BlockValuesIsthmus()"),
    selector("setL1BlockValuesJovian()"),
)
NUMBER = slice(4 + 24, 4 + 32)
HASH = slice(4 + 96, 4 + 128)
HASH_TEXT = re.compile(r"0x[0-9a-fA-F]{64}")


class _Transaction(msgspec.Struct, frozen=True):
    """A transaction of a block that was asked for with its transactions."""

    hash: str
    type: str
    input: str


class _Block(msgspec.Struct, frozen=True, rename="camel"):
    hash: str
    parent_hash: str
    timestamp: str
    transactions: tuple[_Transaction, ...]


def served_block(answer: Any) -> ServedBlock:
    """The block in the answer to `eth_getBlockByNumber` with transactions.

    ValueError if it is malformed or its first transaction does not tell the L1 origin.
    """
    block = msgspec.convert(answer, _Block)
    deposits = [each for each in block.transactions if each.type == DEPOSIT]
    if not deposits or block.transactions[0] != deposits[0]:
        raise ValueError("block does not start with a deposit")
    number, origin = _origin(bytes.fromhex(deposits[0].input.removeprefix("0x")))
    return ServedBlock(
        hash=_hash(block.hash),
        parent_hash=_hash(block.parent_hash),
        timestamp=Timestamp(int(block.timestamp, 16) * SECOND),
        transactions=tuple(_hash(each.hash) for each in block.transactions if each.type != DEPOSIT),
        epoch_number=number,
        epoch_hash=origin,
    )


def _origin(calldata: bytes) -> tuple[int, Hash]:
    """The L1 origin's number and hash in the calldata of the rollup's own deposit."""
    function = "0x" + calldata[:4].hex()
    if function not in L1_ATTRIBUTES or len(calldata) < HASH.stop:
        raise ValueError(f"first deposit calls {function}, which tells no L1 origin")
    return int.from_bytes(calldata[NUMBER]), Hash("0x" + calldata[HASH].hex())


def _hash(text: str) -> Hash:
    if not HASH_TEXT.fullmatch(text):
        raise ValueError(f"{text[:70]!r} is no hash")
    return Hash(text.lower())
