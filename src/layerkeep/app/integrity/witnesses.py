"""Second opinions: questions put to one named upstream, many of them together in one request.

The first witness of a question answers in the follower's own request. The others are asked here: a
node gets one batch for all that came together within a moment, whatever asked for it.
"""

import asyncio
from collections.abc import Collection, Sequence

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError
from layerkeep.edge.follow import OnReplies
from layerkeep.edge.rpc.pool import WITNESS, Pool

GATHER_S = 2.0
"""How long questions to one node are gathered: a verdict this much later is as good."""

Put = tuple[str, tuple[Call, ...], OnReplies]
"""A question's id, its calls, and who takes the replies."""


class Witnesses:
    """The upstreams of one chain, each asked by its name."""

    def __init__(self, pool: Pool, stop: asyncio.Event, gather_s: float = GATHER_S) -> None:
        self._pool = pool
        self._stop = stop
        self._gather_s = gather_s
        self._waiting: dict[str, dict[str, Put]] = {}
        self._under_way: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many upstreams there are."""
        return len(list(self._pool.clients))

    def besides(self, known: Collection[str]) -> list[str]:
        """The names of the others, those that answer first."""
        names = [each.name for each in self._pool.standings() if each.is_usable]
        late = [client.name for client in self._pool.clients if client.name not in names]
        return [name for name in (*names, *late) if name not in known]

    def put(self, name: str, ask: str, calls: Sequence[Call], on_replies: OnReplies) -> None:
        """Put a question to one upstream soon; nothing happens while the same is under way."""
        if (name, ask) in self._under_way:
            return
        self._under_way.add((name, ask))
        waiting = self._waiting.setdefault(name, {})
        waiting[ask] = (ask, tuple(calls), on_replies)
        if len(waiting) == 1:
            task = asyncio.create_task(self._send(name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, name: str) -> None:
        """One request with all that was gathered."""
        await asyncio.sleep(self._gather_s)
        puts = list(self._waiting.pop(name).values())
        if self._stop.is_set():
            return
        try:
            together = [call for _, calls, _ in puts for call in calls]
            answered = await self._pool.ask_only(name, together, WITNESS)
        except RpcError:
            return
        finally:
            self._under_way -= {(name, ask) for ask, _, _ in puts}
        replies = list(answered.replies)
        for _, calls, on_replies in puts:
            its, replies = replies[: len(calls)], replies[len(calls) :]
            if not self._stop.is_set():
                await on_replies(its, name)
