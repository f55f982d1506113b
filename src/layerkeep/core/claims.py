"""State claims: what somebody says on a parent about its child, and how far that reaches.

Claims stand in lanes, one lane per child and kind (`l2/claims`, `l3/assertions`, `l3/delayed`). A
message with a position is covered by the earliest claim of its lane that reaches that far and still
counts. Claims come in the order of their chain, but how far one reaches may be learned later, and
on another chain. A name may be claimed again after its claim was deleted: the last one stands, and
what was said before it no longer matters.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from layerkeep.core.facts import (
    AFTER_LOGS,
    ClaimCovers,
    Claimed,
    ClaimMoved,
    ClaimsVoided,
    Fact,
)
from layerkeep.core.units import DAY

PROPOSED = "proposed"
CONFIRMED = "confirmed"
VOIDED = "voided"
DISPUTED = "disputed"

UNDECIDED_MAX = 30 * DAY
"""No stack lets a claim be disputed for longer; what was not decided by then was given up."""

NEVER = 1 << 64
"""After all times: what is spared so long is spared until something is said of its lane."""

NOWHERE = -1 << 64
"""How far a lane reaches while no claim in it counts: below every position."""

AboutClaims = Claimed | ClaimCovers | ClaimMoved


@dataclass(slots=True)
class Claim:
    """One claim and everything said about it; its status and reach are folds over that."""

    id: str
    lane: str
    makings: list[Fact]
    said: list[Fact] = field(default_factory=list)
    made: Fact = field(init=False)
    move: Fact | None = field(init=False)
    status: str = field(init=False)
    covers: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.refold()

    def refold(self) -> None:
        """What holds now follows from what is said now."""
        made = max(self.makings, key=_order)
        assert isinstance(made.says, Claimed)
        self.made, self.move = made, None
        self.status, self.covers = PROPOSED, made.says.covers
        for fact in sorted(self.said, key=_order):
            if _is_before(fact, made):
                continue
            if isinstance(fact.says, ClaimMoved):
                if (self.status, fact.says.status) == (CONFIRMED, DISPUTED):
                    continue  # who disputed it has lost
                self.move, self.status = fact, fact.says.status
            else:
                assert isinstance(fact.says, ClaimCovers)
                self.covers = fact.says.covers

    @property
    def is_decided(self) -> bool:
        """True if nothing more can become of it."""
        return self.status in (CONFIRMED, VOIDED)

    def facts(self) -> list[Fact]:
        """Everything said about it, its making first."""
        return [*self.makings, *self.said]

    def repeats(self, fact: Fact) -> bool:
        """True if the fact says again what stands already: polls do, for days."""
        move = self.move
        return (
            move is not None
            and isinstance(fact.says, ClaimMoved)
            and fact.says.status == self.status
            and isinstance(move.says, ClaimMoved)
            and fact.says.detail == move.says.detail
            and move.anchor.chain == fact.anchor.chain
            and move.order < fact.order
        )


@dataclass(slots=True)
class Lane:
    """The claims of one lane, and the open messages that wait to be covered.

    `spared`: while the lowest position waited for is this, no claim is unwanted before this time.
    """

    claims: dict[str, Claim] = field(default_factory=dict)
    voids: list[Fact] = field(default_factory=list)
    waiting: list[tuple[int, str]] = field(default_factory=list)
    reach_proposed: int = NOWHERE
    reach_confirmed: int = NOWHERE
    spared: tuple[int | None, int] | None = None

    def wait(self, position: int, message: str) -> None:
        """The message is among those a claim can cover."""
        insort(self.waiting, (position, message))

    def leave(self, position: int, message: str) -> None:
        """The message no longer waits here."""
        index = bisect_right(self.waiting, (position, message)) - 1
        assert self.waiting[index] == (position, message), f"{message} does not wait here"
        del self.waiting[index]

    def reaches(self, position: int, status: str) -> bool:
        """True if a claim that counts, of at least this status, covers the position."""
        reach = self.reach_confirmed if status == CONFIRMED else self.reach_proposed
        return position <= reach

    def counts(self, claim: Claim) -> bool:
        """True unless the claim was voided, alone or with all claims of its time."""
        if claim.status == VOIDED:
            return False
        made = claim.made.anchor.time
        return not any(
            isinstance(void.says, ClaimsVoided) and made <= void.says.created_until
            for void in self.voids
        )

    def proof(self, claim: Claim) -> list[Fact]:
        """All that the claim's standing rests on: its making, its last move, what voided many."""
        return [claim.made, *([claim.move] if claim.move is not None else ()), *self.voids]

    def covering(self, position: int, status: str) -> Claim | None:
        """The earliest claim that counts, reaches `position` and has at least this status."""
        found: Claim | None = None
        for claim in self.claims.values():
            if claim.covers is None or claim.covers < position:
                continue
            if status == CONFIRMED and claim.status != CONFIRMED:
                continue
            earlier = found is None or claim.made.order < found.made.order
            if earlier and self.counts(claim):
                found = claim
        return found

    def raised(self, claim: Claim) -> list[str]:
        """A claim that counts reaches further than before; those it thereby moves are returned."""
        proposed, confirmed = self.reach_proposed, self.reach_confirmed
        if claim.covers is not None:
            self.reach_proposed = max(proposed, claim.covers)
        if claim.covers is not None and claim.status == CONFIRMED:
            self.reach_confirmed = max(confirmed, claim.covers)
        return [
            *self._between(proposed, self.reach_proposed),
            *self._between(confirmed, self.reach_confirmed),
        ]

    def moved(self) -> list[str]:
        """The lane reaches as far as all its claims say now; those it moves are returned."""
        proposed, confirmed = self.reach_proposed, self.reach_confirmed
        self.reach_proposed = self.reach_confirmed = NOWHERE
        for claim in self.claims.values():
            covers = claim.covers
            if covers is None or covers <= self.reach_confirmed or not self.counts(claim):
                continue
            self.reach_proposed = max(self.reach_proposed, covers)
            if claim.status == CONFIRMED:
                self.reach_confirmed = covers
        return [
            *self._between(proposed, self.reach_proposed),
            *self._between(confirmed, self.reach_confirmed),
        ]

    def all_waiting(self) -> list[str]:
        """Every message that waits here, covered or not."""
        return [message for _, message in self.waiting]

    def unwanted(self, before: int) -> list[Claim]:
        """The claims made before a time that reach below every position somebody waits for.

        One that is not decided yet may still be disputed, so it stays for as long as that may take.
        """
        wanted = self.waiting[0][0] if self.waiting else None
        if self.spared is not None and self.spared[0] == wanted and before <= self.spared[1]:
            return []
        below = [
            (claim.made.anchor.time + (0 if claim.is_decided else UNDECIDED_MAX), claim)
            for claim in self.claims.values()
            if claim.covers is not None and (wanted is None or claim.covers < wanted)
        ]
        found = [claim for until, claim in below if until < before]
        soonest = min((until for until, _ in below), default=NEVER)
        self.spared = None if found else (wanted, soonest)
        return found

    def _between(self, one: int, other: int) -> list[str]:
        """The waiting messages above the lower position, up to the higher one."""
        low, high = sorted((one, other))
        if low == high:
            return []
        first = bisect_right(self.waiting, low, key=_position)
        last = bisect_right(self.waiting, high, key=_position)
        return [message for _, message in self.waiting[first:last]]


@dataclass(slots=True)
class Claims:
    """Every claim of a network, by lane and by name; `early` is said of claims not yet made."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    by_id: dict[str, Claim] = field(default_factory=dict)
    early: dict[str, list[Fact]] = field(default_factory=dict)

    def lane(self, name: str) -> Lane:
        """The lane of this name."""
        lane = self.lanes.get(name)
        if lane is None:
            lane = self.lanes[name] = Lane()
        return lane

    def believe(self, fact: Fact, says: AboutClaims) -> list[str]:
        """The fact is part of what is said of its claim; moved messages are returned."""
        claim = self.by_id.get(says.claim)
        if claim is None:
            if not isinstance(says, Claimed):
                self.early.setdefault(says.claim, []).append(fact)
                return []
            said = self.early.pop(says.claim, [])
            claim = Claim(says.claim, says.lane, [fact], said)
            self.by_id[claim.id] = self.lane(says.lane).claims[claim.id] = claim
            return self._refolded(claim, counted=True, status=PROPOSED)
        if claim.repeats(fact):
            return []
        counted = self.lanes[claim.lane].counts(claim)
        reach, status = claim.covers, claim.status
        (claim.makings if isinstance(says, Claimed) else claim.said).append(fact)
        claim.refold()
        return self._refolded(claim, counted=counted, reach=reach, status=status)

    def drop(self, fact: Fact, says: AboutClaims) -> list[str]:
        """The fact is no longer said of its claim; moved messages are returned."""
        claim = self.by_id.get(says.claim)
        if claim is None:
            _remove(self.early.get(says.claim, []), fact)
            if not self.early.get(says.claim):
                self.early.pop(says.claim, None)
            return []
        lane = self.lanes[claim.lane]
        counted = lane.counts(claim)
        _remove(claim.makings if isinstance(says, Claimed) else claim.said, fact)
        if claim.makings:
            claim.refold()
            return self._refolded(claim, counted=counted)
        self._forget(claim)
        if claim.said:
            self.early[claim.id] = claim.said
        return [*lane.moved(), *([] if counted else lane.all_waiting())]

    def void(self, fact: Fact, says: ClaimsVoided) -> list[str]:
        """Claims up to a time no longer count; every message they may cover is returned."""
        lane = self.lane(says.lane)
        lane.voids.append(fact)
        lane.moved()
        return lane.all_waiting()

    def unvoid(self, fact: Fact, says: ClaimsVoided) -> list[str]:
        """They count again, as far as this fact was what voided them."""
        lane = self.lanes[says.lane]
        lane.voids.remove(fact)
        lane.moved()
        return lane.all_waiting()

    def about(self, claim_id: str) -> list[Fact]:
        """Everything said of one claim, made or not."""
        claim = self.by_id.get(claim_id)
        return claim.facts() if claim is not None else self.early.get(claim_id, [])

    def settle(self, needless: Iterable[Claim]) -> None:
        """These claims are let go."""
        touched: dict[str, None] = {}
        for claim in needless:
            self._forget(claim)
            touched[claim.lane] = None
        for name in touched:
            self.lanes[name].moved()

    def settle_early(self, hopes: Callable[[list[Fact]], bool]) -> None:
        """What was said of claims made before we looked is the store's alone."""
        for name in [name for name, said in self.early.items() if not hopes(said)]:
            del self.early[name]

    def _refolded(
        self, claim: Claim, *, counted: bool, reach: int | None = None, status: str = ""
    ) -> list[str]:
        """Those moved by the lane's new reach; all, if a claim that steps rely on was voided.

        `reach` and `status` are what the claim had before a fact was added; a claim that only grew
        is not held against all others, of which a long-waiting message may keep thousands.
        """
        lane = self.lanes[claim.lane]
        lane.spared = None
        counts = lane.counts(claim)
        if counts and counted and status and _grew(claim, reach, status):
            return lane.raised(claim)
        moved = lane.moved()
        return moved if counts == counted else [*moved, *lane.all_waiting()]

    def _forget(self, claim: Claim) -> None:
        del self.by_id[claim.id]
        del self.lanes[claim.lane].claims[claim.id]


def _grew(claim: Claim, reach: int | None, status: str) -> bool:
    """True if a claim reaches at least as far as before, and is at least as sure."""
    further = reach is None or (claim.covers is not None and claim.covers >= reach)
    return further and (status != CONFIRMED or claim.status == CONFIRMED)


def _order(fact: Fact) -> tuple[int, int, int, int]:
    return fact.order


def _is_before(fact: Fact, made: Fact) -> bool:
    """True if the fact speaks of an earlier claim of the same name: it was said before this one.

    What a probe said of the same block stands behind the logs of that block.
    """
    there, here = fact.anchor, made.anchor
    if there.chain != here.chain or there.height > here.height:
        return False
    return there.height < here.height or (there.log_index != AFTER_LOGS and fact.order < made.order)


def _position(entry: tuple[int, str]) -> int:
    return entry[0]


def _remove(entries: list[Fact], fact: Fact) -> None:
    """Take a fact out; what only repeated another was never taken in."""
    if fact in entries:
        entries.remove(fact)
