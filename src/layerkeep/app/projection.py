"""From the view to the rows that lists show: which messages moved, and what their rows are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from layerkeep.core.effects import Effect, MessageMoved
from layerkeep.core.facts import Fact, Sent
from layerkeep.core.journeys import following, previous
from layerkeep.core.messages import Message
from layerkeep.core.view import View
from layerkeep.edge.store.records import MessageRow


@dataclass(slots=True)
class Projection:
    """What changed since the rows were last written."""

    seqs: dict[str, int] = field(default_factory=dict)
    dirty: dict[str, None] = field(default_factory=dict)
    last_seq: int = 0

    def note(self, facts: Sequence[Fact], seqs: Sequence[int]) -> None:
        """Remember under which number each message's first fact was logged."""
        for fact, seq in zip(facts, seqs, strict=True):
            if isinstance(fact.says, Sent):
                self.seqs[fact.says.message] = seq
        if seqs:
            self.last_seq = max(self.last_seq, seqs[-1])

    def mark(self, effects: Iterable[Effect]) -> None:
        """The rows of these messages are out of date."""
        for effect in effects:
            if isinstance(effect, MessageMoved):
                self.dirty[effect.message] = None

    def take(self, view: View) -> tuple[list[MessageRow], list[str]]:
        """The rows to write and the ids to delete; nothing is out of date afterwards."""
        rows: dict[str, MessageRow] = {}
        gone: list[str] = []
        for message_id in self.dirty:
            message = view.messages.get(message_id)
            if message is None:
                gone.append(message_id)
                continue
            for each in (message, *following(view, message)):
                rows[each.id] = self._row(view, each)
        self.dirty.clear()
        for message_id in [known for known in self.seqs if known not in view.messages]:
            del self.seqs[message_id]
        return list(rows.values()), gone

    def _row(self, view: View, message: Message) -> MessageRow:
        before = previous(view, message)
        says = message.says
        return MessageRow(
            id=message.id,
            seq=self.seqs[message.id],
            lifecycle=message.lifecycle.name,
            source=says.source,
            target=says.target,
            stage=message.stage,
            finished=message.finished,
            sent=message.sent.anchor.time,
            moved=max(fact.anchor.time for fact in message.all_facts()),
            previous=before.id if before is not None else None,
        )
