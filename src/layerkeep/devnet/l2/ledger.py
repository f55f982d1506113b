"""What the sequencer knows of its own chain: each block, its L1 origin, and users' transactions."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """The L1 block an L2 block is derived from, and the how-manieth L2 block of it this is."""

    number: int
    hash: str
    timestamp: int
    sequence: int


@dataclass(frozen=True, slots=True)
class L2Block:
    """A block as the batcher needs it: deposits are not in `raws`, L1 already has them."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    origin: Origin
    raws: tuple[str, ...] = field(repr=False)


class Ledger:
    """The blocks from genesis to head, in order."""

    def __init__(self, genesis: L2Block) -> None:
        assert genesis.number == 0
        self._blocks = [genesis]

    @property
    def head(self) -> L2Block:
        """The newest block."""
        return self._blocks[-1]

    def block(self, number: int) -> L2Block | None:
        """The block of this number, if there is one."""
        return self._blocks[number] if 0 <= number < len(self._blocks) else None

    def append(self, block: L2Block) -> None:
        """The block is the new head."""
        assert block.number == len(self._blocks), (block.number, len(self._blocks))
        self._blocks.append(block)

    def cut(self, number: int) -> list[L2Block]:
        """The block of this number is the head; answers those that left, oldest first."""
        left = self._blocks[number + 1 :]
        del self._blocks[number + 1 :]
        return left
