"""The bridge of a child to its parent: who posts and claims there, and with what."""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerkeep.adapters.nitro.actors import NitroModel
from layerkeep.adapters.op_stack.actors import OpStackModel
from layerkeep.core.units import ChainName
from layerkeep.sim.ops.chains import Mark, SimLayer

if TYPE_CHECKING:
    from layerkeep.sim.ops.traffic import Story

ETHER = 10**18
Model = OpStackModel | NitroModel


@dataclass(slots=True, eq=False)
class SimActor:
    """An account with a job. `stopped` and `stuck` are faults: the process, or one transaction."""

    job: str
    cost: int
    balance: int
    nonce: int = 1
    spent: int = 0
    stopped: bool = False
    stuck: bool = False
    refills: bool = True

    @property
    def can_act(self) -> bool:
        """True if its next transaction would be mined."""
        return not self.stopped and not self.stuck and self.balance >= self.cost

    @property
    def is_hurt(self) -> bool:
        """True while something is wrong with it."""
        return self.stopped or self.stuck or not self.refills

    @property
    def nonce_pending(self) -> int:
        """Its next nonce, what waits to be mined included."""
        return self.nonce + 2 if self.stuck else self.nonce

    def act(self, cost: int) -> None:
        """One transaction is mined."""
        self.nonce += 1
        self.balance = max(0, self.balance - cost)


@dataclass(slots=True, eq=False)
class SimClaim:
    """A claim about the child, and the positions of messages up to which it reaches."""

    id: str
    covers: int
    made: int
    confirmed: int = 0
    disputed: bool = False


@dataclass(slots=True, eq=False)
class SimBridge:
    """One bridge. `posted` is the last block of the child that a batch holds.

    `misplaced`: batches go where no node looks. `falsified`: they hold other blocks than the chain.
    `outrun`: the newest batch holds blocks that left the child, so the next is looked at.
    `drained`: the bridge holds next to nothing. `proven` are withdrawals that were proven and wait;
    `failed` are messages that failed on their target and wait to be tried again.
    """

    child: SimLayer
    parent: SimLayer
    model: Model
    batcher: SimActor
    proposer: SimActor
    post_every: int
    claim_every: int
    confirm_after: int
    mature_after: int
    posted: Mark
    balance: int = 10**6 * ETHER
    number: int = 0
    batches: int = 0
    delayed: int = 0
    delayed_read: int = 0
    claimed: int = -1
    sends: deque[tuple[int, int]] = field(default_factory=deque)
    last_send: int = 0
    claims: list[SimClaim] = field(default_factory=list)
    proven: list["Story"] = field(default_factory=list)
    failed: list["Story"] = field(default_factory=list)
    paused: bool = False
    misplaced: bool = False
    falsified: bool = False
    outrun: bool = False
    drained: bool = False

    @property
    def name(self) -> ChainName:
        """The child's name."""
        return self.child.name

    @property
    def is_op_stack(self) -> bool:
        """True for an OP Stack child, false for a Nitro child."""
        return isinstance(self.model, OpStackModel)

    def reach(self) -> int:
        """How far a claim made now would reach: a block, or the last send in a posted block."""
        if self.is_op_stack:
            return self.child.safe.height
        while self.sends and self.sends[0][0] <= self.child.safe.height:
            self.last_send = self.sends.popleft()[1]
        return self.last_send

    def covering(self, position: int) -> SimClaim | None:
        """The first claim that reaches a position."""
        index = bisect_left(self.claims, position, key=_covers)
        return self.claims[index] if index < len(self.claims) else None


def _covers(claim: SimClaim) -> int:
    return claim.covers
