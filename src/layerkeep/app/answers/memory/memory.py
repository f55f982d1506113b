"""What answers remember besides what the engine knows: counted as facts come, never looked up.

A daemon tells it every fact just before the engine hears it. What was known before a start is not
counted again.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from layerkeep.app.answers.memory.ages import Ages
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, HeadSeen, Judged, NodesSeen
from layerkeep.core.network.judgements import FALSE, TRUE
from layerkeep.core.units import HOUR, MINUTE, Duration, Timestamp

TAGS = ("latest", "safe", "finalized")

LOOKS_KEPT = 16
"""Looks at a chain's nodes that an agreement matrix is drawn from."""

FALSE_KEPT = 64
"""Subjects found false that are remembered of one check and child; the newest matter."""

GAP_MAX = Duration(HOUR)
PAST_GAP_MAX = Duration(10 * MINUTE)
"""Between looks further apart nothing is known of a chain's heads. A look is only kept if it found
something new: while we run, a long gap is a chain that stood still; before, we may have."""

Times = tuple[Timestamp, tuple[int | None, int | None, int | None]]
"""When a chain's heads were looked at, and the times of their blocks in the order of `TAGS`."""


@dataclass(slots=True)
class Tally:
    """What was judged of one check and child since the start; `newest` is the last subject."""

    right: int = 0
    wrong: int = 0
    newest: str = ""
    false: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """`ages` by chain and head, `looks` at its nodes by chain, `tallies` by check and child."""

    ages: dict[tuple[str, str], Ages] = field(default_factory=dict)
    looks: dict[str, deque[Fact]] = field(default_factory=dict)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    _heads: dict[str, Times] = field(default_factory=dict)

    def take(self, fact: Fact, engine: Engine, now: Timestamp) -> None:
        """The engine is about to hear this fact."""
        says = fact.says
        if isinstance(says, HeadSeen):
            self.saw_head(fact, says, now)
        elif isinstance(says, NodesSeen):
            kept = self.looks.setdefault(fact.anchor.chain, deque(maxlen=LOOKS_KEPT))
            kept.append(fact)
        elif isinstance(says, Judged):
            self._judge(says, engine)

    def saw_head(
        self, fact: Fact, says: HeadSeen, now: Timestamp, gap_max: Duration = GAP_MAX
    ) -> None:
        """A chain's heads were looked at; their ages since the look before are known now."""
        chain = fact.anchor.chain
        latest = fact.anchor.time if fact.anchor.height == says.latest else None
        times = (latest, says.safe_time, says.finalized_time)
        before = self._heads.get(chain)
        self._heads[chain] = now, times
        if before is None or not 0 < now - before[0] <= gap_max:
            return
        weight = now - before[0]
        for tag, old, new in zip(TAGS, before[1], times, strict=True):
            if old is not None and new is not None:
                ages = self.ages.setdefault((chain, tag), Ages())
                ages.add(now - old, weight, now)
                ages.add(now - new, weight, now)

    def learn(self, chain: str, seen: Iterable[tuple[Timestamp, Fact]], stands_for: int) -> None:
        """Looks from before the start, in a row; together they stand for so much time.

        They are told in the order of time, before or after what is seen live.
        """
        row = [(at, fact) for at, fact in seen if isinstance(fact.says, HeadSeen)]
        if len(row) < 2 or row[-1][0] <= row[0][0]:
            return
        past = Memory()
        for at, fact in row:
            assert isinstance(fact.says, HeadSeen)
            past.saw_head(fact, fact.says, at, PAST_GAP_MAX)
        lasted = row[-1][0] - row[0][0]
        for (_, tag), ages in past.ages.items():
            known = self.ages.setdefault((chain, tag), Ages())
            known.merge(ages, stands_for, lasted)

    def recall(self, engine: Engine) -> None:
        """What was judged before the start is known, and is not counted."""
        for name in engine.sightings.judged:
            for fact in engine.sightings.judged.of(*name):
                assert isinstance(fact.says, Judged)
                self._note(fact.says)

    def tally(self, check: str, child: str) -> Tally | None:
        """What was judged of one check and child; None if nothing was."""
        return self.tallies.get((check, child))

    def _judge(self, says: Judged, engine: Engine) -> None:
        """A subject counts once as right and once as wrong, however many witnesses say so."""
        tally = self._note(says)
        known = engine.sightings.judged.of(says.check, says.subject)
        said = {each.says.verdict for each in known if isinstance(each.says, Judged)}
        if says.verdict == TRUE and not said & {TRUE, FALSE}:
            tally.right += 1
        elif says.verdict == FALSE and FALSE not in said:
            tally.wrong += 1

    def _note(self, says: Judged) -> Tally:
        tally = self.tallies.setdefault((says.check, says.child), Tally())
        tally.newest = says.subject
        if says.verdict == FALSE:
            tally.false.pop(says.subject, None)
            tally.false[says.subject] = None
            if len(tally.false) > FALSE_KEPT:
                del tally.false[next(iter(tally.false))]
        return tally
