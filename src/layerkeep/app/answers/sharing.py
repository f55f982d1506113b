"""Sharing: an answer that takes long is found once for all who ask within a moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from layerkeep.core.units import Duration

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """The last answer to one question; `now` is the clock that its age is told by."""

    def __init__(self, ask: Callable[[], Awaitable[Answer]], now: Callable[[], int]) -> None:
        self._ask = ask
        self._now = now
        self._at = 0
        self._answering: asyncio.Task[Answer] | None = None

    async def answer(self, lasting: Duration) -> Answer:
        """The answer: one that is being found, or not older than `lasting`, or else a new one.

        Who no longer waits does not end the search of all who do; what failed is asked again.
        """
        task = self._answering
        if task is None or (task.done() and not self._lasts(task, lasting)):
            task = self._answering = asyncio.create_task(self._found())
            self._at = self._now()
        return await asyncio.shield(task)

    async def _found(self) -> Answer:
        return await self._ask()

    def _lasts(self, task: "asyncio.Task[Answer]", lasting: Duration) -> bool:
        if task.cancelled() or task.exception() is not None:
            return False
        return 0 <= self._now() - self._at < lasting
