"""Drives a follower over a pool: asks what it wants, tells what came of it, sleeps until the next.

Outcomes are awaited one by one before the next round, so whoever takes them can commit facts and
cursor together. Other questions ride along in the same requests (`enqueue`), a few per round.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import time_ns

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError
from layerkeep.core.follower import Follower, Given, Outcome, Refused, Waiting
from layerkeep.core.units import SECOND, Duration, Height, Timestamp
from layerkeep.edge.rpc.chain_calls import Question, answer, question
from layerkeep.edge.rpc.client import RpcClient
from layerkeep.edge.rpc.pool import Answered, Pool
from layerkeep.edge.rpc.wire import Reply

RIDERS_MAX = 40
"""Calls that ride along in one round; the rest waits for the next."""
RIDER_TRIES = 5
BLIND_AFTER = Duration(5 * SECOND)
SURVEY_EVERY = Duration(15 * SECOND)
RETRY_MIN = Duration(20)
RETRY_MAX = Duration(5 * SECOND)
TOLERATED = frozenset({"older-head", "block-missing"})
"""Refusals that say that an upstream is behind, not that it is wrong."""


@dataclass(frozen=True, slots=True)
class Blind:
    """No upstream has given a usable answer since then."""

    since: Timestamp
    reason: str


@dataclass(frozen=True, slots=True)
class Seeing:
    """Answers are coming again."""

    since: Timestamp


OnOutcome = Callable[[Outcome | Blind | Seeing], Awaitable[None]]
OnReplies = Callable[[Sequence[Reply], str], Awaitable[None]]
"""Takes the replies to calls that rode along, in order, and the name of who replied."""

OnDropped = Callable[[], None]
"""Told that calls which rode along in vain too often are not put any more."""


@dataclass(slots=True)
class Rider:
    """Calls waiting for a place in a request."""

    calls: tuple[Call, ...]
    on_replies: OnReplies
    on_dropped: OnDropped
    tries: int = 0


def wall_clock() -> Timestamp:
    """Milliseconds since the epoch."""
    return Timestamp(time_ns() // 1_000_000)


class Follow:
    """Keeps one follower going."""

    def __init__(
        self,
        follower: Follower,
        pool: Pool,
        on_outcome: OnOutcome,
        clock: Callable[[], Timestamp] = wall_clock,
    ) -> None:
        self.follower = follower
        self._pool = pool
        self._on_outcome = on_outcome
        self._clock = clock
        self._riders: deque[Rider] = deque()
        self._wake = asyncio.Event()
        self._seen_at = clock()
        self._surveyed_at = clock()
        self._moved_at = clock()
        self._is_blind = False
        self._retry_at = Timestamp(0)

    def enqueue(
        self, calls: Sequence[Call], on_replies: OnReplies, on_dropped: OnDropped = lambda: None
    ) -> None:
        """Let calls ride along; `on_replies` is awaited with their replies, or they are dropped."""
        assert 0 < len(calls) <= RIDERS_MAX, "calls that ride together fit into one round"
        self._riders.append(Rider(tuple(calls), on_replies, on_dropped))

    @property
    def seen_at(self) -> Timestamp:
        """When an upstream last gave a usable answer."""
        return self._seen_at

    @property
    def waiting_calls(self) -> int:
        """How many calls wait for a place in a request."""
        return sum(len(rider.calls) for rider in self._riders)

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set."""
        stopper = asyncio.create_task(stop.wait())
        stopper.add_done_callback(lambda _: self._wake.set())
        self._listen()
        try:
            while not stop.is_set():
                await self.round()
                await self._sleep()
        finally:
            stopper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stopper

    async def round(self) -> None:
        """One round: ask, believe or not, tell."""
        want = self.follower.want(self._clock())
        riders = self._board()
        extra = tuple(call for rider in riders for call in rider.calls)
        asked: dict[str, Question] = {}

        def build(client: RpcClient) -> Sequence[Call]:
            asked[client.name] = question(want, self.follower.plan.filter, client)
            return asked[client.name].calls + extra

        try:
            answered = await self._pool.ask(build)
            given = self._read(asked[answered.client.name], answered, len(extra))
        except RpcError as error:
            self._board_again(riders)
            await self._fail(error)
            return
        await self._succeed(given)
        await self._alight(riders, answered)

    def _listen(self) -> None:
        """Let announcements of new heads wake us."""
        for client in self._pool.clients:
            if client.socket:
                client.socket.on_head = self._hear
                client.socket.start()

    def _hear(self, height: Height) -> None:
        self.follower.heard(height)
        self._wake.set()

    def _board(self) -> list[Rider]:
        """The riders of this round."""
        riders: list[Rider] = []
        places = RIDERS_MAX
        while self._riders and len(self._riders[0].calls) <= places:
            rider = self._riders.popleft()
            rider.tries += 1
            places -= len(rider.calls)
            riders.append(rider)
        return riders

    def _board_again(self, riders: Sequence[Rider]) -> None:
        """The round failed: who rode along is first in the next, unless it failed too often."""
        for rider in reversed(riders):
            if rider.tries < RIDER_TRIES:
                self._riders.appendleft(rider)
            else:
                rider.on_dropped()

    async def _alight(self, riders: Sequence[Rider], answered: Answered) -> None:
        replies = answered.replies[len(answered.replies) - sum(len(r.calls) for r in riders) :]
        for rider in riders:
            its, replies = replies[: len(rider.calls)], replies[len(rider.calls) :]
            await rider.on_replies(its, answered.via)

    def _read(self, asked: Question, answered: Answered, extra: int) -> Given:
        replies = answered.replies[: len(answered.replies) - extra]
        try:
            return answer(asked, replies, answered.client)
        except RpcError as error:
            self._pool.reject(answered.via, error)
            raise

    async def _succeed(self, given: Given) -> None:
        now = self._clock()
        latest = given.heads.get("latest")
        if latest is not None:
            with contextlib.suppress(ValueError):
                self._pool.saw_head(given.via, latest.height)
        self._seen_at, self._retry_at = now, Timestamp(0)
        if self._is_blind:
            self._is_blind = False
            await self._on_outcome(Seeing(now))
        for outcome in self.follower.accept(given, now):
            self._note(outcome, now)
            await self._on_outcome(outcome)
        await self._look_around(now)

    def _note(self, outcome: Outcome, now: Timestamp) -> None:
        if isinstance(outcome, Refused) and outcome.reason not in TOLERATED:
            self._pool.blame(outcome.via)
        if not isinstance(outcome, Refused | Waiting):
            self._moved_at = now

    async def _fail(self, error: RpcError) -> None:
        now = self._clock()
        wait = max(RETRY_MIN, min(RETRY_MAX, error.retry_after or 0))
        self._retry_at = Timestamp(now + wait)
        if not self._is_blind and now - self._seen_at >= BLIND_AFTER:
            self._is_blind = True
            await self._on_outcome(Blind(self._seen_at, str(error)))

    async def _look_around(self, now: Timestamp) -> None:
        """When the chain seems to stand still, see whether other upstreams are further."""
        patience = max(SURVEY_EVERY, 4 * self.follower.plan.block_time)
        if now - max(self._moved_at, self._surveyed_at) >= patience:
            self._surveyed_at = now
            await self._pool.survey()

    async def _sleep(self) -> None:
        """Until the next round is due, a head is announced or it is time to stop."""
        now = self._clock()
        due = self._retry_at or self.follower.next_poll(now)
        if due <= now:
            self._wake.clear()
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout((due - now) / 1000):
                await self._wake.wait()
        self._wake.clear()
