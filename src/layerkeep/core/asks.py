"""Open questions: when each is next due. Nothing polls; the engine asks for the next deadline."""

import heapq
from dataclasses import dataclass, field

import msgspec

from layerkeep.core.facts import Ask, ClaimCovers, Claimed, Fact, Reached, Sent
from layerkeep.core.units import SECOND, Duration, Timestamp

FIRST_WAIT = Duration(2 * SECOND)
"""A question that stays open is put again after this, then after twice as long, and so on:
long enough for the next block of most chains."""

WAIT_MAX = Duration(300 * SECOND)
"""A question nobody can answer is put again this often: twelve an hour cost nothing."""

ASKING = (Sent, Reached, Claimed, ClaimCovers)
"""The statements that put questions."""


def asks_of(fact: Fact) -> tuple[Ask, ...]:
    """The questions that a fact puts."""
    says = fact.says
    return says.asks if isinstance(says, ASKING) else ()


class OpenAsk(msgspec.Struct):
    """A question, when to put it again, and the upstreams that have answered it."""

    ask: Ask
    due: Timestamp
    wait: Duration = FIRST_WAIT
    heard: set[str] = msgspec.field(default_factory=set)


@dataclass(slots=True)
class Asks:
    """All open questions of a network.

    `settled` are those that enough witnesses have answered: not put again, unless the block of an
    answer leaves its chain.
    """

    open: dict[str, OpenAsk] = field(default_factory=dict)
    settled: dict[str, OpenAsk] = field(default_factory=dict)
    by_subject: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    heap: list[tuple[int, str]] = field(default_factory=list)

    def put(self, ask: Ask, now: Timestamp) -> None:
        """The question is open from now on; an equal open one stays as it is."""
        ask_id = ask.id
        if ask_id in self.open or ask_id in self.settled:
            return
        self._open(ask_id, OpenAsk(ask, now))

    def answered(self, ask_id: str, now: Timestamp, via: str = "") -> None:
        """An answer came: a single question is closed, a repeated one waits for its next turn.

        One that wants witnesses stays open until so many upstreams have answered.
        """
        found = self.open.get(ask_id)
        if found is None:
            return
        if found.ask.witnesses > 1:
            found.heard.add(via)
            if len(found.heard) >= found.ask.witnesses:
                self.settle(ask_id)
            return
        if not found.ask.every:
            self.close(ask_id)
            return
        found.wait = FIRST_WAIT
        self._again(found, Timestamp(now + found.ask.every))

    def is_wanted(self, ask_id: str) -> bool:
        """False if nobody asks any more: it was answered, or what asked is gone."""
        return ask_id in self.open or ask_id in self.settled

    def heard(self, ask_id: str) -> frozenset[str]:
        """The upstreams that have answered a question that wants witnesses."""
        found = self.open.get(ask_id) or self.settled.get(ask_id)
        return frozenset(found.heard) if found is not None else frozenset()

    def settle(self, ask_id: str) -> None:
        """As many witnesses as there are have answered."""
        found = self.open.get(ask_id)
        if found is not None:
            self.close(ask_id)
            self.settled[ask_id] = found

    def unanswered(self, ask_id: str, now: Timestamp, via: str) -> None:
        """A witness's answer spoke of a block that left: it is to be asked once more."""
        found = self.settled.pop(ask_id, None)
        if found is not None:
            found.due, found.wait = now, FIRST_WAIT
            self._open(ask_id, found)
        if ask_id in self.open:
            self.open[ask_id].heard.discard(via)

    def close(self, ask_id: str) -> None:
        """The question is not put again."""
        self.settled.pop(ask_id, None)
        found = self.open.pop(ask_id, None)
        if found is None:
            return
        subject = (found.ask.chain, found.ask.subject)
        beside = self.by_subject[subject]
        beside.remove(ask_id)
        if not beside:
            del self.by_subject[subject]

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

    def _open(self, ask_id: str, pending: OpenAsk) -> None:
        ask = pending.ask
        self.open[ask_id] = pending
        self.by_subject.setdefault((ask.chain, ask.subject), []).append(ask_id)
        heapq.heappush(self.heap, (pending.due, ask_id))

    def _again(self, pending: OpenAsk, due: Timestamp) -> None:
        pending.due = due
        heapq.heappush(self.heap, (due, pending.ask.id))
