"""What comes next for a message: whose turn it is, until when, and when it should be done.

A stage's least time comes from the contracts (its clock), its expected time from how long recent
messages of the same route took, its limit from its budget. Times in milliseconds.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low

from layerkeep.core.lifecycle import Stage
from layerkeep.core.messages import Message, steps
from layerkeep.core.units import SECOND, Duration, Timestamp
from layerkeep.core.view import View

REMEMBERED = 64
"""Recent times kept per route and stage: enough for a steady median, little enough to follow a
change of the network within an hour of traffic."""

Spot = tuple[str, str, str]
"""A lifecycle, a route and a stage."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a message waits for; `due` is None without a budget, `eta` is None while unknown."""

    stage: Stage
    since: Timestamp
    awaited: str
    duty: str
    due: Timestamp | None
    why: str
    eta: Timestamp | None
    deadline: Timestamp | None = None

    def overdue(self, now: Timestamp) -> bool:
        """True if the message has rested here longer than its budget allows."""
        return self.due is not None and now > self.due


@dataclass(slots=True)
class Experience:
    """How long recent messages rested in each stage."""

    times: dict[Spot, deque[int]] = field(default_factory=dict)

    def learn(self, view: View, message: Message) -> None:
        """A finished message tells how long each of its stages took."""
        passed = [s for s in steps(message, view.lane_of(message)) if s.counts]
        for step, after in pairwise(passed):
            spot = (message.lifecycle.name, message.route, step.stage.name)
            elapsed = max(0, after.anchor.time - step.anchor.time)
            self.times.setdefault(spot, deque(maxlen=REMEMBERED)).append(elapsed)

    def usual(self, spot: Spot) -> Duration | None:
        """The median of the recent times, None where there are none."""
        times = self.times.get(spot)
        return Duration(median_low(times)) if times else None


def outlook(
    view: View, message: Message, experience: Experience, budgets: Mapping[str, Duration]
) -> Outlook:
    """What the message waits for now.

    `budgets` overrides budgets by `<lifecycle>.<stage>`, as a chain's topology does.
    """
    lifecycle = message.lifecycle
    stage = lifecycle.stage(message.stage)
    passed = steps(message, view.lane_of(message))
    here = [step for step in passed if step.stage is stage and step.counts] or passed[-1:]
    since = Timestamp(here[-1].anchor.time)
    budget = budgets.get(f"{lifecycle.name}.{stage.name}", stage.budget)
    deadlines = [step.deadline for step in passed if step.deadline]
    return Outlook(
        stage=stage,
        since=since,
        awaited=stage.awaited,
        duty=stage.duty,
        due=None if budget is None or stage.final else Timestamp(since + budget),
        why=stage.why,
        eta=None if stage.final else _eta(view, message, since, experience),
        deadline=Timestamp(deadlines[-1]) if deadlines and not stage.final else None,
    )


def _eta(
    view: View, message: Message, since: Timestamp, experience: Experience
) -> Timestamp | None:
    """When the message should be finished: what is left of its stage and all of those after it."""
    lifecycle = message.lifecycle
    stage = lifecycle.stage(message.stage)
    rank = lifecycle.rank(stage.name)
    ahead = [name for name in lifecycle.happy if lifecycle.rank(name) > rank]
    left = [stage, *(lifecycle.stage(name) for name in ahead if not lifecycle.stage(name).final)]
    total = 0
    for each in left:
        time = _time_in(view, message, each, experience)
        if time is None:
            return None
        total += time
    return Timestamp(since + total)


def _time_in(view: View, message: Message, stage: Stage, experience: Experience) -> Duration | None:
    """The time expected in a stage, at least the contracts' own clock; None if nobody knows."""
    clock = view.value(message.child, stage.clock) if stage.clock else None
    least = int(clock) * SECOND if isinstance(clock, int) else 0
    spot = (message.lifecycle.name, message.route, stage.name)
    known = experience.usual(spot)
    if known is None and not stage.usual and not least:
        return None
    return Duration(max(least, known if known is not None else stage.usual))
