"""The tree of L3-to-L2 messages: its root and the proofs that the Outbox accepts.

The contract folds partial trees; here the tree is written out, with zero words (not hashes of
zeros) wherever there is no leaf yet, which gives the same root.
"""

from collections.abc import Sequence

from layerkeep.core.keccak import keccak256

EMPTY = bytes(32)


def leaf(item: bytes) -> bytes:
    """The leaf of a message whose L2ToL1Tx names `item` as its hash."""
    return keccak256(item)


def root(leaves: Sequence[bytes]) -> bytes:
    """The send root after these leaves; zero if there are none."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def proof(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """The siblings from the leaf at `position` up to the root."""
    level, siblings = list(leaves), []
    while len(level) > 1:
        sibling = position ^ 1
        siblings.append(level[sibling] if sibling < len(level) else EMPTY)
        level, position = _above(level), position >> 1
    return siblings


def _above(level: list[bytes]) -> list[bytes]:
    if len(level) % 2 == 1:
        level = [*level, EMPTY]
    return [_parent(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]


def _parent(left: bytes, right: bytes) -> bytes:
    return EMPTY if left == right == EMPTY else keccak256(left + right)
