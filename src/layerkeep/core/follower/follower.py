"""Follows one chain: says what to ask, believes the answers or not, and notices reorgs.

The cursor is the last block believed. Above it, `ahead` holds headers seen but not yet believed.
A round does one of four things, in this order of precedence:

    walk    a block is not linked to ours: go back until one is, and drop what is above
    scan    headers are missing that vouch for the logs of a range of finalized blocks
    range   far behind finality: take the logs of the next range
    track   near the tip: take every block's header and logs, each linked to the one before

Nothing is skipped: ranges and blocks are contiguous with the cursor, and `skipped_blocks` counts
the contrary. Every refusal leaves the cursor alone, so the question is simply asked again.
"""

from collections.abc import Mapping, Sequence

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.follower.bloom import Sieve
from layerkeep.core.follower.checks import LogCheck, header_fault, links, place_of
from layerkeep.core.follower.exchange import (
    UNKNOWN_HASH,
    Advanced,
    FollowPlan,
    Given,
    Heads,
    Outcome,
    Point,
    Progress,
    Refused,
    Reorged,
    Waiting,
    Want,
    point_of,
)
from layerkeep.core.follower.head_watch import HeadWatch
from layerkeep.core.follower.recheck import Recheck
from layerkeep.core.follower.scan import Scan
from layerkeep.core.follower.stretch import Stretch
from layerkeep.core.follower.walk import Walk
from layerkeep.core.follower.window import Window
from layerkeep.core.units import SECOND, Duration, Height, Timestamp

CONFIRM_MAX = 8
"""Blocks per batch whose logs are asked twice."""
AGAIN_FIRST = Duration(25)
AGAIN_MAX = Duration(2 * SECOND)
"""A refused question is asked again after 25, 50, 100 ... milliseconds, at most every 2 s."""


class Follower:
    """Where one chain is followed to, and what comes next."""

    def __init__(self, plan: FollowPlan) -> None:
        self._plan = plan
        self._logs = LogCheck(plan.filter)
        self._sieve = Sieve(plan.filter)
        self._watch = HeadWatch(plan)
        origin = Point(Height(plan.first - 1), UNKNOWN_HASH, Timestamp(0))
        self._set_out(Window([origin]))

    def _set_out(self, window: Window) -> None:
        self._window = window
        self._origin = window.cursor.height
        self._covered = 0
        self._asked = Want(())
        self._ahead: dict[Height, Header] = {}
        self._walk: Walk | None = None
        self._scan: Scan | None = None
        self._is_range = False
        self._recheck = Recheck()
        self._refusals = 0
        self._again = Timestamp(0)
        self._doubted: tuple[Height, str] | None = None

    def restore(self, cursor: Point, window: Sequence[Point]) -> None:
        """Go on from a saved cursor and window instead of the plan's first block."""
        self._set_out(
            Window([point for point in window if point.height < cursor.height] + [cursor])
        )

    @property
    def plan(self) -> FollowPlan:
        """How this chain is followed."""
        return self._plan

    @property
    def cursor(self) -> Point:
        """The last block believed."""
        return self._window.cursor

    @property
    def heads(self) -> Heads:
        """How far the chain is, by finality."""
        return self._watch.heads

    @property
    def skipped_blocks(self) -> int:
        """Blocks between the start and the cursor that no advance covered; 0 or a bug."""
        return self.cursor.height - self._origin - self._covered

    @property
    def progress(self) -> Progress:
        """How much of the way is behind us."""
        latest = max(self._watch.latest, self.cursor.height)
        return Progress(self._plan.first, self.cursor.height, Height(latest))

    def window(self) -> tuple[Point, ...]:
        """Everything to save beside the cursor, so that `restore` can go on."""
        return self._window.points()

    def heard(self, height: Height) -> None:
        """A new block was announced, for example by a subscription; it is only a hint."""
        self._watch.hear(height)

    def doubt(self, height: Height, via: str) -> None:
        """What this upstream told from this height on may be lies: it is read again next."""
        if self._doubted is None or height < self._doubted[0]:
            self._doubted = (height, via)

    def next_poll(self, now: Timestamp) -> Timestamp:
        """When the next round is worth making; not later than now if there is work."""
        if self._refusals:
            return self._again
        unfinished = self._walk or self._scan or self._watch.target > self.cursor.height
        if unfinished or self._doubted or self._watch.woken or not self._watch.heads.latest:
            return now
        return self._watch.rhythm.due

    def want(self, now: Timestamp) -> Want:
        """The questions of the next round; asking twice without an answer changes nothing."""
        self._asked = self._questions(self._watch.tags(now))
        return self._asked

    def _questions(self, tags: tuple[str, ...]) -> Want:
        most, cursor = self._plan.headers_max, self.cursor.height
        if self._walk:
            return Want(tags, self._walk.heights(lowest=self._window.lowest, most=most))
        if self._scan:
            return Want(tags, self._scan.missing(most), self._scan.again())
        again = self._recheck.hashes(CONFIRM_MAX)
        if self._watch.target <= cursor:
            return Want(tags, confirm=again)
        first = Height(cursor + 1)
        self._is_range = self._is_deep()
        if self._is_range:
            return Want(tags, logs=(first, self._watch.final()))
        last = Height(min(self._watch.target, cursor + self._plan.blocks_max))
        span = [Height(height) for height in range(first, last + 1)]
        headers = tuple(height for height in span if height not in self._ahead)
        held = [self._ahead[height] for height in span if height in self._ahead]
        doubtful = [header.hash for header in held if self._sieve.announces(header.logs_bloom)]
        return Want(tags, headers, (first, last), (*again, *doubtful[:CONFIRM_MAX]))

    def _is_deep(self) -> bool:
        return self._watch.final() - self.cursor.height > self._plan.deep

    def accept(self, given: Given, now: Timestamp) -> list[Outcome]:
        """Believe an answer to the last want, or refuse it, and say what came of it."""
        self._watch.rhythm.spent()
        self._watch.woken = False
        if self._doubted is not None:
            return self._read_again(*self._doubted)
        notes, is_usable = self._take_latest(given, now)
        if is_usable:
            outcomes = self._take_blocks(given, now)
            notes += self._take_finality(given, now)
        else:
            outcomes, notes = notes, []
        self._count_refusals(outcomes, now)
        idle = not outcomes and not self._walk and self._watch.target <= self.cursor.height
        return notes + ([Waiting(self._watch.latest)] if idle else outcomes)

    def _take_latest(self, given: Given, now: Timestamp) -> tuple[list[Outcome], bool]:
        """Notes about the newest head, and whether the rest of the answer is worth a look."""
        latest = given.heads.get("latest")
        if latest is None:
            return [Refused("no-head", given.via)], False
        fault = self._header_fault(latest, None, now)
        if fault:
            return [Refused(fault, given.via, "latest")], False
        point = point_of(latest)
        if self._window.differs(point):
            self._watch.see(point, now)
            is_walking = self._walk is not None
            self._begin_walk(point.height)
            return [], is_walking
        is_older = point.height < max(self._watch.latest, self.cursor.height)
        self._watch.see(max(point, self.cursor), now)
        if 0 < point.height - self.cursor.height <= self._plan.blocks_max:
            self._ahead[point.height] = latest
        detail = f"{point.height}"
        return [Refused("older-head", given.via, detail)] if is_older else [], True

    def _take_finality(self, given: Given, now: Timestamp) -> list[Outcome]:
        reason = self._watch.see_finality(given, self._window, now)
        return [Refused(reason, given.via)] if reason else []

    def _header_fault(self, header: Header, asked: Height | None, now: Timestamp) -> str:
        latest_time = Timestamp(now + self._plan.ahead_max)
        return header_fault(header, asked=asked, latest_time=latest_time)

    def _count_refusals(self, outcomes: Sequence[Outcome], now: Timestamp) -> None:
        if not any(isinstance(outcome, Refused) for outcome in outcomes):
            self._refusals = 0
            return
        wait = min(AGAIN_MAX, AGAIN_FIRST << min(self._refusals, 16))
        self._again = Timestamp(now + wait)
        self._refusals += 1

    def _take_blocks(self, given: Given, now: Timestamp) -> list[Outcome]:
        """Headers and logs, for whatever is under way."""
        headers: dict[Height, Header] = {}
        for height in self._asked.headers:
            if height not in given.headers:
                return [Refused("answer-incomplete", given.via, f"{height}")]
            header = given.headers[height]
            if header is None and height > self._watch.latest:
                self._watch.unhear()
                continue
            if header is None:
                return self._missing(given.via, height)
            fault = self._header_fault(header, height, now)
            if fault:
                return [Refused(fault, given.via, f"{height}")]
            headers[height] = header
        corrected = self._take_confirmed(given)
        if corrected:
            return corrected
        if self._walk:
            return self._go_back(self._walk, headers, given.via)
        if self._scan:
            self._scan.take(headers)
            return self._end_scan(self._scan, given)
        self._ahead.update(headers)
        return self._take_logs(given, self._asked.logs) if self._asked.logs else []

    def _missing(self, via: str, height: Height) -> list[Outcome]:
        """A block that should exist does not, by this answer."""
        self._forget_ahead()
        self._watch.doubt(self.cursor)
        return [Refused("block-missing", via, f"{height}")]

    def _forget_ahead(self) -> None:
        self._walk = None
        self._ahead.clear()

    def _read_again(self, height: Height, via: str) -> list[Outcome]:
        """Give up what is believed from this height on, as far down as it is remembered."""
        self._doubted = None
        if height > self.cursor.height or self._window.lowest == self.cursor.height:
            return []
        self._forget_ahead()
        self._scan = None
        ancestor = self._window.below(height)
        cut = self._cut(ancestor, is_reorg=False)
        return [Refused("logs-doubted", via, f"{ancestor.height + 1}"), cut]

    def _begin_walk(self, top: Height) -> None:
        if self._walk is None:
            self._ahead.clear()
            self._scan = None
            self._walk = Walk(Height(min(top, self.cursor.height)))

    def _go_back(self, walk: Walk, headers: Mapping[Height, Header], via: str) -> list[Outcome]:
        """One step of the walk: on, or to its end."""
        below = [headers[height] for height in sorted(headers)]
        if not walk.extend(below):
            self._forget_ahead()
            return [Refused("broken-link", via)]
        ancestor = self._window.ancestor(below)
        if ancestor is None:
            if walk.low > max(self._window.lowest, 0):
                return []
            self._forget_ahead()
            return [Refused("reorg-deeper-than-window", via, f"{walk.low}")]
        self._forget_ahead()
        if ancestor.height >= walk.top:
            return [Refused("broken-link", via)]
        self._ahead = {
            block.height: block for block in walk.headers if block.height > ancestor.height
        }
        return [self._cut(ancestor)]

    def _cut(self, ancestor: Point, *, is_reorg: bool = True) -> Outcome:
        dropped = self._window.cut(ancestor)
        self._recheck.cut(ancestor.height)
        self._covered -= dropped
        finalized = self._watch.heads.finalized
        if not is_reorg or finalized is None or ancestor.height >= finalized.height:
            return Reorged(ancestor, dropped)
        self._watch.distrust_finality()
        return Reorged(ancestor, dropped, "finality-broken")

    def _logs_fault(self, given: Given, first: Height, last: Height) -> str:
        """Why the logs of an answer cannot be those asked for; empty if they can."""
        if given.logs_to is None or given.logs_to < first:
            return "answer-incomplete"
        return self._logs.fault(given.logs, first=first, last=last)

    def _take_confirmed(self, given: Given) -> list[Outcome]:
        """Hold second answers against what is believed already."""
        for block, logs in given.confirmed.items():
            fault = self._logs.fault_of_block(logs, block)
            if fault:
                return [Refused(fault, given.via, "confirm")]
        wrong = self._recheck.judge(self._asked.confirm, given.confirmed)
        if wrong is None:
            return []
        self._forget_ahead()
        height = wrong.block.height
        cut = self._cut(self._window.below(height), is_reorg=False)
        self._ahead[height] = wrong.block
        return [Refused("logs-missing", wrong.via, f"{height}"), cut]

    def _take_logs(self, given: Given, asked: tuple[Height, Height]) -> list[Outcome]:
        """Go on with the logs of a range or of the next blocks."""
        first, last = asked[0], Height(min(asked[1], given.logs_to or 0))
        fault = self._logs_fault(given, first, asked[1])
        if fault:
            return [Refused(fault, given.via, "logs")]
        if self._is_range:
            self._scan = Scan(first, last, tuple(sorted(given.logs, key=place_of)))
            return []
        if first not in self._ahead:
            return self._missing(given.via, first)
        if not links(self._ahead[first], self.cursor):
            self._begin_walk(self.cursor.height)
            return []
        return self._believe(given, last)

    def _end_scan(self, scan: Scan, given: Given) -> list[Outcome]:
        """Believe the range once all its headers are here."""
        if given.logs and not scan.logs:
            self._scan = None
            return [Refused("logs-missing", given.via)]
        if scan.missing(1):
            return []
        self._scan = None
        blocks = scan.blocks()
        if not links(blocks[0], self.cursor):
            self._begin_walk(self.cursor.height)
            return []
        fault = scan.fault()
        if fault:
            return [Refused(fault, given.via)]
        self._covered += scan.last - scan.first + 1
        return [self._advance(blocks, scan.logs, given.via)]

    def _believe(self, given: Given, last: Height) -> list[Outcome]:
        stretch = Stretch(self.cursor, given, self._sieve)
        stretch.grow(self._ahead, last)
        if stretch.fault:
            self._forget_ahead()
            return [Refused(stretch.fault, given.via)]
        self._recheck.add(stretch.doubtful, given.via)
        self._covered += len(stretch.blocks)
        return [self._advance(tuple(stretch.blocks), tuple(stretch.logs), given.via)]

    def _advance(self, blocks: tuple[Header, ...], logs: tuple[Log, ...], via: str) -> Advanced:
        """Move the cursor to the last of these blocks."""
        before = self.cursor.height
        first, last = blocks[0].height, blocks[-1].height
        self._window.add(map(point_of, blocks))
        self._window.prune(self._watch.final(), self._plan.window_max)
        self._ahead = {height: block for height, block in self._ahead.items() if height > last}
        complete = len(blocks) == last - before
        return Advanced(first, self.cursor, blocks, logs, complete, self.progress, via)
