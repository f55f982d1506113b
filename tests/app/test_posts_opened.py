"""Posts are opened in their order, with blobs from the beacon nodes of their parent."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import structlog

from layerkeep.app.integrity.posts import BLOBS_WITHIN, STRETCHES_MAX, Posts, Reading
from layerkeep.core.adapter import Blobs, Post, Scope, Stretch
from layerkeep.core.errors import RpcRefused
from layerkeep.core.facts import Anchor, Fact, Judged, Says
from layerkeep.core.units import ChainName
from layerkeep.edge.beacon import Carried

L1, L2 = ChainName("l1"), ChainName("l2")
SCOPE = Scope(L2, L1, 901, 900, L2)
WRONG = Judged("batch", L2, "l2/batch/x", "unknown")
BLOB = Blobs((b"b",), proven=False)


class Reader:
    """A posting that takes whatever it is given, and says what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Blobs | None]] = []
        self.wrong: tuple[Says, ...] = ()

    def take(self, post: Post, blobs: Blobs | None) -> tuple[Sequence[Says], Sequence[Stretch]]:
        self.taken.append((post.tx, blobs))
        return self.wrong, [Stretch(post.tx, b"")]


class Shelf:
    """A beacon node that has what it is told to have."""

    def __init__(self, name: str, found: Blobs | None = None) -> None:
        self.name, self.found = name, found
        self.fails = False
        self.asked: list[Carried] = []

    async def blobs(self, carried: Carried) -> Blobs | None:
        self.asked.append(carried)
        if self.fails:
            raise RpcRefused("busy")
        return self.found


class World:
    """A daemon's clock and its parent's feed."""

    def __init__(self, *shelves: Shelf) -> None:
        self.time, self.told, self.believes = 0, list[Fact](), True
        self.log = structlog.get_logger()
        self.feeds = {L1: SimpleNamespace(tell=self.tell)}
        self.posts = Posts(cast(Any, self), cast(Any, {L1: shelves} if shelves else {}))
        self.reader = Reader()
        self.reading = Reading(cast(Any, self.reader), "batcher", 0, 0, cast(Any, 0))

    def now(self) -> int:
        return self.time

    async def tell(self, facts: Sequence[Fact]) -> bool:
        self.told += facts if self.believes else ()
        return self.believes

    def opened(self) -> list[tuple[str, Blobs | None]]:
        """What was taken in one look."""
        self.reader.taken.clear()
        asyncio.run(self.posts._open(self.reading, SCOPE))
        return self.reader.taken[:]

    def close(self, tx: str, *blobs: str) -> None:
        """A post that waits to be opened."""
        anchor = Anchor(L1, 7, "0x07", 1_000, tx, 3)
        self.reading.closed.append((Post(tx, 3, (), b"", blobs), anchor))


def test_post__in_blobs__is_opened_with_those_of_the_first_node_that_has_them() -> None:
    """One that has none, or does not answer, is no reason not to ask the next."""
    shelves = Shelf("a"), Shelf("b", BLOB)
    world = World(*shelves)
    for shelves[0].fails in (False, True):
        world.close("x", "0x01")
        assert [("x", BLOB)] == world.opened()
    assert Carried(7, 1_000, ("0x01",)) == shelves[1].asked[0]
    assert ["x", "x"] == [stretch.post for stretch, _ in world.reading.waiting]


def test_post__whose_blobs_are_not_there_yet__holds_back_what_comes_after() -> None:
    """A channel's frames have an order; after a while it is opened without them."""
    shelf = Shelf("a")
    world = World(shelf)
    world.close("x", "0x01")
    world.close("y")
    assert [] == world.opened()
    world.time = 1_000 + BLOBS_WITHIN
    world.reader.wrong = (WRONG,)
    assert [("x", None), ("y", Blobs())] == world.opened()
    assert [(WRONG, "a"), (WRONG, "")] == [(fact.says, fact.via) for fact in world.told]


def test_post__that_left_the_parent__is_not_compared() -> None:
    """What is found of it is of a block that is no more."""
    world = World()
    world.believes = False
    world.close("x")
    assert [("x", Blobs())] == world.opened()
    assert [] == world.reading.waiting


def test_stretches__too_many__are_given_up_from_the_oldest() -> None:
    """A child's node that never comes so far is no reason to keep them all."""
    world = World()
    for number in range(STRETCHES_MAX + 2):
        world.close(str(number))
    world.opened()
    posts = [stretch.post for stretch, _ in world.reading.waiting]
    assert (STRETCHES_MAX, "2") == (len(posts), posts[0])
