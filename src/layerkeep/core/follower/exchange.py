"""What the follower and its edge say to each other: a plan, questions, answers, outcomes.

One round is one `Want` and, if an upstream answered, one `Given`. A round that failed is simply
not given; the next `Want` asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.units import MINUTE, ChainName, Duration, Height, Timestamp

UNKNOWN_HASH = ""
"""The hash of a point that stands before everything believed; it links to any block."""

AHEAD_MAX = Duration(15 * MINUTE)
"""Clocks of honest sequencers differ by less; Nitro lets its own run an hour ahead at most."""


class Point(NamedTuple):
    """A block by its place: enough to notice that another block took it."""

    height: Height
    hash: str
    time: Timestamp


def point_of(header: Header) -> Point:
    """The place of a block."""
    return Point(header.height, header.hash.lower(), header.time)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The logs that are watched: one of the addresses (none: any) and one of the topic0s."""

    addresses: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowPlan:
    """How one chain is followed. `first` is the first block wanted.

    `ahead_max` is how far a block's time may lie in our future. `window_max` bounds what is
    remembered, and stands in for finality on chains that never tell theirs. More than `deep`
    finalized blocks behind, logs are asked by ranges instead of block by block.
    """

    chain: ChainName
    block_time: Duration
    first: Height
    filter: LogFilter
    ahead_max: Duration = AHEAD_MAX
    window_max: int = 8192
    deep: int = 256
    blocks_max: int = 64
    headers_max: int = 100


@dataclass(frozen=True, slots=True)
class Want:
    """One batch of questions.

    `logs` is an inclusive range; the edge may answer only the beginning of it. `confirm` names
    blocks whose logs are asked a second time, by hash.
    """

    heads: tuple[str, ...]
    headers: tuple[Height, ...] = ()
    logs: tuple[Height, Height] | None = None
    confirm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to one want. What an upstream did not answer is absent; None is `no such block`.

    `logs_to` is the last block whose logs are in `logs`; None if logs were not answered.
    """

    via: str
    heads: Mapping[str, Header | None]
    headers: Mapping[Height, Header | None] = field(default_factory=dict)
    logs: tuple[Log, ...] = ()
    logs_to: Height | None = None
    confirmed: Mapping[str, tuple[Log, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the way from the first wanted block to the newest is behind us."""

    first: Height
    cursor: Height
    latest: Height

    @property
    def behind(self) -> int:
        """Blocks that exist and are not yet believed."""
        return max(0, self.latest - self.cursor)

    @property
    def basis_points(self) -> int:
        """0 at the start, 10,000 at the newest block."""
        whole = self.latest - self.first + 1
        return 10_000 if whole <= 0 else min(10_000, 10_000 - 10_000 * self.behind // whole)


@dataclass(frozen=True, slots=True)
class Heads:
    """How far the chain is, by finality."""

    latest: Point | None = None
    safe: Point | None = None
    finalized: Point | None = None


@dataclass(frozen=True, slots=True)
class Advanced:
    """Every block from `first` to the cursor is now believed.

    `blocks` has each of them when `complete`; of a range of finalized blocks only those with
    watched logs, the first and the last. `logs` are in chain order.
    """

    first: Height
    cursor: Point
    blocks: tuple[Header, ...]
    logs: tuple[Log, ...]
    complete: bool
    progress: Progress
    via: str


@dataclass(frozen=True, slots=True)
class Reorged:
    """The `dropped` blocks behind `ancestor` are no longer believed.

    Mostly they left the chain; `reason` is `finality-broken` when they must not have. Right after
    a refusal `logs-missing` they stand, and are read again because a log was withheld.
    """

    ancestor: Point
    dropped: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer, or a part of it, was not believed; `reason` is a stable word."""

    reason: str
    via: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is no new block."""

    head: Height


Outcome = Advanced | Reorged | Refused | Waiting
