"""Batches that hold other blocks than the child's nodes, while blocks leave the child."""

import asyncio
from collections import deque
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import structlog

from layerkeep.app.integrity.inspection import Inspection
from layerkeep.app.integrity.posts import STRETCHES_MAX, Reading
from layerkeep.core.adapter import Call, Inquiry, Scope, Stretch, Wanted
from layerkeep.core.facts import Anchor, Fact, Judged
from layerkeep.core.units import ChainName
from layerkeep.edge.rpc.wire import Reply

L1, L2 = ChainName("l1"), ChainName("l2")
SCOPE = Scope(L2, L1, 901, 900, L2)
OLD, NEW = "0x" + "0a" * 32, "0x" + "0b" * 32
BATCH = (Stretch("0xb", OLD), Anchor(L1, 7, "0x07", 1_000, "0xb", 3))


class Reader:
    """A posting whose stretches tell the hash of one block, 9."""

    def inquire(self, stretch: Stretch, newest: Anchor) -> Inquiry:
        (block,) = yield Wanted(L2, (Call("eth_getBlockByNumber", ("0x9", True)),))
        right = block["hash"] == stretch.content
        subject, height = f"l2/batch/{stretch.post}", -1 if right else 9
        return (Judged("batch", L2, subject, "true" if right else "false", height=height),)


class World:
    """A child with one node, a follower of it, and one batch to compare."""

    def __init__(self) -> None:
        self.served, self.told, self.asked = OLD, list[Fact](), 0
        self.cursor = SimpleNamespace(height=12, hash=OLD, time=12_000)
        clients = [SimpleNamespace(name="l2-a")]
        pool = SimpleNamespace(clients=clients, ask_only=self.ask_only)
        self.child = SimpleNamespace(
            pool=pool, reorgs=0, follower=SimpleNamespace(cursor=self.cursor)
        )
        parent = SimpleNamespace(pool=SimpleNamespace(clients=clients), tell=self.tell)
        daemon = SimpleNamespace(feeds={L1: parent, L2: self.child}, log=structlog.get_logger())
        self.inspection = Inspection(cast(Any, daemon))
        self.reading = Reading(cast(Any, Reader()), "batcher", 0, 0, cast(Any, 0), deque(), [BATCH])

    async def ask_only(self, _name: str, calls: Sequence[Call]) -> Any:
        self.asked += 1
        block = {
            "hash": self.served,
            "parentHash": NEW,
            "stateRoot": NEW,
            "number": calls[0].params[0],
            "timestamp": "0x1",
        }
        return SimpleNamespace(replies=[Reply(msgspec.json.encode(block))], via="l2-a")

    async def tell(self, facts: Sequence[Fact]) -> bool:
        self.told += facts
        return True

    def look(self) -> list[str]:
        """The verdicts of one look."""
        self.told.clear()
        asyncio.run(self.inspection._compare(self.reading, SCOPE))
        return [fact.says.verdict for fact in self.told if isinstance(fact.says, Judged)]

    def leave(self, served: str) -> None:
        """The follower sees that the node has other blocks now."""
        self.served = self.cursor.hash = served
        self.child.reorgs += 1


def test_batch__of_a_node_that_left_our_blocks__is_not_judged_yet() -> None:
    """It is judged once we follow: then it is known which blocks left, and told before."""
    world = World()
    world.served = NEW
    assert [] == world.look()
    assert [BATCH] == world.reading.waiting

    world.leave(NEW)
    assert ["false"] == world.look()
    assert [] == world.reading.waiting


def test_batch__that_is_right__is_told_whatever_we_follow() -> None:
    """And nobody is asked for the newest block."""
    world = World()
    world.cursor.hash = NEW
    assert ["true"] == world.look()
    assert 1 == world.asked


def test_batch__that_was_false__is_judged_again_when_blocks_leave() -> None:
    """The nodes may have derived what is posted; while none leave there is nothing to see."""
    world = World()
    world.leave(NEW)
    assert ["false"] == world.look()
    assert [] == world.look()

    world.leave(OLD)
    assert ["true"] == world.look()
    world.leave(NEW)
    assert [] == world.look()


def test_batches__that_were_false__are_not_kept_without_end() -> None:
    """The oldest are given up."""
    world = World()
    for number in range(STRETCHES_MAX + 1):
        world.reading.doubt((Stretch(str(number), OLD), BATCH[1]), 0)
    world.reading.doubt_again(1)
    assert STRETCHES_MAX == len(world.reading.waiting) - 1
    assert "1" == world.reading.waiting[1][0].post
