"""What a child's batcher posts without a log: found in the parent's blocks when its nonce moved.

The blocks between two looks are read whole, once for all children of a parent. What was posted is
told at once; whether the child's blocks are what it says is then asked of the child's nodes, of
those posts whose data is calldata: blobs are not in the parent's blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from layerkeep.core.adapter import Adapter, Call, Post, Posting, Scope, Stretch
from layerkeep.core.chain_data import Header, header_in
from layerkeep.core.errors import RpcError
from layerkeep.core.facts import AFTER_LOGS, Anchor, Fact, Says
from layerkeep.core.units import Address

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

BLOCKS_MAX = 32
"""Blocks of a parent read at once: whole ones of Ethereum have some hundred kilobytes each."""

POSTS = "posts"
"""What facts about posts answer: they stand in no log, and no question of the engine's."""

STRETCHES_MAX = 64
"""Posts whose comparison waits for the child's node; older ones are given up."""


@dataclass(slots=True)
class Reading:
    """How far one child's posts are read, and what still has to be compared."""

    posting: Posting
    read: int
    nonce: int
    waiting: list[tuple[Stretch, Anchor]] = field(default_factory=list)


class Posts:
    """Reads the posts of every child whose batcher's nonce is sampled."""

    def __init__(self, daemon: "Daemon") -> None:
        self.daemon = daemon
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
            block_time = self.daemon.network.topology.chains[scope.child].block_time
            reading = Reading(adapter.posting(scope, block_time), at, sample.value)
            self.readings[scope.child] = reading
        if sample.value != reading.nonce:
            heights = range(max(reading.read, at - BLOCKS_MAX) + 1, at + 1)
            if await self._read(reading, scope, heights):
                reading.nonce = sample.value
        return reading

    async def _read(self, reading: Reading, scope: Scope, heights: range) -> bool:
        """The posts in these blocks of the parent are told; False if they could not be read."""
        try:
            via = await self._fetch(scope.parent, heights)
            for height in heights:
                facts = self._posted(reading, scope, height, via)
                if facts is None or not await self.daemon.feeds[scope.parent].tell(facts):
                    return False
                reading.read = height
        except (RpcError, ValueError) as reason:
            self.daemon.log.debug("posts-unreadable", chain=scope.parent, reason=str(reason))
            return False
        return True

    def _posted(self, reading: Reading, scope: Scope, height: int, via: str) -> list[Fact] | None:
        """The facts in one block of the parent; None if it or the batcher is not known."""
        block, batcher = self._blocks[scope.parent, height], self._batcher(scope)
        header = header_in(block)
        if header is None or batcher is None:
            return None
        facts: list[Fact] = []
        for post in reading.posting.posts(block, batcher):
            anchor = _anchor(scope, header, post)
            says = [*post.says, *self._taken(reading, post, anchor)]
            facts += [Fact(anchor, each, place, POSTS, via) for place, each in enumerate(says)]
        return facts

    def _taken(self, reading: Reading, post: Post, anchor: Anchor) -> Sequence[Says]:
        """What is wrong with a post by itself; what is whole with it waits to be compared."""
        if not post.counts or post.blobs:
            return ()
        wrong, stretches = reading.posting.take(post, ())
        reading.waiting += [(stretch, anchor) for stretch in stretches]
        del reading.waiting[:-STRETCHES_MAX]
        return wrong

    async def _fetch(self, chain: str, heights: range) -> str:
        """The blocks are at hand; who gave them."""
        missing = [height for height in heights if (chain, height) not in self._blocks]
        calls = [Call("eth_getBlockByNumber", (hex(height), True)) for height in missing]
        if not calls:
            return ""
        answered = await self.daemon.feeds[chain].pool.ask(lambda _client: calls)
        for height, reply in zip(missing, answered.replies, strict=True):
            self._blocks[chain, height] = msgspec.json.decode(reply.result or b"null")
        return answered.via

    def _batcher(self, scope: Scope) -> str | None:
        """Whose posts count: what the parent's contract says, else the topology."""
        told = self.daemon.engine.view.value(scope.child, "batcher")
        if isinstance(told, str):
            return told
        actors: Mapping[str, Address] = self.daemon.network.topology.chains[scope.child].actors
        return actors.get("batcher")


def _anchor(scope: Scope, header: Header, post: Post) -> Anchor:
    height, time = int(header.number, 16), int(header.timestamp, 16) * 1000
    chain, block = scope.parent, header.hash.lower()
    return Anchor(chain, height, block, time, post.tx, post.place, AFTER_LOGS)
