"""How bad an incident is: its problems' own severity, raised by what they touch together."""

import heapq
from collections import Counter

from layerkeep.core.incidents.incident import Key, key_of
from layerkeep.core.rules.problems import CRITICAL, SEVERITIES, WARNING, Impact, Problem
from layerkeep.core.units import HOUR, Duration, Timestamp

VALUE_HIGH = 100 * 10**18
"""Wei. From here on a single message overdue is critical too (see the rule message_overdue)."""

MESSAGES_MANY = 100
"""So many at once are no accident of single messages."""

DEADLINE_NEAR = Duration(HOUR)
"""A person who is paged needs about this long to come, understand and act."""


def severity_of(own: str, impact: Impact, now: Timestamp) -> str:
    """The severity of problems whose worst is `own` and that touch this much."""
    grave = impact.value >= VALUE_HIGH or impact.messages >= MESSAGES_MANY
    near = impact.deadline is not None and impact.deadline - now <= DEADLINE_NEAR
    return CRITICAL if own == WARNING and (grave or near) else own


def is_worse(severity: str, than: str) -> bool:
    """True if the first is graver."""
    return SEVERITIES.index(severity) > SEVERITIES.index(than)


def worst_of(one: Impact, other: Impact) -> Impact:
    """The most of both."""
    deadlines = [each.deadline for each in (one, other) if each.deadline is not None]
    return Impact(
        max(one.messages, other.messages),
        max(one.users, other.users),
        max(one.value, other.value),
        min(deadlines, default=None),
    )


class Tally:
    """The sum of what many problems touch, kept up as they come and go.

    Problems about the same subject touch the same: of them the most counts, once.
    """

    def __init__(self) -> None:
        self._by_subject: dict[str, dict[str, Impact]] = {}
        self._own: Counter[str] = Counter()
        self._keys: Counter[Key] = Counter()
        self._deadlines: list[tuple[int, str]] = []
        self._deadline_of: dict[str, int] = {}
        self._messages = self._users = self._value = 0

    def add(self, problem: Problem) -> None:
        """This problem counts."""
        self._own[problem.severity] += 1
        self._keys[key_of(problem)] += 1
        parts = self._by_subject.setdefault(problem.subject, {})
        self._weigh(parts, -1)
        parts[problem.id] = problem.impact
        self._weigh(parts, 1)
        deadline = problem.impact.deadline
        if deadline is not None:
            self._deadline_of[problem.id] = deadline
            heapq.heappush(self._deadlines, (deadline, problem.id))

    def remove(self, problem: Problem) -> None:
        """This problem, as it was added, counts no more."""
        self._own[problem.severity] -= 1
        self._keys[key_of(problem)] -= 1
        parts = self._by_subject[problem.subject]
        self._weigh(parts, -1)
        del parts[problem.id]
        self._weigh(parts, 1)
        if not parts:
            del self._by_subject[problem.subject]
        self._deadline_of.pop(problem.id, None)

    def count(self, key: Key) -> int:
        """How many are of this kind and component."""
        return self._keys[key]

    def is_quiet(self) -> bool:
        """True if there is nothing but notes."""
        return not self._own[WARNING] and not self._own[CRITICAL]

    def own(self) -> str:
        """The worst severity of any."""
        return max((name for name in SEVERITIES if self._own[name]), key=SEVERITIES.index)

    def impact(self) -> Impact:
        """What all touch together."""
        heap = self._deadlines
        while heap and self._deadline_of.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        nearest = Timestamp(heap[0][0]) if heap else None
        return Impact(self._messages, self._users, self._value, nearest)

    def _weigh(self, parts: dict[str, Impact], sign: int) -> None:
        self._messages += sign * max((each.messages for each in parts.values()), default=0)
        self._users += sign * max((each.users for each in parts.values()), default=0)
        self._value += sign * max((each.value for each in parts.values()), default=0)
