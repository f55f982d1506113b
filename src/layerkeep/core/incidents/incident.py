"""Incidents as records: one root fault, the problems that follow from it, and what was done.

A store encodes an `Incident` as JSON and loads it again; everything a restart needs is in it.
Times in milliseconds.
"""

from dataclasses import dataclass, field

from layerkeep.core.keccak import keccak_hex
from layerkeep.core.rules.problems import INFO, Impact, Problem
from layerkeep.core.units import Timestamp

OPEN = "open"
ACKNOWLEDGED = "acknowledged"
RESOLVED = "resolved"
MERGED = "merged"

ROOT = "root"
SAME = "same"
SYMPTOM = "symptom"
"""What a problem is in its incident; `same` has the root's kind and component."""

HISTORY_MAX = 200
"""Entries kept: what a person still reads; the first, how it opened, always stays."""

FOLD_WITHIN = 16
"""A repeated entry is counted in one of so many newest: a storm names fewer kinds than this."""

FOLDED = (
    "symptom-added",
    "symptom-gone",
    "outlived",
    "resolving",
    "relapsed",
    "severity-raised",
    "severity-lowered",
)
"""Transitions that come in crowds."""

ID_DIGITS = 12
"""48 bits: among a million incidents the odds of two alike are one in five hundred."""

NEVER = Timestamp(0)
"""Before everything."""

Key = str
"""A kind of problem on a component: `batches-stalled batcher:l2`."""


def key_of(problem: Problem) -> Key:
    """The group of a problem: problems of one kind on one component are one trouble."""
    return f"{problem.kind} {problem.component}"


def incident_id(root: Key, opened: Timestamp, nth: int = 0) -> str:
    """A derived name: the hash of root kind, component and time; `nth` tells apart the same."""
    return keccak_hex(f"{root} {opened} {nth}".encode())[2 : 2 + ID_DIGITS]


@dataclass(slots=True)
class Transition:
    """Something happened to an incident; `count` times from `time` until `last`."""

    time: Timestamp
    name: str
    reason: str = ""
    by: str = ""
    count: int = 1
    last: Timestamp = NEVER


@dataclass(slots=True)
class Member:
    """A problem in an incident.

    `raised` is when it was first told, `since` the earliest beginning ever told of it. `cause` is
    the kind and component it follows from directly. `gone` is set on what ended but still explains
    others.
    """

    problem: Problem
    role: str
    raised: Timestamp
    since: Timestamp
    cause: Key = ""
    gone: Timestamp | None = None


@dataclass(slots=True)
class Seen:
    """All there ever was of one kind on one component: how many joined, since when, one example."""

    count: int
    since: Timestamp
    example: Problem


@dataclass(slots=True)
class Incident:
    """One root fault and everything that follows from it.

    `root` is the root problem as last told, also after it ended. `members` are the problems there
    are, by id; `gone` those that ended but still explain members; `seen` sums up all there ever
    were. `told` says of what an operator called resolved, by id, when it was first told: it may be
    there still. `impact` is today's, `worst` the most it ever was. `since` is when its first root
    began.
    `settles` is when it resolves if nothing comes back, `muted_until` when it may page again and
    `muted_as` the action and target that mute it.
    """

    id: str
    root: Problem
    title: str
    severity: str
    state: str
    opened: Timestamp
    since: Timestamp
    resolved_at: Timestamp | None = None
    reopened_at: Timestamp = NEVER
    owner: str = ""
    impact: Impact = field(default_factory=Impact)
    worst: Impact = field(default_factory=Impact)
    members: dict[str, Member] = field(default_factory=dict)
    gone: dict[str, Member] = field(default_factory=dict)
    seen: dict[Key, Seen] = field(default_factory=dict)
    told: dict[str, Timestamp] = field(default_factory=dict)
    history: list[Transition] = field(default_factory=list)
    history_dropped: int = 0
    settles: Timestamp | None = None
    muted_until: Timestamp | None = None
    muted_as: tuple[str, str] = ("", "")
    acknowledged_at: Timestamp = NEVER
    merged_into: str = ""

    @property
    def key(self) -> Key:
        """Kind and component of the root."""
        return key_of(self.root)

    @property
    def cause_since(self) -> Timestamp:
        """When the root that is told began; another of its group may have begun before, and ended.

        Once it is over, when the root that was told last began.
        """
        member = self.members.get(self.root.id)
        return self.root.since if member is None else member.since

    def pages(self, now: Timestamp) -> bool:
        """True if somebody has to be told: open, nobody took it, and not muted."""
        muted = self.muted_until is not None and now < self.muted_until
        return self.state == OPEN and self.severity != INFO and not muted

    def write(self, entry: Transition) -> None:
        """The history has this entry, or counts it in an alike one of the newest."""
        entry.last = entry.time
        if entry.name in FOLDED:
            for known in self.history[-FOLD_WITHIN:]:
                if (known.name, known.reason) == (entry.name, entry.reason):
                    known.count += entry.count
                    known.last = entry.time
                    return
        self.history.append(entry)
        if len(self.history) > HISTORY_MAX:
            del self.history[1]
            self.history_dropped += 1

    def remember(self, member: Member) -> None:
        """A problem that joined is counted among all there ever were."""
        key = key_of(member.problem)
        seen = self.seen.get(key)
        if seen is None:
            self.seen[key] = Seen(1, member.since, member.problem)
        else:
            seen.count += 1
            seen.since = min(seen.since, member.since)
