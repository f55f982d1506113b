"""The upstreams of one chain: asks the best one, and the next when it fails.

An upstream is asked only after it named the right chain id; that question rides in front of the
first batch and after every failure, since another machine may have taken over behind the name.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError, RpcLied, RpcLimited, RpcRefused, RpcTimeout
from layerkeep.core.units import SECOND, ChainName, Duration, Height, Timestamp
from layerkeep.edge.rpc import wire
from layerkeep.edge.rpc.client import RpcClient
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.rpc.health import Bucket, Clock, Health, Standing

CHAIN_ID = Call("eth_chainId", ())
HEAD = Call("eth_blockNumber", ())
WRONG_CHAIN = "wrong-chain-id"

WITNESS, INQUIRY, POSTS = "witness", "inquiry", "posts"
"""What is asked besides following: second opinions, inquiries, the blocks that hold posts."""

SAMPLE_FRESH = Duration(15 * SECOND)
"""A survey right after a sample would only ask the same again."""


class WrongChain(RpcLied):
    """An upstream serves another chain than it is declared to."""


Build = Callable[[RpcClient], Sequence[Call]]
"""Makes the calls for the upstream that will get them: its limits are its own."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The replies to a batch, in order, and the upstream they are from."""

    client: RpcClient
    replies: Sequence[wire.Reply]

    @property
    def via(self) -> str:
        """The name of the upstream."""
        return self.client.name


Samples = dict[str, Answered | RpcError]
"""What each upstream answered, or why it did not."""


@dataclass(slots=True)
class Member:
    """One upstream in the pool."""

    client: RpcClient
    limit: asyncio.Semaphore
    bucket: Bucket
    health: Health


def loop_clock() -> int:
    """Milliseconds on the event loop's clock."""
    return int(asyncio.get_running_loop().time() * 1000)


class Pool:
    """Asks whichever upstream of a chain is fit to answer."""

    def __init__(
        self, chain: ChainName, chain_id: int, counts: Counts, clock: Clock = loop_clock
    ) -> None:
        self.chain = chain
        self.counts = counts
        self._chain_id = chain_id
        self._clock = clock
        self._members: dict[str, Member] = {}
        self.sampled: Counter[str] = Counter()
        self.inquired: Counter[tuple[str, str]] = Counter()
        self._sampled_at: int | None = None

    def add(self, client: RpcClient, *, concurrency: int = 8, per_second: int = 0) -> None:
        """Let another upstream serve this chain; earlier ones are preferred."""
        assert client.name not in self._members, f"two upstreams are named {client.name}"
        limit = asyncio.Semaphore(concurrency)
        self._members[client.name] = Member(client, limit, Bucket(per_second), Health())

    @property
    def clients(self) -> Iterable[RpcClient]:
        """The upstreams, the preferred first."""
        return [member.client for member in self._members.values()]

    @property
    def followed(self) -> int:
        """Requests so far, without those of samples."""
        return self.counts.requests.total() - self.sampled.total()

    def standings(self) -> list[Standing]:
        """How each upstream does."""
        now = self._clock()
        return [
            Standing(
                name,
                not member.health.excluded and member.health.is_ready(now),
                member.health.reason,
                member.health.head,
                self.counts.requests[name],
                Timestamp(now),
            )
            for name, member in self._members.items()
        ]

    async def ask(self, build: Build) -> Answered:
        """The answer of the first upstream that gives one; an RpcError if none does."""
        failures: list[RpcError] = []
        for member in self._in_order():
            try:
                return await self._ask_one(member, build(member.client))
            except RpcError as error:
                failures.append(error)
        raise self._no_answer(failures)

    async def ask_only(self, name: str, calls: Sequence[Call], what: str = INQUIRY) -> Answered:
        """The answer of one upstream and no other; an RpcError if it gives none.

        `inquired` counts these requests by upstream and what for.
        """
        self.inquired[name, what] += 1
        return await self._ask_one(self._members[name], calls)

    async def survey(self) -> None:
        """Ask every upstream that may be asked how far it is, unless a sample just told."""
        now = self._clock()
        if self._sampled_at is not None and now - self._sampled_at < SAMPLE_FRESH:
            return
        ready = [member for member in self._members.values() if member.health.is_ready(now)]
        await asyncio.gather(*(self._survey_one(member) for member in ready))

    async def sample(self, asked: Mapping[str, Sequence[Call]], patience: Duration) -> Samples:
        """What each of these upstreams answers for itself, all asked at once; none waits longer.

        An answer in time counts for its upstream; silence is only told, since it may be busy with
        something larger. `sampled` counts these requests by upstream.
        """
        self._sampled_at = self._clock()
        members = [self._members[name] for name in asked]
        found = await asyncio.gather(
            *(self._sample_one(m, asked[m.client.name], patience) for m in members)
        )
        return {member.client.name: each for member, each in zip(members, found, strict=True)}

    def sampled_head(self, name: str, height: Height) -> None:
        """An upstream's newest block, as a sample told."""
        self._members[name].health.sampled_head(height)

    def saw_head(self, name: str, height: Height) -> None:
        """An upstream's newest block, as it told."""
        self._members[name].health.told_head(height)

    def reject(self, name: str, error: RpcError) -> None:
        """An upstream's answer turned out to be none."""
        self._failed(self._members[name], error)

    def blame(self, name: str) -> None:
        """An upstream's answer was not believed: prefer another."""
        self._members[name].health.blamed()

    async def close(self) -> None:
        """Leave all upstreams alone."""
        for client in self.clients:
            await client.close()

    def _in_order(self) -> list[Member]:
        now = self._clock()
        ready = [member for member in self._members.values() if member.health.is_ready(now)]
        best = max((member.health.head for member in ready), default=Height(0))
        return sorted(ready, key=lambda member: member.health.rank(best))

    async def _ask_one(self, member: Member, calls: Sequence[Call]) -> Answered:
        health, asks_chain = member.health, not member.health.is_verified
        try:
            replies = await self._send(member, (CHAIN_ID, *calls) if asks_chain else calls)
            if asks_chain:
                self._verify(member, replies[0])
                replies = replies[1:]
        except WrongChain as error:
            self.counts.failed(member.client.name, error)
            health.exclude(WRONG_CHAIN, self._clock())
            raise
        except RpcError as error:
            self._failed(member, error)
            raise
        health.succeeded()
        return Answered(member.client, replies)

    async def _send(self, member: Member, calls: Sequence[Call]) -> list[wire.Reply]:
        wait = member.bucket.wait(self._clock())
        if wait:
            await asyncio.sleep(wait / 1000)
        async with member.limit:
            return await member.client.batch(calls)

    async def _sample_one(
        self, member: Member, calls: Sequence[Call], patience: Duration
    ) -> Answered | RpcError:
        name, health = member.client.name, member.health
        if not health.may_be_sampled(self._clock()):
            return RpcLimited(health.reason or f"{name}: asks for fewer requests")
        self.sampled[name] += 1
        try:
            async with asyncio.timeout(patience / 1000):
                return await self._ask_one(member, calls)
        except TimeoutError:
            silent = RpcTimeout(f"{name}: no answer in {patience} ms")
            self.counts.failed(name, silent)
            return silent
        except RpcError as error:
            return error

    def _failed(self, member: Member, error: RpcError) -> None:
        self.counts.failed(member.client.name, error)
        member.health.failed(error, self._clock())

    def _verify(self, member: Member, reply: wire.Reply) -> None:
        """Take or exclude an upstream by the chain id it named."""
        name = member.client.name
        if reply.result is None:
            raise wire.error_of(reply, name)
        try:
            found = int(reply.result.strip(b'"'), 16)
        except ValueError as error:
            raise RpcLied(f"{name}: its chain id is no number") from error
        if found != self._chain_id:
            raise WrongChain(f"{name}: {WRONG_CHAIN}: serves {found}, not {self._chain_id}")
        member.health.verified()

    async def _survey_one(self, member: Member) -> None:
        try:
            answered = await self._ask_one(member, [HEAD])
            height = int((answered.replies[0].result or b"").strip(b'"'), 16)
        except (RpcError, ValueError):
            return
        member.health.told_head(Height(height))

    def _no_answer(self, failures: Sequence[RpcError]) -> RpcError:
        """What to tell when nobody answered, and when it is worth asking again."""
        if len(failures) == 1 and len(self._members) == 1:
            told: RpcError = failures[0]
        else:
            reasons = [f"{m.client.name}: {m.health.reason}" for m in self._members.values()]
            told = RpcRefused(f"no upstream of {self.chain} answers: {'; '.join(reasons)}")
        earliest = min((m.health.retry_at for m in self._members.values()), default=0)
        told.retry_after = Duration(max(0, earliest - self._clock()))
        return told
