"""Which messages rest where a rule counts them: failed, not yet taken in, or to be paid out.

Kept as messages move, so that nobody has to look through all of them. Times in milliseconds.
"""

import heapq
from dataclasses import dataclass, field

from layerkeep.core.claims import CONFIRMED
from layerkeep.core.lifecycle import Stage
from layerkeep.core.messages import Message
from layerkeep.core.units import DAY, Timestamp

FAILED_KEPT = 256
"""Failed messages remembered per route: what fails more often is no worse."""

SPARE = 64
"""So many entries that no longer count may stand in a heap before it is made anew."""


@dataclass(slots=True)
class Queue:
    """Messages that wait, by when they were sent."""

    sent: dict[str, Timestamp] = field(default_factory=dict)
    heap: list[tuple[Timestamp, str]] = field(default_factory=list)

    def add(self, message: str, sent: Timestamp) -> None:
        """The message waits from now on."""
        if message not in self.sent:
            self.sent[message] = sent
            heapq.heappush(self.heap, (sent, message))

    def drop(self, message: str) -> None:
        """The message waits no longer."""
        if self.sent.pop(message, None) is not None and len(self.heap) > SPARE + 2 * len(self.sent):
            self.heap = sorted((sent, waiting) for waiting, sent in self.sent.items())

    def oldest(self) -> tuple[Timestamp, str] | None:
        """Since when the message sent first waits, and its id; None if none waits."""
        while self.heap and self.sent.get(self.heap[0][1]) != self.heap[0][0]:
            heapq.heappop(self.heap)
        return self.heap[0] if self.heap else None


@dataclass(slots=True)
class Owed:
    """The messages for which a bridge may be asked for the money now, and what it is in wei."""

    values: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def add(self, message: str, value: int) -> None:
        """The message may be paid out from now on."""
        if message not in self.values:
            self.values[message] = value
            self.total += value

    def drop(self, message: str) -> None:
        """The message is paid, failed, or cannot be paid out yet."""
        self.total -= self.values.pop(message, 0)


@dataclass(slots=True)
class Resting:
    """All of one network.

    `failed` holds, by route, the messages in a failed stage that is not their last, and when they
    failed: those of the last day, in the order in which that was learned. `queues` hold, by child,
    the messages that its sequencer has to take in; `blocks` those of them that one certain
    transaction of the child takes in, so that a block must come. `owed` holds, by child, the
    messages up from it that are proven, or covered by a sure claim.
    """

    failed: dict[str, dict[str, Timestamp]] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    blocks: dict[str, Queue] = field(default_factory=dict)
    owed: dict[str, Owed] = field(default_factory=dict)

    def moved(self, message: Message) -> None:
        """The message is new, or in another stage than before."""
        stage = message.lifecycle.stage(message.stage)
        if stage.failed and not stage.final:
            self._fail(message)
        elif message.route in self.failed:
            self.failed[message.route].pop(message.id, None)
        if message.lane is not None and message.says.source == message.child:
            self._owe(message, stage)
        if stage.name != message.lifecycle.happy[0]:
            self._drop(message.child, message.id)
        elif stage.duty == "sequencer" and stage.budget is not None:
            sent = Timestamp(message.sent.anchor.time)
            self.queues.setdefault(message.child, Queue()).add(message.id, sent)
            if message.says.awaits:
                self.blocks.setdefault(message.child, Queue()).add(message.id, sent)

    def gone(self, message: str) -> None:
        """The message is no more: the block that sent it left its chain."""
        for failed in self.failed.values():
            failed.pop(message, None)
        for child in self.queues:
            self._drop(child, message)
        for owed in self.owed.values():
            owed.drop(message)

    def oldest(self, child: str, *, in_a_block: bool = False) -> tuple[Timestamp, str] | None:
        """When the oldest message that the child has not taken in was sent, and its id."""
        queue = (self.blocks if in_a_block else self.queues).get(child)
        return queue.oldest() if queue is not None else None

    def _owe(self, message: Message, stage: Stage) -> None:
        owed = self.owed.setdefault(message.child, Owed())
        payable = stage.on_target or stage.claim == CONFIRMED
        if payable and not stage.final and not stage.failed:
            owed.add(message.id, message.says.value)
        else:
            owed.drop(message.id)

    def _drop(self, child: str, message: str) -> None:
        for queues in (self.queues, self.blocks):
            queue = queues.get(child)
            if queue is not None:
                queue.drop(message)

    def _fail(self, message: Message) -> None:
        failed = self.failed.setdefault(message.route, {})
        times = [fact.anchor.time for fact in message.facts]
        failed[message.id] = Timestamp(max(times, default=message.sent.anchor.time))
        newest = max(failed.values())
        first = next(iter(failed))
        while len(failed) > FAILED_KEPT or failed[first] < newest - DAY:
            del failed[first]
            first = next(iter(failed))
