"""A matter on its way through its policy, and who stands behind a policy's words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from layerkeep.core.acting.paging.model import (
    CALLS,
    MOOT,
    OPEN,
    PLANNED,
    SENDING,
    SENT,
    UNSURE,
    Call,
    Hours,
    Matter,
    Policy,
    Told,
)
from layerkeep.core.units import Timestamp


class Roster(Protocol):
    """Who stands behind a level's words at a moment."""

    def people(self, to: str, matter: Matter, now: Timestamp) -> tuple[str, ...]:
        """The people that `on-call`, `backup`, `person:NAME` or `team:NAME` means now."""

    def channels(self, person: str, by: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these channels by which a person can be reached."""

    def inside(self, hours: Hours, now: Timestamp) -> Timestamp | None:
        """Until when these hours last; None outside of them."""


@dataclass(slots=True)
class Case:
    """A matter on its way through its policy.

    `level` and `round` are the next to be called, at `due` (None: nobody is). `at` is the last
    called, `waiting` its notices without an outcome, `heard` true once one of them was sent.
    """

    matter: Matter
    policy: Policy
    level: int = 0
    round: int = 0
    due: Timestamp | None = None
    at: tuple[int, int] = (-1, -1)
    waiting: set[str] = field(default_factory=set)
    heard: bool = False
    told_nobody: bool = False
    called: set[tuple[int, int, str]] = field(default_factory=set)
    reached: dict[tuple[str, str], None] = field(default_factory=dict)

    @property
    def is_wanted(self) -> bool:
        """True if somebody has to come: nobody took it, and it is grave enough."""
        grave = self.matter.severity in self.policy.severities
        return self.matter.state == OPEN and grave and not self.matter.held


def recalled(case: Case, calls: Sequence[tuple[Call, Told]]) -> tuple[Timestamp, bool]:
    """The case knows again whom it called; when it last did is returned, and if that was moot."""
    case.called = {(call.round, call.level, each.notice.person) for call, each in calls}
    case.reached = {who: None for who, _ in reached_by(calls)}
    case.at = max((call.round, call.level) for call, _ in calls)
    last = [each for call, each in calls if (call.round, call.level) == case.at]
    case.heard = any(each.state == SENT for each in last)
    case.waiting = {each.notice.id for each in last if each.state in (PLANNED, SENDING)}
    case.told_nobody = any(not each.notice.person for each in last)
    case.round, case.level = case.at[0], min(case.at[1], len(case.policy.levels) - 1)
    return min(each.time for each in last), all(each.state == MOOT for each in last)


def reached_by(calls: Iterable[tuple[Call, Told]]) -> list[tuple[tuple[str, str], Call]]:
    """Whom these reached, or may have."""
    return [
        ((each.notice.person, each.notice.channel), call)
        for call, each in calls
        if each.notice.kind in CALLS and each.state in (SENT, UNSURE)
    ]
