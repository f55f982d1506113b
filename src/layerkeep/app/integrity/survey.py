"""The survey: all upstreams of a chain asked together how far they are, and which blocks they have.

One small batch for each, now and then. They are compared at one height a few blocks below the
lowest head, so that nobody is asked for a block it cannot have yet; now and then at the finalized
one. Where they tell different blocks, the first such height is looked for, a little with each look.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.chain_data import Header
from layerkeep.core.errors import RpcError
from layerkeep.core.facts import Anchor, Fact, Lied, NodesSeen, NodeState
from layerkeep.core.follower import LogFilter
from layerkeep.core.network.agreement import Parting, agree, differ
from layerkeep.core.network.contents import Content, content_of, contradictions
from layerkeep.core.units import HOUR, SECOND, ChainName, Duration, Height, Timestamp
from layerkeep.edge.rpc.pool import Answered, Pool, Samples
from layerkeep.edge.rpc.wire import Reply

LOOK_EVERY_MIN = Duration(2 * SECOND)
"""Even the fastest chain is looked at no more often."""
PATIENCE_MAX = Duration(5 * SECOND)
"""Who has not answered by then is silent, as far as this look goes."""
CLIENT_EVERY = Duration(HOUR)
DEPTH = 4
"""Blocks below the lowest head at which hashes are compared: deeper than the usual reorg."""
FAR_BEHIND = 64
"""Blocks; who is so far behind the best has no say in which height is compared."""
FINAL_EVERY = 16
"""With every so many looks the finalized height is the one compared."""

SUSPECTED = 5
"""Looks after the last lie that was seen, at the end of which what the liar told is doubted again:
not every block is looked at."""

LATEST = Call("eth_getBlockByNumber", ("latest", False))
CLIENT = Call("web3_clientVersion", ())

ADDRESSES_MAX = 100
"""Logs of more contracts than this are not compared: common nodes refuse longer lists."""
NOTHING = LogFilter((), ())

OnSeen = Callable[..., Awaitable[None]]
"""Takes the facts of one look."""
Told = dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the follower of the chain knows anyway.

    `finalized` is the height that it takes for final, if any. A chain with one upstream has nothing
    to compare: then `alone` tells how that one does, and nobody is asked. `distrust` is told who
    lies.
    """

    finalized: Callable[[], int | None] = lambda: None
    alone: Callable[[Timestamp], NodeState | None] = lambda _now: None
    distrust: Callable[[str], None] = lambda _name: None


class Survey:
    """Looks at the upstreams of one chain until stopped.

    `watched` are the logs that are compared, `lies` those that the last look found.
    """

    def __init__(
        self,
        chain: ChainName,
        pool: Pool,
        poll_every: Duration,
        known: "Known | None" = None,
        watched: LogFilter = NOTHING,
    ) -> None:
        self.chain = chain
        self.pool = pool
        self.every = Duration(max(poll_every, LOOK_EVERY_MIN))
        self.looks = 0
        self._known = known or Known()
        self.lies: list[Fact] = []
        self._watched = watched if len(watched.addresses) <= ADDRESSES_MAX else NOTHING
        self._suspects: dict[str, int] = {}
        self._contents: dict[str, Content] = {}
        self._clients: dict[str, tuple[Timestamp, str]] = {}
        self._heads: dict[str, int] = {}
        self._parting: Parting | None = None

    @property
    def patience(self) -> Duration:
        """How long an upstream may take to answer: less than what lies between two looks."""
        return Duration(min(PATIENCE_MAX, self.every * 3 // 4))

    async def run(self, stop: asyncio.Event, now: Callable[[], Timestamp], tell: OnSeen) -> None:
        """Look, tell, wait; a look that took long shortens the wait."""
        while not stop.is_set():
            began = now()
            await tell(await self.look(began), *self.lies)
            for name in self._distrusted():
                self._known.distrust(name)
            await self._search()
            wait = max(Duration(0), Duration(self.every - (now() - began)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait / 1000):
                    await stop.wait()

    async def look(self, now: Timestamp) -> Fact:
        """What all upstreams say at this moment."""
        alone = self._known.alone(now)
        if alone is not None:
            return Fact(Anchor(self.chain, -1, "", now), NodesSeen(-1, (alone,)))
        height = self._height()
        asked = {client.name: self._calls(client.name, height, now) for client in self.pool.clients}
        answers = await self.pool.sample(asked, self.patience)
        self._contents = {}
        states = [self._state(name, answers[name], height, now) for name in asked]
        self.looks += 1
        self._heads = {state.upstream: state.head for state in states if state.answering}
        told = {state.upstream: state.hash for state in states}
        self._compare(height, told)
        self.lies = [self._lie(name, part, now) for name, part in contradictions(self._contents)]
        found = self._parting.found if self._parting else None
        parted = -1 if found is None or not differ(told) else found
        says = NodesSeen(height, tuple(states), parted)
        return Fact(Anchor(self.chain, height, "", now), says)

    def _distrusted(self) -> list[str]:
        """Who lies by the last look, and who did some looks ago: it may have gone on unseen."""
        liars = [lie.via for lie in self.lies]
        self._suspects |= dict.fromkeys(liars, self.looks + SUSPECTED)
        cleared = [name for name, until in self._suspects.items() if until <= self.looks]
        for name in cleared:
            del self._suspects[name]
        return liars + cleared

    # ---- one look

    def _height(self) -> int:
        """The height to compare: one that everybody who keeps up should have."""
        final = self._known.finalized() if self._parting is None else None
        if final is not None and self.looks % FINAL_EVERY == FINAL_EVERY - 1:
            return final
        best = max(self._heads.values(), default=-1)
        near = [head for head in self._heads.values() if best - head <= FAR_BEHIND]
        return max(-1, min(near, default=-1) - DEPTH)

    def _calls(self, name: str, height: int, now: Timestamp) -> Sequence[Call]:
        calls = [LATEST]
        if height >= 0:
            calls.append(_block(height))
        if height >= 0 and self._watched.addresses:
            calls.append(_logs(height, self._watched))
        if name not in self._clients or now - self._clients[name][0] >= CLIENT_EVERY:
            calls.append(CLIENT)
        return calls

    def _state(
        self, name: str, answer: Answered | RpcError, height: int, now: Timestamp
    ) -> NodeState:
        client = self._clients.get(name, (now, ""))[1]
        if isinstance(answer, RpcError):
            return NodeState(name, False, client=client, reason=str(answer))
        latest, *rest = answer.replies
        head = _header(latest)
        if head is None:
            reason = latest.complaint or "its newest block is none"
            return NodeState(name, False, client=client, reason=f"{name}: {reason}")
        there = self._content(name, rest) if height >= 0 else None
        if rest:
            client = _text(rest[0]) or client
            self._clients[name] = (now, client)
        self.pool.sampled_head(name, Height(head[0]))
        block = there[1] if there is not None and there[0] == height else ""
        return NodeState(name, True, head[0], block, client)

    def _content(self, name: str, rest: list[Reply]) -> tuple[int, str] | None:
        """The block at the height compared; what is in it is remembered."""
        block = rest.pop(0)
        logs = rest.pop(0).result if self._watched.addresses else None
        content = content_of(block.result, logs) if block.result is not None else None
        if content is not None:
            self._contents[name] = content
        return _header(block)

    def _lie(self, name: str, part: str, now: Timestamp) -> Fact:
        says = Lied(name, f"{part}-contradicts-others", self._contents[name].block)
        return Fact(Anchor(self.chain, -1, "", now), says, via=name)

    # ---- where they part

    def _compare(self, height: int, told: Told) -> None:
        """Begin, keep or end the search for where they part."""
        if self._parting is None:
            self._parting = Parting(height, told) if differ(told) else None
        elif agree(told) and height >= max(self._parting.answers):
            self._parting = None

    async def _search(self) -> None:
        """Go on with the search while there is time before the next look."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience / 2000
        parting = self._parting
        while parting is not None and loop.time() < until:
            height = parting.next_height
            if height is None:
                return
            calls = [_block(height)]
            asked = dict.fromkeys(parting.upstreams, calls)
            told = _told(await self.pool.sample(asked, self.patience), height)
            if len(told) < len(asked):  # ask again with the next look: silence is no block
                return
            parting.take(told)


def _block(height: int) -> Call:
    return Call("eth_getBlockByNumber", (hex(height), False))


def _logs(height: int, watched: LogFilter) -> Call:
    place = {"fromBlock": hex(height), "toBlock": hex(height)}
    return Call("eth_getLogs", ({**place, "address": watched.addresses},))


def _told(answers: Samples, height: int) -> Told:
    """The hash that each told for a height; who gave no answer is absent."""
    found: Told = {}
    for name, answer in answers.items():
        if isinstance(answer, Answered):
            header = _header(answer.replies[0])
            found[name] = header[1] if header is not None and header[0] == height else ""
    return found


def _header(reply: Reply) -> tuple[int, str] | None:
    """Height and hash of a block; None if the reply is none."""
    if reply.result is None:
        return None
    try:
        header = msgspec.json.decode(reply.result, type=Header | None)
        return None if header is None else (int(header.height), header.hash.lower())
    except (msgspec.MsgspecError, ValueError):
        return None


def _text(reply: Reply) -> str:
    """A client's name for itself, in no more letters than a line has."""
    if reply.result is None:
        return ""
    with contextlib.suppress(msgspec.MsgspecError):
        found: Any = msgspec.json.decode(reply.result)
        return str(found)[:100] if isinstance(found, str) else ""
    return ""
