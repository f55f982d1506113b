"""State claims: what somebody says on a parent about its child, and how far that reaches.

Claims stand in lanes, one lane per child and kind (`l2/claims`, `l3/assertions`, `l3/delayed`). A
message with a position is covered by the earliest claim of its lane that reaches that far and still
counts. Claims come in the order of their chain, but how far one reaches may be learned later.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, field

from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, ClaimsVoided, Fact


@dataclass(slots=True)
class Claim:
    """One claim and everything said about it; its status is a fold, never stored."""

    made: Fact | None = None
    said: list[Fact] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The claim's own name, for example the address of its dispute game."""
        says = (self.made or self.said[0]).says
        assert isinstance(says, Claimed | ClaimCovers | ClaimMoved)
        return says.claim

    @property
    def covers(self) -> int | None:
        """The highest position covered, None while unknown."""
        for fact in reversed(self.said):
            if isinstance(fact.says, ClaimCovers):
                return fact.says.covers
        if self.made is not None and isinstance(self.made.says, Claimed):
            return self.made.says.covers
        return None

    def last_move(self) -> Fact | None:
        """The statement that decides the claim's status."""
        moves = [fact for fact in self.said if isinstance(fact.says, ClaimMoved)]
        return max(moves, key=lambda fact: fact.order, default=None)

    @property
    def status(self) -> str:
        """`proposed`, or what the last statement about it says."""
        move = self.last_move()
        return (
            move.says.status
            if move is not None and isinstance(move.says, ClaimMoved)
            else ("proposed")
        )


@dataclass(slots=True)
class Lane:
    """The claims of one lane, and the open messages that wait to be covered."""

    claims: dict[str, Claim] = field(default_factory=dict)
    voids: list[Fact] = field(default_factory=list)
    waiting: list[tuple[int, str]] = field(default_factory=list)

    def wait(self, position: int, message: str) -> None:
        """The message is among those a claim can cover."""
        entry = (position, message)
        index = bisect_right(self.waiting, entry)
        if index == 0 or self.waiting[index - 1] != entry:
            insort(self.waiting, entry)

    def leave(self, position: int, message: str) -> None:
        """The message no longer waits here."""
        index = bisect_right(self.waiting, (position, message)) - 1
        if index >= 0 and self.waiting[index] == (position, message):
            del self.waiting[index]

    def touched(self, covers: int | None) -> list[str]:
        """Every waiting message at or below a position."""
        if covers is None:
            return []
        end = bisect_right(self.waiting, (covers, "\uffff"))
        return [message for _, message in self.waiting[:end]]

    def counts(self, claim: Claim) -> bool:
        """True unless the claim was voided, alone or with all claims of its time."""
        if claim.made is None or claim.status == "voided":
            return False
        return not any(
            isinstance(void.says, ClaimsVoided)
            and claim.made.anchor.time <= void.says.created_until
            for void in self.voids
        )

    def covering(self, position: int, status: str) -> Claim | None:
        """The earliest claim that counts, reaches `position` and has at least this status."""
        found: Claim | None = None
        for claim in self.claims.values():
            covers = claim.covers
            if covers is None or covers < position or not self.counts(claim):
                continue
            if status == "confirmed" and claim.status != "confirmed":
                continue
            assert claim.made is not None
            if found is None or (found.made and claim.made.order < found.made.order):
                found = claim
        return found

    def lowest_wanted(self) -> int | None:
        """The lowest position anybody still waits for."""
        return self.waiting[0][0] if self.waiting else None
