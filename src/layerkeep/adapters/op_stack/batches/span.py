"""Span batches: many L2 blocks in one record, column by column (Delta specification, span-batches).

    rel_timestamp  l1_origin_num  parent_check  l1_origin_check
    block_count  origin_bits  block_tx_counts
    contract_creation_bits  y_parity_bits  tx_sigs  tx_tos  tx_datas  tx_nonces  tx_gases
    protected_bits

Counts are checked against the bytes that are there before anything is built from them.
"""

from itertools import islice

from layerkeep.adapters.op_stack.batches import transactions
from layerkeep.adapters.op_stack.batches.blocks import Batch, PostedBlock, SpanTerms
from layerkeep.adapters.op_stack.batches.transactions import ADDRESS_BYTES, LEGACY, Columns, Stem
from layerkeep.core.units import SECOND, Timestamp

BLOCKS_MAX = 400_000
"""Blocks of one second in the longest sequencing window there is, 28,800 L1 blocks; the protocol
drops a span that is longer than the window. Its own limit of decoding, 10,000,000, would let a
few kilobytes of zeros become gigabytes."""

CHECK_BYTES = 20
SIGNATURE_BYTES = 64
TRANSACTION_BYTES_MIN = SIGNATURE_BYTES + 3
"""A signature, calldata's shortest form, a nonce and a gas limit."""

NUMBER_BYTES_MAX = 10
NUMBER_MAX = 2**64 - 1


class _Columns:
    """Reads a span batch's fields in their order; ValueError where they end too early."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    @property
    def left(self) -> int:
        return len(self.content) - self.place

    def take(self, count: int, name: str) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise ValueError(f"span batch ends in {name}: {count} bytes wanted, {self.left} left")
        found = self.content[self.place : self.place + count]
        self.place += count
        return found

    def number(self, name: str) -> int:
        """An unsigned LEB128 integer of at most 64 bits."""
        value = 0
        for index in range(NUMBER_BYTES_MAX):
            byte = self.take(1, name)[0]
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                break
        else:
            raise ValueError(f"span batch has a {name} that does not end")
        if value > NUMBER_MAX:
            raise ValueError(f"span batch has a {name} of more than 64 bits")
        return value

    def bits(self, count: int, name: str) -> list[int]:
        """A bitlist of `count` bits: a big-endian integer, whose lowest bit is the first."""
        packed = self.take((count + 7) // 8, name)
        if count % 8 and packed[0] >> count % 8:
            raise ValueError(f"span batch has more than {count} bits in {name}")
        return [packed[-1 - index // 8] >> index % 8 & 1 for index in range(count)]

    def stem(self) -> Stem:
        """A transaction's own fields."""
        stem, self.place = transactions.stem_at(self.content, self.place)
        return stem


def span_batch(content: bytes, terms: SpanTerms) -> Batch:
    """The batch in a record's content behind its version; ValueError if it is malformed."""
    columns = _Columns(content)
    started = columns.number("rel_timestamp") * SECOND + terms.genesis_time
    origin = columns.number("l1_origin_num")
    parent_check = columns.take(CHECK_BYTES, "parent_check")
    origin_check = columns.take(CHECK_BYTES, "l1_origin_check")
    count = columns.number("block_count")
    if not 0 < count <= BLOCKS_MAX:
        raise ValueError(f"span batch of {count} blocks: at least 1, at most {BLOCKS_MAX}")
    changes = columns.bits(count, "origin_bits")
    counts = [columns.number("block_tx_counts") for _ in range(count)]
    raws = iter(_transactions(columns, sum(counts), terms.chain_id))
    epoch = origin - sum(changes[1:])
    if epoch < 0:
        raise ValueError(f"span batch has more L1 origins than end in {origin}")
    blocks = []
    for index in range(count):
        epoch += changes[index] if index else 0
        block = PostedBlock(
            timestamp=Timestamp(started + index * terms.block_time),
            epoch_number=epoch,
            epoch_check=origin_check if index == count - 1 else None,
            parent_check=parent_check if index == 0 else None,
            transactions=tuple(islice(raws, counts[index])),
        )
        blocks.append(block)
    return Batch("span", tuple(blocks), changes[0] == 1, content[columns.place :])


def _transactions(columns: _Columns, count: int, chain_id: int) -> list[bytes]:
    """The signed transactions of all blocks, in order."""
    if count * TRANSACTION_BYTES_MIN > columns.left:
        raise ValueError(f"span batch of {count} transactions in {columns.left} bytes")
    creates = columns.bits(count, "contract_creation_bits")
    parities = columns.bits(count, "y_parity_bits")
    signatures = [columns.take(SIGNATURE_BYTES, "tx_sigs") for _ in range(count)]
    tos = [b"" if bit else columns.take(ADDRESS_BYTES, "tx_tos") for bit in creates]
    stems = [columns.stem() for _ in range(count)]
    nonces = [columns.number("tx_nonces") for _ in range(count)]
    gases = [columns.number("tx_gases") for _ in range(count)]
    legacies = sum(stem.kind == LEGACY for stem in stems)
    protected = iter(columns.bits(legacies, "protected_bits"))
    return [
        transactions.whole(
            stem,
            Columns(
                nonce=nonces[index],
                gas=gases[index],
                to=tos[index],
                parity=parities[index],
                signature=signatures[index],
                is_protected=stem.kind != LEGACY or next(protected) == 1,
            ),
            chain_id,
        )
        for index, stem in enumerate(stems)
    ]
