"""What the L3's operators know: its blocks, the L2 blocks behind them, batches and sends.

Everything here is a list that grows with the chains and is cut when they are: a reorg of the L2
cuts `parents`, `messages` and `batches`, and with them every L3 block that stood on them.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from layerkeep.devnet.l3 import merkle
from layerkeep.devnet.l3.messages import DelayedMessage, ParentBlock
from layerkeep.devnet.l3.transactions import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One message from the L3 to the L2, as its L2ToL1Tx told it."""

    position: int
    block: int
    caller: str
    destination: str
    parent_number: int
    timestamp: int
    value_wei: int
    data: bytes
    item: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch on the L2: everything up to L3 block `last_block`."""

    index: int
    last_block: int
    delayed_read: int
    parent_number: int
    forced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class L3Block:
    """An L3 block, and what it left to do for the next one."""

    number: int
    hash: str
    timestamp: int
    parent_number: int
    delayed_read: int  # messages of the delayed inbox up to and including this block
    send_count: int
    send_root: bytes
    from_inbox: bool  # stands for exactly one delayed message
    raws: tuple[str, ...] = ()  # users' transactions
    to_run: tuple[Attempt, ...] = ()
    to_settle: tuple[tuple[Attempt, str], ...] = ()  # with the node's hash of the attempt


@dataclass(slots=True)
class Ledger:
    """The L3 from its genesis, as one process follows and makes it."""

    blocks: list[L3Block]
    parents: list[ParentBlock]
    batches: list[Batch]
    messages: dict[int, DelayedMessage] = field(default_factory=dict)
    sends: list[Send] = field(default_factory=list)
    posting: int = 0  # the last L3 block of the batch on its way to the L2

    @property
    def head(self) -> L3Block:
        """The newest L3 block."""
        return self.blocks[-1]

    @property
    def parent(self) -> ParentBlock:
        """The newest L2 block followed."""
        return self.parents[-1]

    def block(self, number: int) -> L3Block | None:
        """The L3 block of this number, if there is one."""
        return self.blocks[number] if 0 <= number < len(self.blocks) else None

    def by_hash(self, block_hash: str) -> L3Block | None:
        """The L3 block with this hash, looked for from the newest back."""
        return next((one for one in reversed(self.blocks) if one.hash == block_hash), None)

    def leaves(self, count: int) -> list[bytes]:
        """The first `count` leaves of the send tree."""
        return [merkle.leaf(send.item) for send in self.sends[:count]]

    def batch_of(self, number: int) -> Batch | None:
        """The batch on the L2 that holds this L3 block."""
        at = bisect_left(self.batches, number, key=lambda batch: batch.last_block)
        return self.batches[at] if at < len(self.batches) else None

    def reached(self, parent_number: int) -> int:
        """The last L3 block whose batch is in an L2 block up to `parent_number`."""
        at = bisect_right(self.batches, parent_number, key=lambda batch: batch.parent_number)
        return self.batches[at - 1].last_block if at > 0 else 0

    def follow(self, parent: ParentBlock) -> None:
        """One more L2 block, on top of the newest."""
        assert parent.parent_hash == self.parent.hash, "L2 blocks come in order"
        self.parents.append(parent)
        self.messages.update((message.index, message) for message in parent.delayed)
        for delivered in parent.batches:
            last = self.batches[-1]
            forced = delivered.messages is None
            newly_read = delivered.delayed_read - last.delayed_read
            messages = delivered.messages or last.last_block + 1 + newly_read
            self.batches.append(
                Batch(
                    index=delivered.index,
                    last_block=messages - 1,
                    delayed_read=delivered.delayed_read,
                    parent_number=parent.number,
                    forced=forced,
                )
            )

    def cut_parents(self, number: int) -> None:
        """L2 blocks after `number` are no more, nor is what they said."""
        dropped = [one for one in self.parents if one.number > number]
        self.parents = [one for one in self.parents if one.number <= number]
        self.batches = [one for one in self.batches if one.parent_number <= number]
        for parent in dropped:
            for message in parent.delayed:
                self.messages.pop(message.index, None)

    def cut_blocks(self, number: int) -> list[L3Block]:
        """L3 blocks after `number`, which are no more."""
        dropped, self.blocks = self.blocks[number + 1 :], self.blocks[: number + 1]
        self.sends = [send for send in self.sends if send.block <= number]
        return dropped


def new_ledger(genesis: L3Block, parent: ParentBlock) -> Ledger:
    """The ledger of a chain whose rollup was created in the L2 block `parent`."""
    first = Batch(index=0, last_block=0, delayed_read=1, parent_number=parent.number, forced=False)
    return Ledger(blocks=[genesis], parents=[parent], batches=[first])
