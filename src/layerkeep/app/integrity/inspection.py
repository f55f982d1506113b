"""Looks into what no single question can answer: one question after the other, on several chains.

Deliveries that nobody was seen to send, once the parent is read past their time; now and then one
block of each child, whether it is derived from the parent's blocks as it says; and what batchers
post. Where one witness finds something false a second one is heard; what they find is a fact each,
told at the block it speaks of. A post that was found false is held against the nodes again whenever
blocks left the child: they may have come to what is posted.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from layerkeep.app.integrity.posts import Posts, Reading
from layerkeep.core.adapter import Adapter, Call, Inquiry, Scope, Stretch, Wanted
from layerkeep.core.chain_data import header_in, several
from layerkeep.core.errors import RpcError
from layerkeep.core.facts import AFTER_LOGS, Anchor, Fact, Judged, Says
from layerkeep.core.units import MINUTE, SECOND, Duration, Timestamp
from layerkeep.edge.beacon import Beacon
from layerkeep.edge.rpc.wire import Reply

if TYPE_CHECKING:
    from layerkeep.app.chain_feed import ChainFeed
    from layerkeep.app.daemon import Daemon

LOOK_EVERY_S = 2.0
"""How often it is seen what there is to look into: a verdict is worth no more haste."""

WITNESSES = 2
"""What says that somebody lied is asked of two nodes: one alone may be wrong itself."""

WAIT_MIN, WAIT_MAX = Duration(2 * SECOND), Duration(300 * SECOND)
"""What cannot be told yet is looked into again, each time after twice as long."""

NEAR = 64
"""Nothing is looked into while a chain is read this many blocks behind: much will be seen yet."""

INQUIRY = "inquiry"
"""What the facts of an inquiry answer: no question of the engine's, and no log says them either."""

ORDINAL_FIRST = 16
"""Where a witness's facts stand among those of their place: behind what the place itself says."""

SPOT_BLOCKS = 30
"""One block in so many is looked into, or one a minute on chains that are slower than that."""

NO_BEACONS: Mapping[str, Sequence[Beacon]] = {}


@dataclass(slots=True)
class Case:
    """Something to look into: when to look again, and whether all is told about it."""

    due: Timestamp
    wait: Duration = WAIT_MIN
    is_told: bool = False


class Inspection:
    """Looks into doubtful things of one network until it is told to stop."""

    def __init__(
        self, daemon: "Daemon", beacons: Mapping[str, Sequence[Beacon]] = NO_BEACONS
    ) -> None:
        self.daemon = daemon
        self.cases: dict[tuple[str, str], Case] = {}
        self.posts = Posts(daemon, beacons)
        self._spots: dict[str, Timestamp] = {}

    async def run(self) -> None:
        """Look, wait a little, look again."""
        stop = self.daemon.stop
        while not stop.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await stop.wait()

    async def look(self) -> None:
        """One look at everything that is doubtful now."""
        doubts = list(self._doubts())
        known = {(fact.anchor.block, _key(fact)) for fact, _, _ in doubts}
        for gone in self.cases.keys() - known:
            del self.cases[gone]
        for fact, adapter, scope in doubts:
            await self._look_into(fact, adapter, scope)
        self.posts.forget_blocks()
        for adapter, scope in self._children():
            await self._spot_check(adapter, scope)
            reading = await self.posts.look(adapter, scope)
            if reading is not None:
                await self._compare(reading, scope)

    def _children(self) -> Iterator[tuple[Adapter, Scope]]:
        """Every child that is read near its newest block, and whose parent is, too."""
        topology, feeds = self.daemon.network.topology, self.daemon.feeds
        for chain in topology.chains.values():
            if chain.settles_on is None:
                continue
            both = [feeds.get(name) for name in (chain.name, chain.settles_on)]
            if all(feed is not None and feed.progress.behind <= NEAR for feed in both):
                adapter = self.daemon.network.adapters[chain.stack]
                yield adapter, topology.scope(chain.name, chain.name)

    def _doubts(self) -> Iterator[tuple[Fact, Adapter, Scope]]:
        """What took effect on a child although nobody was seen to send it in time."""
        view = self.daemon.engine.view
        for adapter, scope in self._children():
            inspect, read = adapter.inspect, view.read_until(scope.parent)
            if inspect is None:
                continue
            for fact in self._unsent(scope):
                if fact.anchor.time < read and inspect(fact, scope) is not None:
                    yield fact, adapter, scope

    def _unsent(self, scope: Scope) -> list[Fact]:
        """What was said of messages of a child's bridge that nobody was seen to send."""
        orphans, own = self.daemon.engine.view.orphans, f"{scope.child}/"
        return [fact for key, facts in orphans.items() if key.startswith(own) for fact in facts]

    async def _look_into(self, fact: Fact, adapter: Adapter, scope: Scope) -> None:
        now, inspect = self.daemon.now(), adapter.inspect
        case = self.cases.setdefault((fact.anchor.block, _key(fact)), Case(now))
        if case.is_told or case.due > now or inspect is None:
            return

        def inquiry() -> Inquiry | None:
            made = inspect(fact, scope)
            return None if made is None else self._while_unsent(made, fact, scope)

        case.is_told = bool(await self._hear(inquiry, fact.anchor, scope))
        case.due = Timestamp(now + case.wait)
        case.wait = Duration(min(WAIT_MAX, 2 * case.wait))

    def _while_unsent(self, inquiry: Inquiry, fact: Fact, scope: Scope) -> Inquiry:
        """What an inquiry finds, unless the doubt has gone meanwhile: its block may have left."""
        found = yield from inquiry
        return found if fact in self._unsent(scope) else ()

    async def _spot_check(self, adapter: Adapter, scope: Scope) -> None:
        """Look into the newest block of a child, if it is time."""
        now, spot_check = self.daemon.now(), adapter.spot_check
        block_time = self.daemon.network.topology.chains[scope.child].block_time
        every = min(MINUTE, SPOT_BLOCKS * block_time)
        anchor = self._newest(scope)
        is_due = now - self._spots.get(scope.child, 0) >= every
        if spot_check is None or not is_due or not anchor.block:
            return
        self._spots[scope.child] = now
        await self._hear(lambda: spot_check(anchor, scope), anchor, scope)

    async def _compare(self, reading: Reading, scope: Scope) -> None:
        """Hold what was posted against the child's nodes; what they have not reached waits."""
        newest, reorgs = self._newest(scope), self.daemon.feeds[scope.child].reorgs
        reading.doubt_again(reorgs)
        for stretch, anchor in list(reading.waiting):

            def inquiry(stretch: Stretch = stretch) -> Inquiry:
                return _followed(reading.posting.inquire(stretch, newest), newest)

            told = await self._hear(inquiry, anchor, scope)
            if told:
                reading.waiting.remove((stretch, anchor))
            if any(map(_is_other_block, told)):
                reading.doubt((stretch, anchor), reorgs)

    def _newest(self, scope: Scope) -> Anchor:
        at = self.daemon.feeds[scope.child].follower.cursor
        return Anchor(scope.child, at.height, at.hash, at.time)

    async def _hear(
        self, inquiry: Callable[[], Inquiry | None], anchor: Anchor, scope: Scope
    ) -> list[Says]:
        """Hear one witness, and where it finds something false another one; what was told.

        What two of them find is two facts. One who cannot tell yet does not count.
        """
        told: list[Says] = []
        for witness in range(self._witnesses(scope)):
            made = inquiry()
            found = await self._inquire(made, anchor, witness) if made is not None else []
            told += found
            if found and not any(_is_false(says) for says in found):
                break
        return told

    def _witnesses(self, scope: Scope) -> int:
        """How many can be heard: two, unless every chain that is asked has but one upstream."""
        feeds = self.daemon.feeds
        return min(WITNESSES, max(_upstreams(feeds[name]) for name in (scope.child, scope.parent)))

    async def _inquire(self, inquiry: Inquiry, anchor: Anchor, witness: int) -> Sequence[Says]:
        """What an inquiry through one witness found, once it is told; nothing if it is not."""
        try:
            found, via = await self._answers(inquiry, witness)
        except (RpcError, ValueError) as reason:
            self.daemon.log.debug("inquiry-unusable", chain=anchor.chain, reason=str(reason))
            return ()
        place, first = _behind_logs(anchor), ORDINAL_FIRST * (1 + witness)
        facts = [
            Fact(place, says, ordinal, INQUIRY, via) for ordinal, says in enumerate(found, first)
        ]
        is_told = bool(facts) and await self.daemon.feeds[anchor.chain].tell(facts)
        return found if is_told else ()

    async def _answers(self, inquiry: Inquiry, witness: int) -> tuple[list[Says], str]:
        """What an inquiry returns, and which upstream answered last."""
        via = ""
        results: tuple[Any, ...] | None = None
        while True:
            try:
                wanted = next(inquiry) if results is None else inquiry.send(results)
            except StopIteration as end:
                return list(end.value), via
            via, results = await self._results(wanted, witness)

    async def _results(self, wanted: Wanted, witness: int) -> tuple[str, tuple[Any, ...]]:
        feed = self.daemon.feeds[wanted.chain]
        names = [client.name for client in feed.pool.clients]
        name = names[witness % len(names)]
        answered = await feed.pool.ask_only(name, wanted.calls)
        return name, tuple(map(_result, answered.replies))


def _followed(inquiry: Inquiry, newest: Anchor) -> Inquiry:
    """What an inquiry finds. Blocks that are others than expected are told only where the node has
    the newest block that we follow: else some left, or the node did, and that must be known first.
    """
    found = yield from inquiry
    if not any(map(_is_other_block, found)):
        return found
    call = Call("eth_getBlockByNumber", (hex(newest.height), False))
    header = header_in(several((yield Wanted(newest.chain, (call,))), 1)[0])
    return found if header is not None and header.hash.lower() == newest.block else ()


def _is_other_block(says: Says) -> bool:
    return isinstance(says, Judged) and _is_false(says) and says.height >= 0


def _is_false(says: Says) -> bool:
    return isinstance(says, Judged) and says.verdict == "false"


def _key(fact: Fact) -> str:
    return str(getattr(fact.says, "key", ""))


def _upstreams(feed: "ChainFeed") -> int:
    return len(list(feed.pool.clients))


def _behind_logs(anchor: Anchor) -> Anchor:
    return msgspec.structs.replace(anchor, log_index=AFTER_LOGS)


def _result(reply: Reply) -> Any:
    """The result of a call; a refused one is for the adapter to judge."""
    if reply.result is None:
        return {"error": {"code": reply.code, "message": reply.complaint}}
    try:
        return msgspec.json.decode(reply.result)
    except msgspec.DecodeError as error:
        raise ValueError(f"not-json: {error}") from error
