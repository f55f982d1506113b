"""What a batch tells of L2 blocks: all that a verifier needs besides L1 to rebuild them."""

from dataclasses import dataclass

from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import Duration, Hash, Timestamp


@dataclass(frozen=True, slots=True)
class SpanTerms:
    """What a span batch leaves out because every node of the rollup knows it."""

    genesis_time: Timestamp
    """The time of the rollup's first L2 block (`genesis.l2_time`)."""

    block_time: Duration
    chain_id: int


class Untold(ValueError):
    """A span batch cannot be read without what every node of the rollup knows."""


@dataclass(frozen=True, slots=True)
class PostedBlock:
    """One L2 block as posted; deposits are not posted, they are derived from L1."""

    timestamp: Timestamp
    epoch_number: int
    """The number of the block's L1 origin."""

    epoch_check: bytes | None
    """The L1 origin's hash (singular), its first 20 bytes (last of a span) or nothing."""

    parent_check: bytes | None
    """The parent's hash (singular), its first 20 bytes (first of a span) or nothing."""

    transactions: tuple[bytes, ...]
    """Raw transactions in their EIP-2718 form, in the order of the block."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One record of a channel: a singular batch has one block, a span batch has many."""

    kind: str
    """`singular` or `span`."""

    blocks: tuple[PostedBlock, ...]

    opens_epoch: bool | None = None
    """Whether a span's first block has another L1 origin than its parent; unknown if singular."""

    unread: bytes = b""
    """What follows a span's last field; nodes pass over it."""


def transaction_hashes(block: PostedBlock) -> tuple[Hash, ...]:
    """The hashes of the block's posted transactions, in order."""
    return tuple(Hash(keccak_hex(raw)) for raw in block.transactions)
