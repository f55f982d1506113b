"""Timers: what is to be looked at when; entries that mean nothing any more do no harm."""

import heapq

from layerkeep.core.units import Timestamp


class Timers:
    """Named moments, earliest first."""

    def __init__(self) -> None:
        self._heap: list[tuple[Timestamp, str, str]] = []

    def add(self, due: int, name: str, subject: str = "") -> None:
        """Look at the subject then."""
        heapq.heappush(self._heap, (Timestamp(due), name, subject))

    def pop(self, now: Timestamp) -> tuple[str, str] | None:
        """The next name and subject that are due, each once."""
        if not self._heap or self._heap[0][0] > now:
            return None
        return heapq.heappop(self._heap)[1:]

    def next_due(self) -> Timestamp | None:
        """When the next is due."""
        return self._heap[0][0] if self._heap else None
