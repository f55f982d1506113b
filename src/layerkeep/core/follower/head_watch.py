"""How far the chain is, and when to ask again: latest, safe and finalized."""

from layerkeep.core.chain_data import Header
from layerkeep.core.follower.checks import header_fault
from layerkeep.core.follower.exchange import FollowPlan, Given, Heads, Point, point_of
from layerkeep.core.follower.rhythm import Rhythm
from layerkeep.core.follower.window import Window
from layerkeep.core.units import SECOND, Duration, Height, Timestamp

NOTHING = Height(-1)
FINALITY_EVERY_MIN = Duration(3 * SECOND)
FINALITY_EVERY_BLOCKS = 4


class HeadWatch:
    """What the heads are believed to be."""

    def __init__(self, plan: FollowPlan) -> None:
        self._plan = plan
        self._every = max(FINALITY_EVERY_MIN, FINALITY_EVERY_BLOCKS * plan.block_time)
        self._final_due = Timestamp(0)
        self._heard = NOTHING
        self.rhythm = Rhythm(plan.block_time)
        self.heads = Heads()
        self.woken = False

    @property
    def latest(self) -> Height:
        """The newest block answered; `NOTHING` before the first answer."""
        return self.heads.latest.height if self.heads.latest else NOTHING

    @property
    def target(self) -> Height:
        """The newest block there is, answered or announced."""
        return max(self.latest, self._heard)

    def final(self) -> Height:
        """The last block that no reorg should touch; a guess where the chain does not tell."""
        if self.heads.finalized:
            return self.heads.finalized.height
        return Height(self.latest - self._plan.window_max)

    def tags(self, now: Timestamp) -> tuple[str, ...]:
        """The heads worth asking for now."""
        return ("latest", "safe", "finalized") if now >= self._final_due else ("latest",)

    def hear(self, height: Height) -> None:
        """A block was announced; look at once."""
        self._heard = max(self._heard, height)
        self.woken = True

    def unhear(self) -> None:
        """What was announced cannot be read yet: wait for the beat or for the next word."""
        self._heard = NOTHING

    def doubt(self, cursor: Point) -> None:
        """A block that should be there is not: believe in no block above the cursor."""
        self._heard = NOTHING
        self.heads = Heads(cursor, self.heads.safe, self.heads.finalized)

    def distrust_finality(self) -> None:
        """What was final is not: learn it again."""
        self.heads = Heads(self.heads.latest)
        self._final_due = Timestamp(0)

    def see(self, latest: Point, now: Timestamp) -> None:
        """Take the newest head and learn the beat from it."""
        gained = latest.height - self.latest
        if gained > 0:
            self.rhythm.found(gained if self.heads.latest else 1, now)
        elif now >= self.rhythm.due:
            self.rhythm.missed(now)
        if self._heard <= latest.height:
            self._heard = NOTHING
        self.heads = Heads(latest, self.heads.safe, self.heads.finalized)

    def see_finality(self, given: Given, window: Window, now: Timestamp) -> str:
        """Take safe and finalized where they fit; a reason if one contradicts what we know."""
        if "finalized" in given.heads or "safe" in given.heads:
            self._final_due = Timestamp(now + self._every)
        kept = {"safe": self.heads.safe, "finalized": self.heads.finalized}
        reason = ""
        for tag, known in kept.items():
            header = given.heads.get(tag)
            if header is None or self._fault(header, now):
                continue
            point = point_of(header)
            if window.differs(point):
                reason = f"{tag}-of-another-block"
            elif known is None or point.height > known.height:
                kept[tag] = point
        self.heads = Heads(self.heads.latest, kept["safe"], kept["finalized"])
        return reason

    def _fault(self, header: Header, now: Timestamp) -> str:
        latest_time = Timestamp(now + self._plan.ahead_max)
        fault = header_fault(header, asked=None, latest_time=latest_time)
        return fault or ("above-latest" if header.height > self.latest else "")
