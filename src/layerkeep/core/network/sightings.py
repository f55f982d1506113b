"""What was sighted lately, besides messages and claims: nodes, funds, judgements, reorgs.

The newest of each kind, and as much history as a rule needs. Times in milliseconds.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from layerkeep.core.facts import (
    BlocksLeft,
    Claimed,
    Fact,
    HeadSeen,
    Judged,
    Lied,
    Measured,
    NodesSeen,
    NodeState,
    Posted,
)
from layerkeep.core.network.judgements import Judgements
from layerkeep.core.network.progress import Progress
from layerkeep.core.network.resting import Resting
from layerkeep.core.units import DAY, Timestamp

HISTORY = 64
"""Samples kept of a measured quantity, of reorgs and of lies: days of what changes slowly."""

KEPT = DAY
"""Reorgs and lies older than this are no news."""

SIGHTED = frozenset((HeadSeen, NodesSeen, Lied, BlocksLeft, Judged, Posted, Measured, Claimed))
"""The statements that are taken; all others are of messages."""

Name = tuple[str, str]
"""A chain and the name of a quantity."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A measured number at a time."""

    time: Timestamp
    value: int
    fact: Fact


@dataclass(slots=True)
class Sightings:
    """All of one network.

    `moved` says at which height a head stands, and since when: of `<chain> latest`, `<chain> safe`,
    `<chain> finalized` and of each upstream by its name. `answered` is when an upstream last gave
    an answer, 0 if it never did; `heard_at` when anybody last answered for a chain. `posted` is the
    newest batch of a child. `resting` are messages where rules count them, `progress` what moved
    and what did not.
    """

    nodes: dict[str, Fact] = field(default_factory=dict)
    answered: dict[str, Timestamp] = field(default_factory=dict)
    moved: dict[str, tuple[int, Timestamp]] = field(default_factory=dict)
    lies: dict[str, deque[Fact]] = field(default_factory=dict)
    reorgs: dict[str, deque[Fact]] = field(default_factory=dict)
    samples: dict[Name, deque[Sample]] = field(default_factory=dict)
    judged: Judgements = field(default_factory=Judgements)
    posted: dict[str, Fact] = field(default_factory=dict)
    heard_at: dict[str, Timestamp] = field(default_factory=dict)
    resting: Resting = field(default_factory=Resting)
    progress: Progress = field(default_factory=Progress)

    def take(self, fact: Fact, now: Timestamp) -> None:
        """Remember what a fact says, if it is any of this."""
        says, chain = fact.says, fact.anchor.chain
        if type(says) not in SIGHTED:
            return
        self.progress.take(fact, now)
        if isinstance(says, HeadSeen):
            self._head(fact, says, now)
        elif isinstance(says, NodesSeen):
            self._nodes(fact, says)
        elif isinstance(says, Lied):
            self.lies.setdefault(says.upstream, deque(maxlen=HISTORY)).append(fact)
        elif isinstance(says, BlocksLeft):
            self.reorgs.setdefault(chain, deque(maxlen=HISTORY)).append(fact)
        elif isinstance(says, Judged):
            self.judged.take(fact, says)
        elif isinstance(says, Posted):
            self.posted[says.child] = fact
        elif isinstance(says, Measured) and isinstance(says.value, int):
            sample = Sample(Timestamp(fact.anchor.time), says.value, fact)
            key = (says.child, says.name)
            self.samples.setdefault(key, deque(maxlen=HISTORY)).append(sample)

    def drop(self, gone: Iterable[Fact]) -> None:
        """These facts' blocks left their chain."""
        gone = list(gone)
        self.progress.drop(gone)
        for fact in gone:
            says = fact.says
            if isinstance(says, Judged):
                self.judged.drop(fact, says)
            elif isinstance(says, Posted) and self.posted.get(says.child) == fact:
                del self.posted[says.child]
            elif isinstance(says, Measured):
                kept = self.samples.get((says.child, says.name))
                for sample in [each for each in kept or () if each.fact == fact]:
                    assert kept is not None
                    kept.remove(sample)

    def heard(self, chain: str) -> Timestamp | None:
        """When anybody last answered for this chain; None if nobody ever did."""
        return self.heard_at.get(chain)

    def latest(self, child: str, name: str) -> Sample | None:
        """The newest sample of a quantity."""
        samples = self.samples.get((child, name))
        return samples[-1] if samples else None

    def states(self, chain: str) -> tuple[NodeState, ...]:
        """What each upstream said when all were last asked."""
        fact = self.nodes.get(chain)
        return fact.says.nodes if fact is not None and isinstance(fact.says, NodesSeen) else ()

    def _head(self, fact: Fact, says: HeadSeen, now: Timestamp) -> None:
        chain = fact.anchor.chain
        self.heard_at[chain] = now
        self._move(f"{chain} latest", says.latest, now)
        self._move(f"{chain} safe", says.safe, now)
        self._move(f"{chain} finalized", says.finalized, now)

    def _nodes(self, fact: Fact, says: NodesSeen) -> None:
        now = Timestamp(fact.anchor.time)
        self.nodes[fact.anchor.chain] = fact
        for node in says.nodes:
            if node.answering:
                self.answered[node.upstream] = now
                self.heard_at[fact.anchor.chain] = now
                self._move(node.upstream, node.head, now)
            else:
                self.answered.setdefault(node.upstream, Timestamp(0))

    def _move(self, name: str, height: int | None, now: Timestamp) -> None:
        """Remember since when a head stands where it stands."""
        known = self.moved.get(name)
        if height is not None and (known is None or known[0] != height):
            self.moved[name] = (height, now)
