"""Channels, policies and notices. Durations and times in milliseconds.

Times of the day are minutes after midnight on the wall clock of a time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import MINUTE, SECOND, Duration, Timestamp

APPRISE = "apprise"
ALERTMANAGER = "alertmanager"
PAGERDUTY = "pagerduty"
WEBHOOK = "webhook"
MAIL = "mail"
CHANNEL_KINDS = (APPRISE, ALERTMANAGER, PAGERDUTY, WEBHOOK, MAIL)

SHARED_KINDS = (ALERTMANAGER, PAGERDUTY, WEBHOOK)
"""What finds the person by itself: nobody needs an address there."""

ALERT_KINDS = (ALERTMANAGER, PAGERDUTY)
"""What keeps an alert until it is told that it is over."""

ON_CALL = "on-call"
BACKUP = "backup"

PAGE = "page"
AGAIN = "again"
SUMMARY = "summary"
OVER = "resolved"
TEST = "test"
CALLS = (PAGE, AGAIN, SUMMARY)
"""Notices that ask somebody to come."""

PLANNED = "planned"
SENDING = "sending"
SENT = "sent"
FAILED = "failed"
UNSURE = "unsure"
MOOT = "moot"
STATES = (PLANNED, SENDING, SENT, FAILED, UNSURE, MOOT)
"""`planned` is written and not begun; `sending` begun; `unsure` begun with an unknown outcome,
which is never repeated; `moot` was not sent because nobody needs it any more."""

ID_DIGITS = 16

GRAVE = ("critical", "warning")
LESS_GRAVE = ("warning",)
"""Severities that page, and those of them that can wait until morning."""

AGAIN_AFTER = Duration(30 * MINUTE)
AT_ONCE = Duration(0)
RATE_WITHIN = Duration(10 * MINUTE)
BEAT_EVERY = Duration(30 * SECOND)
SILENT_AFTER = Duration(3 * MINUTE)
NOT_MUTED = Timestamp(0)

OPEN, TAKEN, ENDED = "open", "taken", "ended"
"""How a matter stands: nobody has it, somebody has it, it is over."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach people. `url` and `secret` may be references; the edge resolves them.

    A `shared` channel needs no address of a person. `sender` and `login` are for mail. With
    `silences` what an Alertmanager has silenced is not paged by any channel.
    """

    name: str
    kind: str
    url: str
    secret: str = ""
    shared: bool = False
    sender: str = ""
    login: str = ""
    silences: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day; `until` <= `since` ends a day later. `days` on which it begins: 0 Monday.

    Without a time zone the one of whoever is asked, UTC where nobody is.
    """

    since: int
    until: int
    timezone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Level:
    """Who is called once nobody took it for `after`; `by` are channels, the first that works.

    Outside its `hours`, where it has any, the level is passed over.
    """

    after: Duration
    to: tuple[str, ...]
    by: tuple[str, ...]
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How a page climbs. `again` is the time between two calls of the last level.

    Within `group` of the first, what comes up for the same team is one notice. In `quiet` hours
    what is of a severity in `hushed` waits. `over`: who was called is told when it is over.
    """

    name: str
    levels: tuple[Level, ...]
    severities: tuple[str, ...] = GRAVE
    again: Duration = AGAIN_AFTER
    group: Duration = AT_ONCE
    quiet: Hours | None = None
    hushed: tuple[str, ...] = LESS_GRAVE
    over: bool = True


@dataclass(frozen=True, slots=True)
class Rate:
    """A person gets at most `count` calls `within` this time; what is more comes as a summary."""

    count: int = 10
    within: Duration = RATE_WITHIN


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """We say so often that we live: to `url`, and to every peer."""

    url: str = ""
    every: Duration = BEAT_EVERY


@dataclass(frozen=True, slots=True)
class Peer:
    """Another layerkeep. Both sides sign by the same `secret`; silent for long, it is reported."""

    name: str
    url: str
    secret: str
    silent_after: Duration = SILENT_AFTER


@dataclass(frozen=True, slots=True)
class Paging:
    """All of `[paging]`, `[channels]` and `[policies]`.

    `team` is called for what nobody owns. `instance` is our name among peers, `link` the console's
    address for people, `secret` a reference to what signs links. With `quorum` 2
    a page needs two instances that see the same.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    default_policy: str = ""
    team: str = ""
    instance: str = "layerkeep"
    link: str = ""
    secret: str = ""
    rate: Rate = field(default_factory=Rate)
    heartbeat: Heartbeat | None = None
    peers: Mapping[str, Peer] = field(default_factory=dict)
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class Matter:
    """What people may be called for: an incident, or a layerkeep that is silent.

    `key` says what and where, the same on every instance. `episode` is when it opened, or opened
    again: then it is called anew. `muted_until` is when it may page. `held`: other instances have
    to see it first, or another one pages.
    """

    id: str
    key: str
    team: str
    policy: str
    severity: str
    state: str
    episode: Timestamp
    muted_until: Timestamp = NOT_MUTED
    held: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One matter in a notice: its episode, and where in its policy it stands there."""

    matter: str
    episode: Timestamp
    round: int
    level: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is told by one channel; `due` is when it is to be sent at the latest.

    `by` are the channels to fall back on, in order.
    """

    id: str
    kind: str
    person: str
    channel: str
    due: Timestamp
    calls: tuple[Call, ...]
    by: tuple[str, ...] = ()

    @property
    def incident(self) -> str:
        """The first matter it is about."""
        return self.calls[0].matter if self.calls else ""

    @property
    def level(self) -> int:
        """The highest level any of its matters stands on."""
        return max((call.level for call in self.calls), default=0)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it is known later: its state, and how often sending was begun."""

    notice: Notice
    state: str
    time: Timestamp
    changed: Timestamp
    tries: int = 0


def notice_id(kind: str, person: str, channel: str, calls: tuple[Call, ...]) -> str:
    """A derived name: who is told what, by what; nothing else makes two notices differ."""
    told = " ".join(
        f"{call.matter}/{call.episode}/{call.round}/{call.level}"
        for call in sorted(calls, key=_order)
    )
    return keccak_hex(f"{kind} {person} {channel} {told}".encode())[2 : 2 + ID_DIGITS]


def _order(call: Call) -> tuple[str, int, int, int]:
    return (call.matter, call.episode, call.round, call.level)
