"""What a child's batcher posts without a log: found in the parent's blocks when its nonce moved, or
when nothing was posted for long.

The blocks between two looks are read whole, once for all children of a parent. What was posted is
told at once. Then it is opened, in the order of the posts, with blobs from the parent's beacon
nodes; whether the child's blocks are what it says is asked of the child's nodes. Where a parent has
no beacon node, posts in blobs are not opened.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from layerkeep.core.adapter import Adapter, Blobs, Call, Post, Posting, Scope, Stretch
from layerkeep.core.chain_data import Header, header_in
from layerkeep.core.errors import RpcError
from layerkeep.core.facts import AFTER_LOGS, Anchor, Fact, Posted, Says
from layerkeep.core.units import MINUTE, Address, Duration, Timestamp
from layerkeep.edge.beacon import Beacon, Carried
from layerkeep.edge.rpc.pool import POSTS

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

BLOCKS_MAX = 32
"""Blocks of a parent read at once: whole ones of Ethereum have some hundred kilobytes each."""

QUIET_PART = 3
"""After this part of the time within which a batch is due, blocks are read without the batcher's
nonce having moved: who posts with another key moves another nonce."""

ORDINAL_OPENED = 8
"""Where what is found in a post stands: behind what the post says by itself."""

BATCHER = "batcher"

STRETCHES_MAX = 64
"""Posts whose comparison waits for the child's node; older ones are given up."""

BLOBS_WITHIN = Duration(2 * MINUTE)
"""A beacon node has a block's blobs by then, or no more."""

Compared = tuple[Stretch, Anchor]
"""What is to be compared, and the place on the parent where it became whole."""


@dataclass(slots=True)
class Reading:
    """How far one child's posts are read, and what still has to be compared.

    `job` is the stack's word for who posts. `read_at` is when blocks were last read for it.
    `doubted` are those found false, with how many reorgs of the child were seen by then.
    """

    posting: Posting
    job: str
    read: int
    nonce: int
    read_at: Timestamp
    closed: deque[tuple[Post, Anchor]] = field(default_factory=deque)
    waiting: list[Compared] = field(default_factory=list)
    doubted: list[tuple[int, Compared]] = field(default_factory=list)

    def doubt(self, compared: Compared, reorgs: int) -> None:
        """The child's nodes have other blocks, after so many reorgs."""
        self.doubted.append((reorgs, compared))
        del self.doubted[:-STRETCHES_MAX]

    def doubt_again(self, reorgs: int) -> None:
        """What was found false before a reorg of the child waits to be compared again."""
        self.waiting += [compared for count, compared in self.doubted if count != reorgs]
        self.doubted = [each for each in self.doubted if each[0] == reorgs]


class Posts:
    """Reads the posts of every child whose batcher's nonce is sampled."""

    def __init__(self, daemon: "Daemon", beacons: Mapping[str, Sequence[Beacon]]) -> None:
        self.daemon = daemon
        self.beacons = beacons
        self.readings: dict[str, Reading] = {}
        self._blocks: dict[tuple[str, int], Any] = {}

    def forget_blocks(self) -> None:
        """What was read for one look is not kept for the next: a reorg may have replaced it."""
        self._blocks.clear()

    async def look(self, adapter: Adapter, scope: Scope) -> Reading | None:
        """Read on if the batcher did something since the last look; None if it is not watched."""
        sample = self.daemon.engine.sightings.latest(scope.child, "batcher.nonce")
        if adapter.posting is None or sample is None:
            return None
        reading, at = self.readings.get(scope.child), sample.fact.anchor.height
        if reading is None:
            terms = self.daemon.network.topology.chains[scope.child].terms
            reading = Reading(
                adapter.posting(scope, terms),
                adapter.jobs[BATCHER],
                at,
                sample.value,
                self.daemon.now(),
            )
            self.readings[scope.child] = reading
        if sample.value != reading.nonce:
            heights = range(max(reading.read, at - BLOCKS_MAX) + 1, at + 1)
            if await self._read(reading, scope, heights):
                reading.nonce, reading.read_at = sample.value, self.daemon.now()
        elif self._is_quiet(reading, scope):
            await self._read(reading, scope, self._unread(reading, scope), foreign=True)
        await self._open(reading, scope)
        return reading

    def _is_quiet(self, reading: Reading, scope: Scope) -> bool:
        """True if the batcher did nothing for so long that somebody else may have posted."""
        usual = self.daemon.layers[scope.child].limits.safe_stalled_after
        return usual is not None and self.daemon.now() - reading.read_at > usual // QUIET_PART

    def _unread(self, reading: Reading, scope: Scope) -> range:
        newest = int(self.daemon.feeds[scope.parent].follower.cursor.height)
        return range(reading.read + 1, min(reading.read + BLOCKS_MAX, newest) + 1)

    async def _read(
        self, reading: Reading, scope: Scope, heights: range, *, foreign: bool = False
    ) -> bool:
        """The posts in these blocks of the parent are told; False if they could not be read.

        What anybody else posts is `foreign`: derivation ignores it, and so does who sees the
        batcher at work.
        """
        try:
            via = await self._fetch(scope.parent, heights)
            for height in heights:
                facts = self._posted(reading, scope, height, via, foreign=foreign)
                if facts is None or not await self.daemon.feeds[scope.parent].tell(facts):
                    return False
                reading.read = height
        except (RpcError, ValueError) as reason:
            self.daemon.log.debug("posts-unreadable", chain=scope.parent, reason=str(reason))
            return False
        return True

    def _posted(
        self, reading: Reading, scope: Scope, height: int, via: str, *, foreign: bool
    ) -> list[Fact] | None:
        """The facts in one block of the parent; None if it or the batcher is not known."""
        block, batcher = self._blocks[scope.parent, height], self._batcher(scope, reading.job)
        header = header_in(block)
        if header is None or batcher is None:
            return None
        facts: list[Fact] = []
        for post in reading.posting.posts(block, batcher):
            if _is_foreign(post, batcher) and not foreign:
                continue
            anchor = _anchor(scope, header, post)
            facts += _facts(anchor, post.says, via)
            if post.counts and (not post.blobs or self.beacons.get(scope.parent)):
                reading.closed.append((post, anchor))
        return facts

    async def _open(self, reading: Reading, scope: Scope) -> None:
        """What is wrong with posts by themselves is told; what is whole waits to be compared."""
        while reading.closed:
            post, anchor = reading.closed[0]
            via, blobs = "", Blobs() if not post.blobs else None
            for beacon in self.beacons.get(scope.parent, ()) if post.blobs else ():
                via, blobs = beacon.name, await self._blobs(beacon, post, anchor)
                if blobs is not None:
                    break
            if blobs is None and self.daemon.now() - anchor.time < BLOBS_WITHIN:
                return
            reading.closed.popleft()
            wrong, stretches = reading.posting.take(post, blobs)
            facts = _facts(anchor, wrong, via, ORDINAL_OPENED)
            if await self.daemon.feeds[scope.parent].tell(facts):
                reading.waiting += [(stretch, anchor) for stretch in stretches]
                del reading.waiting[:-STRETCHES_MAX]

    async def _blobs(self, beacon: Beacon, post: Post, anchor: Anchor) -> Blobs | None:
        carried = Carried(anchor.height, Timestamp(anchor.time), post.blobs)
        try:
            return await beacon.blobs(carried)
        except RpcError as reason:
            self.daemon.log.debug("blobs-unreadable", chain=anchor.chain, reason=str(reason))
            return None

    async def _fetch(self, chain: str, heights: range) -> str:
        """The blocks are at hand; who gave them."""
        missing = [height for height in heights if (chain, height) not in self._blocks]
        calls = [Call("eth_getBlockByNumber", (hex(height), True)) for height in missing]
        if not calls:
            return ""
        pool = self.daemon.feeds[chain].pool
        answered = await pool.ask(lambda _client: calls)
        pool.inquired[answered.via, POSTS] += 1
        for height, reply in zip(missing, answered.replies, strict=True):
            self._blocks[chain, height] = msgspec.json.decode(reply.result or b"null")
        return answered.via

    def _batcher(self, scope: Scope, job: str) -> str | None:
        """Whose posts count: what the parent's contract says, else the topology."""
        told = self.daemon.engine.view.value(scope.child, BATCHER)
        if isinstance(told, str):
            return told
        actors: Mapping[str, Address] = self.daemon.network.topology.chains[scope.child].actors
        return actors.get(job)


def _is_foreign(post: Post, batcher: str) -> bool:
    """True if somebody else than the batcher posted it."""
    senders = [says.by.lower() for says in post.says if isinstance(says, Posted) and says.by]
    return any(sender != batcher.lower() for sender in senders)


def _facts(anchor: Anchor, says: Sequence[Says], via: str, first: int = 0) -> list[Fact]:
    """What was found in a post: it stands in no log, and answers no question of the engine's."""
    return [Fact(anchor, each, place, POSTS, via) for place, each in enumerate(says, first)]


def _anchor(scope: Scope, header: Header, post: Post) -> Anchor:
    height, time = int(header.number, 16), int(header.timestamp, 16) * 1000
    chain, block = scope.parent, header.hash.lower()
    return Anchor(chain, height, block, time, post.tx, post.place, AFTER_LOGS)
