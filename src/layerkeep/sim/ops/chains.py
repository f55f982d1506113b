"""How the chains of a network move: blocks, and how far they are safe and final.

A chain knows its parent, so that what goes wrong below shows above: a rollup is final as far as its
parent is, and one that must not run ahead of its parent stops when the parent does.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from layerkeep.core.network.layers import Layer
from layerkeep.core.units import MINUTE, SECOND, ChainName

ORIGIN_LAG = 30 * SECOND
"""How far a rollup's origin is usually behind its parent's newest block."""

SAFE_LAG = (7 * MINUTE, 12 * MINUTE)
FINAL_LAG = (13 * MINUTE, 18 * MINUTE)
"""How old the newest safe and final blocks of a chain are that settles on nothing: two epochs."""


class Mark(NamedTuple):
    """A block by its height and its time."""

    height: int
    time: int


class Post(NamedTuple):
    """A batch on the parent: up to where it holds the child, and in which block of the parent."""

    covers: Mark
    height: int
    time: int


@dataclass(slots=True, eq=False)
class Conditions:
    """What is wrong with a chain now; faults set these, nothing else does.

    `halted`: it makes no block. `slowness`: its blocks take so many times longer. `no_finality`:
    nothing gets safe or final any more. `origin_held`: its sequencer takes no newer origin.
    `derivation_held`: nodes derive nothing from what is posted. `censored`: what comes from the
    parent is left out.
    """

    halted: bool = False
    slowness: float = 1.0
    no_finality: bool = False
    origin_held: bool = False
    derivation_held: bool = False
    censored: bool = False


@dataclass(slots=True, eq=False)
class SimLayer:
    """One chain as it moves. `busy_until`: a chain without empty blocks makes blocks until then."""

    layer: Layer
    parent: "SimLayer | None"
    latest: Mark
    seen_at: int
    busy_until: int = 1 << 60
    carry: float = 0.0
    pace: float = 1.0
    forks: int = 0
    origin: int = 0
    lags: tuple[int, int] = (SAFE_LAG[1], FINAL_LAG[1])
    now: Conditions = field(default_factory=Conditions)
    safe: Mark = field(init=False)
    final: Mark = field(init=False)
    posts: deque[Post] = field(default_factory=deque)
    derived: deque[Post] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.safe = self.final = self.latest
        self.origin = self.latest.time

    @property
    def name(self) -> ChainName:
        """Its name in the network."""
        return self.layer.name

    @property
    def drift(self) -> int:
        """How far its newest block is ahead of that block's origin."""
        return max(0, self.latest.time - self.origin)

    @property
    def is_making(self) -> bool:
        """True unless something keeps it from making blocks at all."""
        if self.now.halted:
            return False
        drift_max = self.layer.limits.drift_max
        return drift_max is None or self.drift < drift_max

    def move(self, now: int) -> None:
        """Everything up to now happens: blocks are made, then they get safe and final."""
        if self.parent is not None:
            self.parent.move(now)
        elapsed, self.seen_at = now - self.seen_at, now
        if elapsed <= 0:
            return
        self._take_origin()
        if self.is_making and self.busy_until > now - elapsed:
            self._make(min(elapsed, self.busy_until - now + elapsed), now)
        if self.parent is None:
            self._settle_alone()
        else:
            self._settle()

    def poke(self, now: int) -> None:
        """A block is made now, because somebody uses the chain; none while it cannot make any."""
        self.move(now)
        if now > self.latest.time and self.is_making:
            self.latest = Mark(self.latest.height + 1, now)

    def fork(self, depth: int) -> int:
        """So many blocks leave and others take their place; the last common height is returned."""
        self.forks += 1
        return self.latest.height - depth

    def _take_origin(self) -> None:
        if self.parent is not None and not self.now.origin_held:
            self.origin = max(self.origin, self.parent.latest.time - ORIGIN_LAG)

    def _make(self, elapsed: int, now: int) -> None:
        each = self.layer.block_time * self.now.slowness * self.pace
        blocks = (elapsed + self.carry) / each
        self.carry = (blocks - int(blocks)) * each
        if blocks >= 1:
            time = min(now, self.busy_until)
            self.latest = Mark(self.latest.height + int(blocks), max(time, self.latest.time))

    def _settle_alone(self) -> None:
        if self.now.no_finality:
            return
        self.safe = self._behind(self.lags[0], self.safe)
        self.final = self._behind(self.lags[1], self.final)

    def _behind(self, lag: int, least: Mark) -> Mark:
        time = min(self.latest.time, self.seen_at - lag)
        if time <= least.time:
            return least
        blocks = (self.latest.time - time) // self.layer.block_time
        return Mark(max(least.height, self.latest.height - blocks), time)

    def _settle(self) -> None:
        """What was posted is safe once derived, and final as soon as its place on the parent is."""
        assert self.parent is not None
        while self.posts and not self.now.derivation_held:
            post = self.posts.popleft()
            self.safe = max(self.safe, post.covers)
            self.derived.append(post)
        final = self.parent.final
        while self.derived and self.derived[0].time <= final.time and not self.now.no_finality:
            self.final = max(self.final, self.derived.popleft().covers)
