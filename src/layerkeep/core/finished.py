"""Finished messages on their way out of memory.

A message is let go when it is finished, every block its stage rests on is final, and the same is
true of all it is linked to: else a link could be lost, or no longer be in doubt. Nothing here scans
all messages: each waits for one block to become final, or for one message to finish.
"""

import heapq
from dataclasses import dataclass, field

from layerkeep.core.facts import Fact, Reached
from layerkeep.core.journeys import related
from layerkeep.core.messages import Message
from layerkeep.core.view import View


@dataclass(slots=True)
class Finished:
    """Every finished message in memory, and what each still waits for."""

    view: View
    ids: set[str] = field(default_factory=set)
    waiting: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    ready: list[str] = field(default_factory=list)

    def add(self, message: Message) -> bool:
        """The message is finished, and may have been touched since; true if this is news."""
        if message.id in self.ids:
            return False
        self.ids.add(message.id)
        self._wait(message.id, message.facts[-1] if message.facts else message.sent)
        return True

    def remove(self, message_id: str) -> None:
        """The message is not finished any more, or gone."""
        self.ids.discard(message_id)

    def gone(self, message_id: str) -> None:
        """The message does not exist any more: what it held up is looked at again."""
        self.ids.discard(message_id)
        self.ready += self.held.pop(message_id, ())

    def let_go(self, chain: str) -> list[Message]:
        """Release what nothing holds up now that more blocks of this chain are final."""
        due, self.ready = self.ready, []
        heap, final = self.waiting.get(chain, []), self.view.finalized(chain)
        while heap and heap[0][0] <= final:
            due.append(heapq.heappop(heap)[1])
        released: list[Message] = []
        for message_id in dict.fromkeys(due):
            if message_id in self.ids:
                released += self._try(self.view.messages[message_id])
        return released

    def _try(self, message: Message) -> list[Message]:
        """The whole journey is released, or the message waits for whatever holds it up."""
        family = _family(self.view, message)
        for each in family:
            if not each.finished:
                self.held.setdefault(each.id, []).append(message.id)
                return []
            proof = last_open(self.view, each)
            if proof is not None or _is_doubted(self.view, each):
                self._wait(message.id, proof)
                return []
        for each in family:
            self.view.release(each)
            self.gone(each.id)
        return family

    def _wait(self, message_id: str, proof: Fact | None) -> None:
        if proof is None:
            self.ready.append(message_id)
            return
        anchor = proof.anchor
        heapq.heappush(self.waiting.setdefault(anchor.chain, []), (anchor.height, message_id))


def last_open(view: View, message: Message) -> Fact | None:
    """The last fact that the message's stage rests on and that is not final, None if all are."""
    facts = message.all_facts()
    lane, position = message.lane, message.says.position
    if lane is not None and position is not None:
        status = message.lifecycle.stage(message.stage).claim
        claim = lane.covering(position, status) if status else None
        facts += claim.facts() if claim is not None else []
    found: Fact | None = None
    for fact in facts:
        if not view.is_final(fact) and (found is None or found.anchor.time <= fact.anchor.time):
            found = fact
    return found


def _is_doubted(view: View, message: Message) -> bool:
    """True while the message may continue another one that has not been read yet."""
    anchor = message.sent.anchor
    return any(
        isinstance(fact.says, Reached) and fact.says.key in view.orphans
        for fact in view.executed.get((anchor.chain, anchor.tx), ())
    )


def _family(view: View, message: Message) -> list[Message]:
    """The message and all it is linked to, directly or not."""
    family = {message.id: message}
    frontier = [message]
    while frontier:
        for other in related(view, frontier.pop()):
            if other.id not in family:
                family[other.id] = other
                frontier.append(other)
    return list(family.values())
