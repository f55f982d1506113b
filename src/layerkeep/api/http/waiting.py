"""What waits for the readers of streams, held so that a thousand who only listen cost little.

An `asyncio.Queue` holds three deques and an event, and a timeout on each wait holds a timer of its
own. Here a reader has one list, a future while it waits, and all share the clock that gives a sign
of life.
"""

import asyncio
from collections.abc import Callable, Iterable

HELLO = b"retry: 3000\n\n"
STILL_HERE = b": still here\n\n"

Cut = Callable[[], None]


def leave_open() -> None:
    """Where the server gives no way to cut a connection, it ends by itself."""


class Waiting:
    """What waits for one reader, in the order it came; None is the end. Only one may take."""

    __slots__ = ("_quiet", "_said", "_wanted")

    def __init__(self) -> None:
        self._said: list[bytes | None] = []
        self._wanted: asyncio.Future[None] | None = None
        self._quiet = False

    def qsize(self) -> int:
        """How much waits."""
        return len(self._said)

    def empty(self) -> bool:
        """True if nothing waits."""
        return not self._said

    def put(self, said: bytes | None) -> None:
        """One more waits; who waits for it goes on."""
        self._said.append(said)
        self._quiet = False
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    def pop(self) -> bytes | None:
        """The first of what waits; IndexError if nothing does."""
        return self._said.pop(0)

    async def take(self) -> bytes | None:
        """The first of what waits, as soon as something does."""
        while not self._said:
            self._wanted = asyncio.get_running_loop().create_future()
            try:
                await self._wanted
            finally:
                self._wanted = None
        return self._said.pop(0)

    def end(self) -> None:
        """Nothing more comes, and what waits is forgotten."""
        self._said.clear()
        self.put(None)

    def look(self) -> None:
        """A sign of life, if nothing came since the last look and nothing waits."""
        if self._quiet and not self._said:
            self.put(STILL_HERE)
        self._quiet = True


class Pulse:
    """Looks at all who wait, so that none hears nothing for longer than a time."""

    def __init__(self, waiting: Callable[[], Iterable[Waiting]]) -> None:
        self._waiting = waiting
        self._task: asyncio.Task[None] | None = None

    def start(self, silence_s_max: float) -> None:
        """Look from now on; no more often than before if it does already."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(silence_s_max / 2))

    def stop(self) -> None:
        """Nobody is looked at any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            for each in list(self._waiting()):
                each.look()
