"""What operators' programs and the signer did when they were told to: counted, and held on request.

A deed may be held just before it is done, or just after, before anybody is answered: that is when a
worker dies that has logged its intent, or has not recorded what came of it. A deed that was held
before is given up when it is let go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from layerkeep.devnet.node import NodeError

BEFORE, AFTER = "before", "after"
GIVEN_UP = -32000
T = TypeVar("T")


class Latch:
    """Counts deeds, and holds the next one where it is told to."""

    def __init__(self) -> None:
        self.deeds: list[str] = []
        self.held = ""
        self._at: str | None = None
        self._free = asyncio.Event()

    def hold(self, at: str | None) -> None:
        """The next deed is held there; with None whatever is held goes on, and nothing is held."""
        if at not in (None, BEFORE, AFTER):
            raise ValueError(f"hold is null, {BEFORE} or {AFTER}, not {at!r}")
        self._at = at
        self._free.set()
        self._free = asyncio.Event()

    def status(self) -> dict[str, Any]:
        """What was done in order, and what is held now, if anything."""
        return {"deeds": self.deeds, "held": self.held, "hold": self._at}

    async def carry_out(self, name: str, deed: Callable[[], Awaitable[T]]) -> T:
        """What comes of the deed; NodeError if it was held before and given up."""
        if self._at == BEFORE:
            await self._wait(name)
            raise NodeError(GIVEN_UP, f"{name}: given up")
        found = await deed()
        self.deeds.append(name)
        if self._at == AFTER:
            await self._wait(name)
        return found

    async def _wait(self, name: str) -> None:
        self._at, self.held = None, name
        try:
            await self._free.wait()
        finally:
            self.held = ""
