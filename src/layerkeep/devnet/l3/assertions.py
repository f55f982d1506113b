"""BoLD assertions: what a validator claims about the L3, and the hashes the rollup checks."""

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode

from layerkeep.core.keccak import keccak256

FINISHED = 1
STATE_ABI = "((bytes32[2],uint64[2]),uint8,bytes32)"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The L3 after all batches before `inbox_position`."""

    block_hash: bytes
    send_root: bytes
    inbox_position: int

    def values(self) -> tuple[Any, ...]:
        """The state as the contracts take it."""
        roots = (self.block_hash, self.send_root)
        return ((roots, (self.inbox_position, 0)), FINISHED, bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A claim that is on the L2, with what is needed to build on it and to confirm it."""

    hash: bytes
    parent_hash: bytes
    inbox_acc: bytes
    state: State
    config: tuple[Any, ...]  # of its own creation: its children are checked against it
    created_at: int

    @property
    def next_position(self) -> int:
        """Where the inbox position of every child has to be."""
        position: int = self.config[-1]
        return position

    def inputs(self, after: State) -> tuple[Any, ...]:
        """The arguments for a new assertion on top of this one."""
        before = (self.parent_hash, self.inbox_acc, self.config)
        return (before, self.state.values(), after.values())

    def child_hash(self, after: State, inbox_acc: bytes) -> bytes:
        """The hash of a new assertion on top of this one."""
        return assertion_hash(self.hash, after, inbox_acc)


def assertion_hash(parent_hash: bytes, after: State, inbox_acc: bytes) -> bytes:
    """What the rollup calls an assertion."""
    state_hash = keccak256(encode([STATE_ABI], [after.values()]))
    return keccak256(parent_hash + state_hash + inbox_acc)


def from_log(fields: dict[str, Any], created_at: int) -> Assertion:
    """The assertion that an AssertionCreated log tells of."""
    (block_hash, send_root), (position, _) = fields["assertion"][2][0]
    return Assertion(
        hash=fields["assertionHash"],
        parent_hash=fields["parentAssertionHash"],
        inbox_acc=fields["afterInboxBatchAcc"],
        state=State(block_hash=block_hash, send_root=send_root, inbox_position=position),
        config=(
            fields["wasmModuleRoot"],
            fields["requiredStake"],
            fields["challengeManager"],
            fields["confirmPeriodBlocks"],
            fields["inboxMaxCount"],
        ),
        created_at=created_at,
    )
