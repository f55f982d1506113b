"""A posted block against what a node serves in its place."""

from dataclasses import dataclass

from layerkeep.adapters.op_stack.batches.blocks import PostedBlock, transaction_hashes
from layerkeep.core.units import Hash, Timestamp


@dataclass(frozen=True, slots=True)
class ServedBlock:
    """An L2 block as a node serves it, without its deposits (transactions of type 0x7e)."""

    hash: Hash
    parent_hash: Hash
    timestamp: Timestamp
    transactions: tuple[Hash, ...]
    epoch_number: int
    """The L1 origin, as the block's first deposit or the rollup node tells it."""

    epoch_hash: Hash


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the post and the node say differently."""

    name: str
    """`timestamp`, `transactions`, `epoch` or `parent`."""

    posted: str
    served: str
    index: int | None = None
    """Where the transactions part; None for the others."""


def compare(posted: PostedBlock, served: ServedBlock) -> list[Difference]:
    """What differs, in a fixed order; empty if the node serves what was posted.

    Inside a span batch most blocks tell no parent and no epoch hash: those agree with any.
    """
    found = []
    if posted.timestamp != served.timestamp:
        found.append(Difference("timestamp", str(posted.timestamp), str(served.timestamp)))
    found += _transactions(transaction_hashes(posted), served.transactions)
    epoch_agrees = _agrees(posted.epoch_check, served.epoch_hash)
    if posted.epoch_number != served.epoch_number or not epoch_agrees:
        ours = f"{posted.epoch_number} {_text(posted.epoch_check)}"
        found.append(Difference("epoch", ours, f"{served.epoch_number} {served.epoch_hash}"))
    if not _agrees(posted.parent_check, served.parent_hash):
        found.append(Difference("parent", _text(posted.parent_check), served.parent_hash))
    return found


def _transactions(posted: tuple[Hash, ...], served: tuple[Hash, ...]) -> list[Difference]:
    """The first place where the two sequences part, if they do."""
    if posted == served:
        return []
    shorter = min(len(posted), len(served))
    index = next((n for n in range(shorter) if posted[n] != served[n]), shorter)
    ours, theirs = (
        each[index] if index < len(each) else f"no more than {len(each)}"
        for each in (posted, served)
    )
    return [Difference("transactions", ours, theirs, index)]


def _agrees(check: bytes | None, served: Hash) -> bool:
    """Whether a hash starts with the posted bytes, if there are any."""
    return check is None or served.lower().startswith(_text(check))


def _text(check: bytes | None) -> str:
    return "unknown" if check is None else "0x" + check.hex()
