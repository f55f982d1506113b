"""What moved and what did not: heads, upstreams, nonces and claims, as far as stalls need it.

Everything here is folded from samples, so that a rule can say since when something stands. Times in
milliseconds.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from layerkeep.core.facts import Claimed, Fact, HeadSeen, Measured, NodesSeen, NodeState
from layerkeep.core.units import SECOND, Duration, Timestamp

PACES_KEPT = 144
PACE_EVERY = Duration(5 * SECOND)
PAUSE = Duration(PACE_EVERY // 2)
"""Samples of a chain's newest block, every so often, and both ends of each longer pause between
two blocks: six minutes or more of it."""

MARKS_KEPT = 8
"""Claims remembered per lane: a reorg of the parent takes back no more."""

FIRST_SEEN = ""
"""The mark that is set when a chain is first seen; all others are named by their lane."""


@dataclass(slots=True)
class Mark:
    """A moment on a chain's way, and the time of the first safe block seen that is newer."""

    at: Timestamp
    fact: Fact | None = None
    beyond: Timestamp | None = None


@dataclass(slots=True)
class Progress:
    """All of one network.

    `sampled` is when a chain's heads were last told, `read` the height it was read to then. `level`
    is when nothing was last behind: `<chain> safe` and `<chain> finalized` level with the newest
    block, an upstream (by its name) moving or level with the best. `trailed` is how many blocks
    behind the best an upstream was when it last moved from one look to the next, 0 where it gave no
    answer in the look before: then nothing tells what it did since. `waiting` is since when a
    transaction of a child's actor is seen to wait: an actor seldom looked at may have had others
    before. `paces` are some of a chain's newest blocks, always the last, and when they were first
    seen. `silent` is
    since when an upstream gives no answer, `owed` since when it gives none while others of its
    chain do: while nobody answers, that time stands still. `looks` are the last two looks at all
    nodes of a chain. `acted` is when a quantity last changed. `marks` are, by child and lane, the
    newest claims. `told` is the newest sample of a chain's heads, and `receded` that in which one
    of them last went back.
    """

    sampled: dict[str, Timestamp] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    level: dict[str, Timestamp] = field(default_factory=dict)
    trailed: dict[str, int] = field(default_factory=dict)
    waiting: dict[tuple[str, str], Timestamp] = field(default_factory=dict)
    paces: dict[str, deque[tuple[Timestamp, int]]] = field(default_factory=dict)
    silent: dict[str, Timestamp] = field(default_factory=dict)
    owed: dict[str, Timestamp] = field(default_factory=dict)
    looks: dict[str, deque[Fact]] = field(default_factory=dict)
    acted: dict[tuple[str, str], Timestamp] = field(default_factory=dict)
    marks: dict[str, dict[str, deque[Mark]]] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)
    told: dict[str, HeadSeen] = field(default_factory=dict)
    receded: dict[str, HeadSeen] = field(default_factory=dict)

    def take(self, fact: Fact, now: Timestamp) -> None:
        """Remember what a fact says, if it is any of this."""
        says = fact.says
        if isinstance(says, HeadSeen):
            self._head(fact, says, now)
        elif isinstance(says, NodesSeen):
            self._look(fact, says)
        elif isinstance(says, Measured) and isinstance(says.value, int):
            self._measure(fact, says, says.value)
        elif isinstance(says, Claimed):
            child = says.lane.split("/", 1)[0]
            kept = self.marks.setdefault(child, {})
            marks = kept.setdefault(says.lane, deque(maxlen=MARKS_KEPT))
            if not marks or marks[-1].at <= fact.anchor.time:
                marks.append(Mark(Timestamp(fact.anchor.time), fact))

    def drop(self, gone: Iterable[Fact]) -> None:
        """These facts' blocks left their chain: what was claimed before is the newest again."""
        for fact in gone:
            if isinstance(fact.says, Claimed):
                kept = self.marks.get(fact.says.lane.split("/", 1)[0], {})
                marks = kept.get(fact.says.lane, deque())
                for mark in [mark for mark in marks if mark.fact == fact]:
                    marks.remove(mark)
                if not marks:
                    kept.pop(fact.says.lane, None)

    def mark(self, child: str, lane: str) -> Mark | None:
        """The newest claim of a lane, or when the child was first seen if none is known."""
        kept = self.marks.get(child, {})
        marks = kept.get(lane) or kept.get(FIRST_SEEN)
        return marks[-1] if marks else None

    def best(self, chain: str, says: NodesSeen) -> int:
        """The highest head that anybody has of what was read, -1 if nobody answered.

        Who gives no answer now has what it had: alone to answer is not to be level. A head above
        all that was read may be a lie, and then nobody is behind it.
        """
        heads = [node.head for node in says.nodes if node.answering]
        if not heads:
            return -1
        if len(heads) < len(says.nodes):
            heads = [self._had(chain, node) for node in says.nodes]
        told = max(heads)
        return min(told, self.read.get(chain, told))

    def _had(self, chain: str, node: NodeState) -> int:
        """A node's head in one of the last looks; what it last told if it gave no answer since."""
        if node.answering:
            return node.head
        newest = self.looks[chain][-1].says
        assert isinstance(newest, NodesSeen)
        since = any(each.upstream == node.upstream and each.answering for each in newest.nodes)
        return -1 if since else self.heads.get(node.upstream, -1)

    def _head(self, fact: Fact, says: HeadSeen, now: Timestamp) -> None:
        chain = fact.anchor.chain
        self.sampled[chain], self.read[chain] = now, fact.anchor.height
        before = self.told.get(chain)
        if before is not None and _recedes(before, says):
            self.receded[chain] = says
        self.told[chain] = says
        for tag, height in (("safe", says.safe), ("finalized", says.finalized)):
            if height is not None and height >= says.latest:
                self.level[f"{chain} {tag}"] = now
        self._pace(chain, says.latest, now)
        marks = self.marks.setdefault(chain, {})
        marks.setdefault(FIRST_SEEN, deque([Mark(now)]))
        for kept in marks.values():
            if kept[-1].beyond is None and (says.safe_time or 0) > kept[-1].at:
                kept[-1].beyond = Timestamp(says.safe_time or 0)

    def _pace(self, chain: str, latest: int, now: Timestamp) -> None:
        paces = self.paces.setdefault(chain, deque(maxlen=PACES_KEPT))
        while paces and latest < paces[-1][1]:
            paces.pop()
        if paces and latest == paces[-1][1]:
            return
        if len(paces) > 1 and _between(paces[-2][0], paces[-1][0], now):
            paces.pop()
        paces.append((now, latest))

    def _look(self, fact: Fact, says: NodesSeen) -> None:
        now, chain = Timestamp(fact.anchor.time), fact.anchor.chain
        self.looks.setdefault(chain, deque(maxlen=2)).append(fact)
        best = self.best(chain, says)
        self._owe(says, now)
        for node in says.nodes:
            name = node.upstream
            if not node.answering:
                self.silent.setdefault(name, now)
                continue
            silent, known = self.silent.pop(name, None), self.heads.get(name)
            if node.head >= best or known != node.head:
                self.level[name] = now
                unsure = silent is not None or known is None
                self.trailed[name] = 0 if unsure else max(0, best - node.head)
            elif silent is not None:  # it gave no answer, which is not to stand still
                self.level[name] = Timestamp(self.level[name] + now - silent)
            self.heads[name] = node.head

    def _owe(self, says: NodesSeen, now: Timestamp) -> None:
        """Who gives no answer owes one from the first look on in which another gives one."""
        answering = sum([node.answering for node in says.nodes])
        if not answering or (answering == len(says.nodes) and not self.owed):
            return
        silent = [self.silent.get(node.upstream) for node in says.nodes]
        dark = [since for since in silent if since is not None]
        nobody = now - max(dark) if len(dark) == len(silent) else 0
        for node in says.nodes:
            if node.answering:
                self.owed.pop(node.upstream, None)
            else:
                owed = self.owed.get(node.upstream)
                self.owed[node.upstream] = now if owed is None else Timestamp(owed + nobody)

    def since_silent(self, upstream: str) -> Timestamp:
        """Since when it gives no answer: while others do, if any did since."""
        return self.owed.get(upstream, self.silent[upstream])

    def _measure(self, fact: Fact, says: Measured, value: int) -> None:
        name, time = (says.child, says.name), Timestamp(fact.anchor.time)
        if self.values.get(name, value) != value:
            self.acted[name] = time
        self.values[name] = value
        job, _, what = says.name.rpartition(".")
        if what not in ("nonce", "nonce_pending"):
            return
        nonce = self.values.get((says.child, f"{job}.nonce"), 0)
        if self.values.get((says.child, f"{job}.nonce_pending"), 0) > nonce:
            self.waiting.setdefault((says.child, job), time)
        else:
            self.waiting.pop((says.child, job), None)


def _between(before: Timestamp, sample: Timestamp, now: Timestamp) -> bool:
    """True of a sample soon after the one before it and soon before now: it tells nothing more."""
    return sample - before < PACE_EVERY and now - sample < PAUSE


def _recedes(before: HeadSeen, says: HeadSeen) -> bool:
    """True if a head is lower or older than before, or is not told any more."""
    return (
        says.latest < before.latest
        or (says.safe or 0) < (before.safe or 0)
        or (says.safe_time or 0) < (before.safe_time or 0)
        or (says.finalized or 0) < (before.finalized or 0)
        or (says.finalized_time or 0) < (before.finalized_time or 0)
    )
