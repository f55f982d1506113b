"""What was judged of what layers say about each other: the last word of each witness counts.

Bounded: of what was found right only the newest are remembered; what was found wrong stays.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from layerkeep.core.facts import Fact, Judged

REMEMBERED = 4096
"""Subjects: days of claims and batches of a few chains."""

TRUE, FALSE = "true", "false"

CLAIM = "claim"
"""The check of a state claim: its subject is the claim's id."""

Name = tuple[str, str]
"""A check and its subject, or a check and a child."""


@dataclass(slots=True)
class Judgements:
    """All of one network; iterating gives the checks and subjects."""

    known: dict[Name, list[Fact]] = field(default_factory=dict)
    right: dict[Name, Fact] = field(default_factory=dict)

    def take(self, fact: Fact, says: Judged) -> None:
        """A witness's word; it takes the place of what this witness said before."""
        name = (says.check, says.subject)
        kept = [each for each in self.known.pop(name, ()) if each.via != fact.via]
        self.known[name] = [*kept, fact]
        if says.verdict == TRUE:
            self.right[says.check, says.child] = fact
        if len(self.known) > REMEMBERED:
            self._forget_one()

    def drop(self, fact: Fact, says: Judged) -> None:
        """The block left in which this was found."""
        name = (says.check, says.subject)
        kept = [each for each in self.known.pop(name, ()) if each != fact]
        if kept:
            self.known[name] = kept
        if self.right.get((says.check, says.child)) == fact:
            del self.right[says.check, says.child]

    def let_go(self, check: str, subject: str) -> None:
        """Nothing can rest on the subject any more, so nobody asks whether it is true."""
        self.known.pop((check, subject), None)

    def answering(self, asked: Collection[str]) -> list[Fact]:
        """The words that answer any of these questions."""
        return [word for words in self.known.values() for word in words if word.answers in asked]

    def of(self, check: str, subject: str) -> list[Fact]:
        """The last word of each witness on a subject."""
        return self.known.get((check, subject), [])

    def last_right(self, check: str, child: str) -> Fact | None:
        """The newest judgement of this kind about a child that found all well."""
        return self.right.get((check, child))

    def __contains__(self, name: object) -> bool:
        return name in self.known

    def __iter__(self) -> Iterator[Name]:
        return iter(self.known)

    def _forget_one(self) -> None:
        oldest = next((name for name, words in self.known.items() if not _wrong(words)), None)
        if oldest is not None:
            del self.known[oldest]


def _wrong(words: list[Fact]) -> bool:
    return any(isinstance(fact.says, Judged) and fact.says.verdict == FALSE for fact in words)
