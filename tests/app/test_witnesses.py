"""Second opinions: one request a node for all that came together, and inquiries over chains."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from layerkeep.app.integrity.inspection import Inspection
from layerkeep.app.integrity.witnesses import Witnesses
from layerkeep.core.adapter import Call, Wanted
from layerkeep.core.errors import RpcRefused
from layerkeep.core.facts import AFTER_LOGS, Anchor, Fact, Judged, Reached
from layerkeep.core.units import ChainName, Key
from layerkeep.edge.rpc.wire import Reply

L1, L2 = ChainName("l1"), ChainName("l2")


@dataclass
class FakePool:
    """Upstreams that answer each call with its method, or refuse."""

    names: tuple[str, ...] = ("a", "b", "c")
    silent: set[str] = field(default_factory=set)
    asked: list[tuple[str, int]] = field(default_factory=list)

    @property
    def clients(self) -> list[Any]:
        """By name."""
        return [SimpleNamespace(name=name) for name in self.names]

    def standings(self) -> list[Any]:
        """Silent ones are not usable."""
        return [SimpleNamespace(name=n, is_usable=n not in self.silent) for n in self.names]

    async def ask_only(self, name: str, calls: list[Call], _what: str = "") -> Any:
        """Replies from one upstream."""
        self.asked.append((name, len(calls)))
        if name in self.silent:
            raise RpcRefused("silent")
        replies = [Reply(f'"{call.method}"'.encode()) for call in calls]
        return SimpleNamespace(client=None, replies=replies, via=name)


def put_all(pool: FakePool, *puts: tuple[str, str, int], stopped: bool = False) -> list[Any]:
    """What is heard when questions of so many calls are put to upstreams together."""
    heard: list[Any] = []

    async def main() -> None:
        stop = asyncio.Event()
        witnesses = Witnesses(pool, stop, gather_s=0.01)  # type: ignore[arg-type]
        for name, ask, count in puts:

            async def on_replies(replies: Any, via: str, ask: str = ask) -> None:
                heard.append((ask, via, [reply.result for reply in replies]))

            witnesses.put(name, ask, [Call(f"{ask}{n}", ()) for n in range(count)], on_replies)
        if stopped:
            stop.set()
        await asyncio.sleep(0.05)

    asyncio.run(main())
    return heard


def test_witness__asked_several_things__gets_one_request():
    """Each question hears its own replies, and who gave them."""
    pool = FakePool()
    heard = put_all(pool, ("b", "p", 2), ("b", "q", 1), ("c", "p", 2), ("b", "p", 2))
    assert [("b", 3), ("c", 2)] == pool.asked
    assert [
        ("p", "b", [b'"p0"', b'"p1"']),
        ("q", "b", [b'"q0"']),
        ("p", "c", [b'"p0"', b'"p1"']),
    ] == heard


def test_witness__that_is_silent__is_not_heard():
    """The question stays open; whoever put it puts it again."""
    pool = FakePool(silent={"b"})
    assert [] == put_all(pool, ("b", "p", 1))
    assert [] == put_all(pool, ("c", "p", 1), stopped=True)


def test_witnesses__besides_those_heard__come_usable_first():
    """One that does not answer is the last to be asked."""
    witnesses = Witnesses(FakePool(silent={"b"}), asyncio.Event())  # type: ignore[arg-type]
    assert 3 == witnesses.count
    assert ["a", "c", "b"] == witnesses.besides(())
    assert ["c", "b"] == witnesses.besides({"a"})


# ---- inquiries


class FakeFeed:
    """A chain's feed that keeps what it is told."""

    def __init__(self, **pool: Any) -> None:
        self.pool = FakePool(**pool)
        self.told: list[Any] = []

    async def tell(self, facts: Any) -> bool:
        """Taken."""
        self.told += facts
        return True


SCOPE = SimpleNamespace(child=L2, parent=L1)
ANCHOR = Anchor(L2, 9, "0x9", 9000, "0xtx", 1, 4)


def inspected(verdict: str, **feeds: FakeFeed) -> tuple[bool, list[Any]]:
    """What comes of hearing witnesses that all find this."""
    daemon: Any = SimpleNamespace(
        feeds={L1: feeds["parent"], L2: feeds["child"]},
        log=SimpleNamespace(debug=lambda *_, **__: None),
    )

    def inquiry() -> Any:
        if verdict == "known":
            return (Judged("delivery", L2, "key", "true"),)
        first = yield Wanted(L2, (Call("one", ()),))
        second = yield Wanted(L1, (Call("two", ()), Call("three", ())))
        if verdict == "nonsense":
            raise ValueError("nonsense")
        if not verdict:
            return ()
        return (Judged("delivery", L2, "key", verdict, found=f"{first} {second}"),)

    told = bool(asyncio.run(Inspection(daemon)._hear(inquiry, ANCHOR, SCOPE)))  # type: ignore[arg-type]
    return told, feeds["child"].told


def test_inquiry__that_finds_all_true__hears_one_witness():
    """It asks one chain, then the other, and is told behind the logs it speaks of."""
    parent, child = FakeFeed(names=("x", "y")), FakeFeed()
    told, (fact,) = inspected("true", parent=parent, child=child)
    assert told
    assert [("a", 1)] == child.pool.asked
    assert [("x", 2)] == parent.pool.asked
    assert ("x", AFTER_LOGS, 9) == (fact.via, fact.anchor.log_index, fact.anchor.height)
    assert "('one',) ('two', 'three')" == fact.says.found


def test_inquiry__that_finds_something_false__hears_another_witness():
    """Two nodes of each chain; where there is one, the same again."""
    _, found = inspected("false", parent=FakeFeed(names=("x", "y")), child=FakeFeed())
    assert ["x", "y"] == [fact.via for fact in found]
    assert len({fact.ordinal for fact in found}) == len(found)
    _, found = inspected("false", parent=FakeFeed(names=("x",)), child=FakeFeed(names=("a",)))
    assert ["x"] == [fact.via for fact in found]


@pytest.mark.parametrize("verdict", ["", "nonsense"])
def test_inquiry__that_finds_nothing__is_made_again(verdict):
    """Not yet, or garbage: no fact, and not done."""
    assert (False, []) == inspected(verdict, parent=FakeFeed(), child=FakeFeed())
    silent = FakeFeed(silent={"a", "b", "c"})
    assert (False, []) == inspected("true", parent=FakeFeed(), child=silent)


def test_inquiry__that_knows_without_asking__is_told():
    """Nobody was the witness."""
    told, (fact,) = inspected("known", parent=FakeFeed(), child=FakeFeed())
    assert (True, "") == (told, fact.via)


@pytest.mark.parametrize("left", [False, True])
def test_inquiry__into_what_left_meanwhile__tells_nothing(left):
    """The doubtful delivery's block left while its inquiry was under way."""
    said = Reached(Key("l2/msg/0x1"), "executed", executes=True)
    fact = Fact(ANCHOR, said)
    orphans = {said.key: [fact]}
    daemon: Any = SimpleNamespace(engine=SimpleNamespace(view=SimpleNamespace(orphans=orphans)))
    verdict = Judged("delivery", L2, "key", "false")

    def inquiry() -> Any:
        yield Wanted(L2, (Call("one", ()),))
        if left:
            orphans.clear()
        return (verdict,)

    asked = Inspection(daemon)._while_unsent(inquiry(), fact, SCOPE)  # type: ignore[arg-type]
    next(asked)
    with pytest.raises(StopIteration) as end:
        asked.send(("0x1",))
    assert ([] if left else [verdict]) == list(end.value.value)
