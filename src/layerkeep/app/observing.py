"""What one chain's follower lets us observe: its heads, blocks that left, answers that are lies."""

from layerkeep.core.facts import Anchor, BlocksLeft, Fact, HeadSeen, Lied
from layerkeep.core.follower import Follower, Refused, Reorged
from layerkeep.core.units import Duration, Timestamp

LIES = frozenset(
    {
        "header-malformed",
        "header-of-another-height",
        "log-malformed",
        "logs-not-asked-for",
        "logs-of-another-block",
        "logs-twice",
        "time-in-the-future",
        "time-went-back",
    }
)
"""Reasons to refuse an answer that no lag explains. A node that is behind gives an older head, has
no such block, or lacks logs that its index has not reached; another branch's blocks do not link."""

MAY_RACE = "logs-of-another-block"
"""No lie where logs and headers came together and a reorg may have come between: then it has no
detail."""

READ_AGAIN = frozenset({"logs-doubted", "logs-missing"})
"""Reasons to read blocks again from whoever tells their logs: they did not leave their chain."""


class Observing:
    """Makes facts of one follower's moments; of heads one in `every` milliseconds at most."""

    def __init__(self, follower: Follower, every: Duration) -> None:
        self._follower = follower
        self._every = every
        self._told_at: Timestamp | None = None
        self._told: HeadSeen | None = None
        self._reread = -1

    def head(self, now: Timestamp) -> Fact | None:
        """How far the chain is, if that is news and the last word on it is old enough."""
        if self._told_at is not None and now - self._told_at < self._every:
            return None
        heads, cursor = self._follower.heads, self._follower.cursor
        if heads.latest is None:
            return None
        says = HeadSeen(
            latest=heads.latest.height,
            safe=heads.safe.height if heads.safe else None,
            finalized=heads.finalized.height if heads.finalized else None,
            safe_time=heads.safe.time if heads.safe else None,
            finalized_time=heads.finalized.time if heads.finalized else None,
        )
        if says == self._told:
            return None
        self._told, self._told_at = says, now
        anchor = Anchor(self._follower.plan.chain, cursor.height, cursor.hash, cursor.time)
        return Fact(anchor, says)

    def refused(self, outcome: Refused, now: Timestamp) -> Fact | None:
        """The lie that an answer was, if it was one."""
        if outcome.reason in READ_AGAIN and outcome.detail.isdigit():
            self._reread = int(outcome.detail)
        raced = outcome.reason == MAY_RACE and not outcome.detail
        if outcome.reason not in LIES or raced:
            return None
        return self._fact(Lied(outcome.via, outcome.reason, outcome.detail), now, outcome.via)

    def left(self, outcome: Reorged, now: Timestamp) -> Fact | None:
        """The blocks that left the chain; None if they are only read again."""
        reread, self._reread = self._reread, -1
        if reread == outcome.ancestor.height + 1 and not outcome.reason:
            return None
        ancestor = int(outcome.ancestor.height)
        says = BlocksLeft(ancestor, ancestor + outcome.dropped, final=bool(outcome.reason))
        return self._fact(says, now)

    def _fact(self, says: Lied | BlocksLeft, now: Timestamp, via: str = "") -> Fact:
        return Fact(Anchor(self._follower.plan.chain, -1, "", now), says, via=via)
