"""One chain's outcomes, turned into facts and effects: log first, believe second."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from layerkeep.app.integrity.survey import Known
from layerkeep.app.integrity.tellers import Tellers
from layerkeep.app.integrity.witnesses import Witnesses
from layerkeep.app.observing import Observing
from layerkeep.app.questions import AnswerReader, PutAsk, TimeUnknown, Unusable, is_old_news
from layerkeep.core.adapter import Call
from layerkeep.core.chain_data import Header, Log
from layerkeep.core.effects import PutQuestion
from layerkeep.core.facts import Ask, Fact, NodeState
from layerkeep.core.follower import (
    Advanced,
    Follower,
    Outcome,
    Point,
    Progress,
    Refused,
    Reorged,
    Waiting,
    point_of,
)
from layerkeep.core.rules.rule import NEAR
from layerkeep.core.units import SECOND, ChainName, Height, Timestamp
from layerkeep.edge.follow import Blind, Follow, Seeing
from layerkeep.edge.rpc.pool import Pool
from layerkeep.edge.rpc.wire import Reply
from layerkeep.edge.store.records import BlockRow, Cursor, Entry

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon


class ChainFeed:
    """What keeps one chain's part of the view up to date."""

    def __init__(self, daemon: "Daemon", follower: Follower, pool: Pool, started: int) -> None:
        self.daemon = daemon
        self.follower = follower
        self.pool = pool
        self.follow = Follow(follower, pool, self.on_outcome)
        self.chain: ChainName = follower.plan.chain
        self.started = started
        self.blind: Blind | None = None
        self.reorgs = 0
        self.blocks = 0
        self.refusals: dict[str, int] = {}
        self._observing = Observing(follower, daemon.layers[self.chain].poll_every)
        self._held: dict[str, Ask] = {}
        self._asked: set[str] = set()
        self._answers = AnswerReader(daemon.dispatch, follower)
        self._witnesses = Witnesses(pool, daemon.stop)
        self._tellers = Tellers()

    @property
    def progress(self) -> Progress:
        """How much of the way to the newest block is behind us."""
        return self.follower.progress

    async def on_outcome(self, outcome: Outcome | Blind | Seeing) -> None:
        """Take in what came of one round."""
        if isinstance(outcome, Advanced):
            await self._advance(outcome)
        elif isinstance(outcome, Reorged):
            await self._reorg(outcome)
        elif isinstance(outcome, Refused):
            self.refusals[outcome.reason] = self.refusals.get(outcome.reason, 0) + 1
            self.daemon.log.warning(
                "refused",
                chain=self.chain,
                reason=outcome.reason,
                via=outcome.via,
                detail=outcome.detail,
            )
            await self._observe(self._observing.refused(outcome, self.daemon.now()))
        elif isinstance(outcome, Waiting):
            await self._observe(self._observing.head(self.daemon.now()))
        elif isinstance(outcome, Blind):
            self.blind = outcome
            self.daemon.log.error("blind", chain=self.chain, reason=outcome.reason)
        elif isinstance(outcome, Seeing):
            self.blind = None
            self.daemon.log.info("seeing", chain=self.chain)
        self._release_held()

    def put(self, ask: Ask) -> None:
        """Put a question with the next round, once we see the newest block and are near it."""
        if self.blind or self.progress.behind > NEAR or self.follower.heads.latest is None:
            self._held[ask.id] = ask
            return
        if ask.id in self._asked:
            return
        put = PutAsk(ask, self.follower.cursor)
        heard = self.daemon.engine.asks.heard(ask.id)
        if heard:
            self._ask_others(put, heard)
            return
        self._asked.add(ask.id)

        async def on_replies(replies: Sequence[Reply], via: str) -> None:
            self._asked.discard(ask.id)
            await self._answered(put, replies, via)
            if ask.witnesses > 1:
                self._ask_others(put, self.daemon.engine.asks.heard(ask.id) | {via})

        def on_dropped() -> None:
            self._asked.discard(ask.id)

        self.follow.enqueue(put.calls(self.daemon.dispatch), on_replies, on_dropped)

    def _ask_others(self, put: PutAsk, known: Collection[str]) -> None:
        """Put a question to as many upstreams besides these as it wants witnesses in all."""
        asks, dispatch = self.daemon.engine.asks, self.daemon.dispatch
        wanted = min(put.ask.witnesses, self._witnesses.count)
        if len(asks.heard(put.ask.id)) >= wanted:
            asks.settle(put.ask.id)
            return

        async def on_replies(replies: Sequence[Reply], via: str) -> None:
            if via not in asks.heard(put.ask.id):
                await self._answered(put, replies, via)

        for name in self._witnesses.besides(known)[: wanted - len(known)]:
            self._witnesses.put(name, put.ask.id, put.calls(dispatch), on_replies)

    @property
    def finalized(self) -> int | None:
        """The newest height that is final, as far as the chain's nodes tell."""
        head = self.follower.heads.finalized
        return None if head is None else int(head.height)

    def alone(self, now: Timestamp) -> NodeState | None:
        """What following a chain's one upstream tells of it; None if there are several."""
        latest, clients = self.follower.heads.latest, list(self.pool.clients)
        if len(clients) > 1:
            return None
        within = 2 * self.daemon.layers[self.chain].poll_every
        if latest is None or now - self.follow.seen_at > within:
            reason = self.blind.reason if self.blind else "no answer"
            return NodeState(clients[0].name, False, reason=reason)
        return NodeState(clients[0].name, True, int(latest.height))

    def distrust(self, name: str) -> None:
        """An upstream lies: others are preferred, and asked again for what it told lately."""
        self.pool.blame(name)
        lowest = self._tellers.lowest(name, int(self.follower.cursor.height))
        if lowest is not None:
            self.follower.doubt(Height(lowest), name)

    async def tell(self, facts: Sequence[Fact]) -> bool:
        """Log what was found out about blocks of this chain; False if one has left it since."""
        known = {int(point.height): point.hash for point in self.follower.window()}
        cursor = self.follower.cursor
        for anchor in (fact.anchor for fact in facts):
            block = known.get(anchor.height) or anchor.block
            if anchor.height > cursor.height or block != anchor.block:
                return False
        if facts:
            await self.daemon.log_and_believe(Entry(self._cursor(cursor), list(facts)))
        return True

    # ---- outcomes

    async def _advance(self, outcome: Advanced) -> None:
        self.blocks += outcome.cursor.height - outcome.first + 1
        times = {int(block.height): int(block.time) for block in outcome.blocks}
        logs = [_timed(log, times) for log in outcome.logs]
        facts = self.daemon.dispatch.facts(self.chain, logs, times, outcome.via)
        blocks = [BlockRow(b.height, b.hash.lower(), b.time) for b in outcome.blocks]
        if not blocks or blocks[-1].height != outcome.cursor.height:
            blocks.append(BlockRow(*outcome.cursor))
        now = self.daemon.now()
        head = _known(self._observing.head(now))
        entry = Entry(self._cursor(outcome.cursor), facts, blocks, noticed=now, observed=head)
        await self.daemon.log_and_believe(entry)
        self._tellers.told(int(outcome.first), outcome.via)
        self._look_for_awaited(outcome.blocks)

    async def _reorg(self, outcome: Reorged) -> None:
        self.reorgs += 1
        self._tellers.cut(int(outcome.ancestor.height))
        self.daemon.log.warning(
            "reorg", chain=self.chain, depth=outcome.dropped, ancestor=outcome.ancestor.height
        )
        now = self.daemon.now()
        entry = Entry(
            self._cursor(outcome.ancestor),
            retract_above=outcome.ancestor.height,
            noticed=now,
            observed=_known(self._observing.left(outcome, now)),
        )
        final = self.finalized
        was_final = final is not None and outcome.ancestor.height < final
        broke = was_final or bool(outcome.reason)
        await self.daemon.retract(self.chain, entry, broke_finality=broke)

    async def _answered(
        self, put: PutAsk, replies: Sequence[Reply], via: str, seen: Point | None = None
    ) -> None:
        if not self.daemon.engine.asks.is_wanted(put.ask.id):
            return  # what asked left its chain while the answer was under way
        try:
            facts = self._answers.facts(put, put.check(replies, self.daemon.dispatch), via, seen)
        except Unusable as reason:
            self.daemon.log.debug("answer-unusable", chain=self.chain, reason=str(reason))
            return
        except TimeUnknown as unknown:
            self._learn_time(put, replies, unknown.block)
            return
        engine = self.daemon.engine
        news = [fact for fact in facts if not is_old_news(engine, fact)]
        if facts and not news:
            engine.asks.answered(put.ask.id, self.daemon.now())
        if news:
            cursor = self._cursor(self.follower.cursor)
            await self.daemon.log_and_believe(Entry(cursor, news))
        asks = engine.asks
        if len(asks.heard(put.ask.id)) >= min(put.ask.witnesses, self._witnesses.count) > 0:
            asks.settle(put.ask.id)

    def _learn_time(self, put: PutAsk, receipt: Sequence[Reply], block: str) -> None:
        """Ask for the header of a receipt's block, then read the receipt again."""

        async def on_replies(replies: Sequence[Reply], via: str) -> None:
            try:
                header = msgspec.json.decode(replies[0].result or b"null", type=Header)
                seen = point_of(header)
            except (msgspec.MsgspecError, ValueError):
                return
            if seen.hash == block:
                await self._answered(put, receipt, via, seen)

        self.follow.enqueue([Call("eth_getBlockByHash", (block, False))], on_replies)

    async def _observe(self, fact: Fact | None) -> None:
        if fact is not None:
            await self.daemon.observe(fact)

    def _look_for_awaited(self, blocks: Sequence[Header]) -> None:
        """A transaction somebody waits for is in a block: ask for its receipt at once."""
        seen = [tx.lower() for block in blocks for tx in block.transactions]
        for ask in self.daemon.engine.awaited(self.chain, seen):
            self.daemon.carry_out([PutQuestion(ask)])

    def _release_held(self) -> None:
        if self._held and not self.blind and self.progress.behind <= NEAR:
            held, self._held = self._held, {}
            for ask in held.values():
                self.put(ask)

    def _cursor(self, at: Point) -> Cursor:
        heads = self.follower.heads
        return Cursor(
            chain=self.chain,
            height=at.height,
            hash=at.hash,
            time=at.time,
            started=self.started,
            latest=heads.latest.height if heads.latest else at.height,
            safe=heads.safe.height if heads.safe else None,
            finalized=heads.finalized.height if heads.finalized else None,
        )


def known_of(feeds: Mapping[str, ChainFeed], chain: ChainName) -> Known:
    """What the survey of a chain knows of its feed, once there is one."""

    def finalized() -> int | None:
        return feed.finalized if (feed := feeds.get(chain)) else None

    def alone(now: Timestamp) -> NodeState | None:
        return feed.alone(now) if (feed := feeds.get(chain)) else None

    def distrust(name: str) -> None:
        if feed := feeds.get(chain):
            feed.distrust(name)

    return Known(finalized, alone, distrust)


def _known(fact: Fact | None) -> tuple[Fact, ...]:
    return () if fact is None else (fact,)


def _timed(log: Log, times: Mapping[int, int]) -> Log:
    """A log that knows its block's time, as newer nodes give it: deadlines are counted from it."""
    if log.block_timestamp is not None:
        return log
    return replace(log, block_timestamp=hex(times[int(log.block_number, 16)] // SECOND))
