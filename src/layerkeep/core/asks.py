"""Open questions: when each is next due. Nothing polls; the engine asks for the next deadline."""

import heapq
from dataclasses import dataclass, field

from layerkeep.core.facts import Ask
from layerkeep.core.units import SECOND, Duration, Timestamp

FIRST_WAIT = Duration(2 * SECOND)
"""A question that stays open is put again after this, then after twice as long, and so on:
long enough for the next block of most chains."""

WAIT_MAX = Duration(300 * SECOND)
"""A question nobody can answer is put again this often: twelve an hour cost nothing."""


@dataclass(slots=True)
class OpenAsk:
    """A question and when to put it again."""

    ask: Ask
    due: Timestamp
    wait: Duration = FIRST_WAIT


@dataclass(slots=True)
class Asks:
    """All open questions of a network."""

    open: dict[str, OpenAsk] = field(default_factory=dict)
    by_subject: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    heap: list[tuple[int, str]] = field(default_factory=list)

    def put(self, ask: Ask, now: Timestamp) -> None:
        """The question is open from now on; an equal open one stays as it is."""
        ask_id = ask.id
        if ask_id in self.open:
            return
        self.open[ask_id] = OpenAsk(ask, now)
        self.by_subject.setdefault((ask.chain, ask.subject), []).append(ask_id)
        heapq.heappush(self.heap, (now, ask_id))

    def answered(self, ask_id: str, now: Timestamp) -> None:
        """An answer came: a single question is closed, a repeated one waits for its next turn."""
        found = self.open.get(ask_id)
        if found is None:
            return
        if not found.ask.every:
            self.close(ask_id)
            return
        found.wait = FIRST_WAIT
        self._again(found, Timestamp(now + found.ask.every))

    def close(self, ask_id: str) -> None:
        """The question is not put again."""
        found = self.open.pop(ask_id, None)
        if found is None:
            return
        subject = (found.ask.chain, found.ask.subject)
        left = [other for other in self.by_subject.get(subject, ()) if other != ask_id]
        if left:
            self.by_subject[subject] = left
        else:
            self.by_subject.pop(subject, None)

    def about(self, chain: str, subject: str) -> list[Ask]:
        """The open questions about one subject, for example an awaited transaction."""
        return [self.open[ask_id].ask for ask_id in self.by_subject.get((chain, subject), ())]

    def due(self, now: Timestamp, count_max: int) -> list[Ask]:
        """The questions to put now, each put again later unless it is answered."""
        found: list[Ask] = []
        while self.heap and self.heap[0][0] <= now and len(found) < count_max:
            due, ask_id = heapq.heappop(self.heap)
            pending = self.open.get(ask_id)
            if pending is None or pending.due != due:
                continue
            found.append(pending.ask)
            self._again(pending, Timestamp(now + pending.wait))
            pending.wait = Duration(min(2 * pending.wait, WAIT_MAX))
        return found

    def next_due(self) -> Timestamp | None:
        """When the next question is due, None if there is none."""
        while self.heap:
            due, ask_id = self.heap[0]
            pending = self.open.get(ask_id)
            if pending is not None and pending.due == due:
                return Timestamp(due)
            heapq.heappop(self.heap)
        return None

    def _again(self, pending: OpenAsk, due: Timestamp) -> None:
        pending.due = due
        heapq.heappush(self.heap, (due, pending.ask.id))
