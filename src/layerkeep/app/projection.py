"""From the view to the rows that lists show: which messages moved, and what their rows are now."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from layerkeep.core.effects import Effect, MessageMoved
from layerkeep.core.facts import Fact, Sent
from layerkeep.core.view import View
from layerkeep.edge.store.records import MessageRow
from layerkeep.edge.store.rows import Ahead, plain_outlook, rows_of


@dataclass(slots=True)
class Projection:
    """What changed since the rows were last written.

    Rows are made while their messages are still in memory: `collect` before the view lets go of
    anything, `take` when they are written. `ahead` tells what a message waits for, `logged` counts
    the facts logged by chain.
    """

    ahead: Ahead = plain_outlook
    seqs: dict[str, int] = field(default_factory=dict)
    dirty: dict[str, None] = field(default_factory=dict)
    rows: dict[str, MessageRow | None] = field(default_factory=dict)
    last_seq: int = 0
    logged: Counter[str] = field(default_factory=Counter)

    def note(self, facts: Sequence[Fact], seqs: Sequence[int]) -> None:
        """Remember under which number each message's first fact was logged."""
        for fact, seq in zip(facts, seqs, strict=True):
            self.logged[fact.anchor.chain] += 1
            if isinstance(fact.says, Sent):
                self.seqs[fact.says.message] = seq
        if seqs:
            self.last_seq = max(self.last_seq, seqs[-1])

    def mark(self, effects: Iterable[Effect]) -> None:
        """The rows of these messages are out of date."""
        for effect in effects:
            if isinstance(effect, MessageMoved):
                self.dirty[effect.message] = None

    def is_stale(self, view: View) -> bool:
        """True if a row is not as the view would have it."""
        return bool(self.dirty or self.rows or view.told)

    def collect(self, view: View) -> None:
        """Every row that was out of date is made anew; None stands for a message that is gone."""
        self.dirty |= view.told
        view.told.clear()
        moved = [view.messages[each] for each in self.dirty if each in view.messages]
        self.rows |= dict.fromkeys(each for each in self.dirty if each not in view.messages)
        self.rows |= {row.id: row for row in rows_of(view, moved, self.seqs, self.ahead)}
        self.dirty.clear()

    def take(self, view: View) -> tuple[list[MessageRow], list[str]]:
        """The rows to write and the ids to delete; nothing is out of date afterwards."""
        self.collect(view)
        rows = [row for row in self.rows.values() if row is not None]
        gone = [message for message, row in self.rows.items() if row is None]
        self.rows.clear()
        for message_id in [known for known in self.seqs if known not in view.messages]:
            del self.seqs[message_id]
        return rows, gone

    def put_back(self, rows: Iterable[MessageRow], gone: Iterable[str]) -> None:
        """They could not be written; what came since counts more."""
        self.rows = {**{row.id: row for row in rows}, **dict.fromkeys(gone), **self.rows}
