"""What is due when: cases by their own time, and word that something is over, gathered."""

import heapq
from collections.abc import Iterable

from layerkeep.core.acting.paging.case import Case
from layerkeep.core.acting.paging.model import Call
from layerkeep.core.units import MINUTE, Duration, Timestamp

OVER_EVERY = Duration(MINUTE)
"""The same person hears by the same channel so often that something is over."""

TOLD_MAX = 10_000
"""Endings remembered as told: more than any storm leaves on its way."""

Who = tuple[str, str]
"""A person and a channel."""


class Agenda:
    """Cases by when they are due; each has one time, the last that was set."""

    def __init__(self) -> None:
        self._heap: list[tuple[Timestamp, int, Case]] = []
        self._count = 0

    def put(self, case: Case, due: Timestamp | None) -> None:
        """The case is due then, or never."""
        case.due = due
        if due is not None:
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, case))

    def pop(self, now: Timestamp) -> Case | None:
        """The next case that is due by now; it has to be put again."""
        due = self.next_due()
        return heapq.heappop(self._heap)[2] if due is not None and due <= now else None

    def next_due(self) -> Timestamp | None:
        """When the next case is due."""
        while self._heap and self._heap[0][2].due != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None


class Endings:
    """Matters that are over, by whom to tell."""

    def __init__(self) -> None:
        self._calls: dict[Who, dict[Call, None]] = {}
        self._due: dict[Who, Timestamp] = {}
        self._told: dict[tuple[Who, str, Timestamp], None] = {}

    def add(self, who: Who, call: Call, now: Timestamp) -> None:
        """This person is to be told by this channel, once and not too soon after the last time."""
        if (who, call.matter, call.episode) in self._told:
            return
        self._calls.setdefault(who, {})[call] = None
        self._due[who] = max(now, self._due.get(who, now))

    def take(self, now: Timestamp) -> list[tuple[Who, list[Call]]]:
        """Who is to be told of what now."""
        found = []
        for who in [who for who, due in self._due.items() if due <= now]:
            calls = self._calls.pop(who, None)
            if calls is None:
                del self._due[who]
                continue
            self._due[who] = Timestamp(now + OVER_EVERY)
            found.append((who, list(calls)))
            self.know(who, calls)
        return found

    def know(self, who: Who, calls: Iterable[Call]) -> None:
        """This person was told of these by this channel."""
        self._told |= {(who, call.matter, call.episode): None for call in calls}
        while len(self._told) > TOLD_MAX:
            del self._told[next(iter(self._told))]

    def next_due(self) -> Timestamp | None:
        """When somebody is to be told next."""
        return min((self._due[who] for who in self._calls), default=None)
