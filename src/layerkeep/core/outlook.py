"""What comes next for a message: whose turn it is, until when, and when it should be done.

A stage's least time comes from the contracts (its clock), its expected time from how long recent
messages of the same route took, its limit from its budget. Times in milliseconds.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low

from layerkeep.core.lifecycle import NO_TIME, Stage
from layerkeep.core.messages import Message, steps
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Duration, Timestamp
from layerkeep.core.view import View

REMEMBERED = 64
"""Recent times kept per route and stage: enough for a steady median, little enough to follow a
change of the network within an hour of traffic."""

LEARN_EVERY = Duration(5 * SECOND)
"""Of messages of one route sent closer together than this, one tells how long they take."""

BOUNDS = (
    *(SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE),
    *(HOUR, 3 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY),
)
"""From a deposit's seconds to the two weeks of a disputed withdrawal, each a few times the last."""

Spot = tuple[str, str, str]
"""A lifecycle, a route and a stage."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a message waits for; `due` is None without a budget, `eta` is None while unknown.

    `usual` is the longest that messages usually rest here, None where nobody knows.
    """

    stage: Stage
    since: Timestamp
    awaited: str
    duty: str
    due: Timestamp | None
    why: str
    eta: Timestamp | None
    deadline: Timestamp | None = None
    usual: Duration | None = None

    def overdue(self, now: Timestamp) -> bool:
        """True if the message has rested here longer than its budget allows."""
        return self.due is not None and now > self.due


@dataclass(frozen=True, slots=True)
class Terms:
    """What a network sets for one child: its own budgets, and the pace of the blocks counted.

    `budgets` overrides budgets by `<lifecycle>.<stage>`, as a chain's topology does. `block_time`
    is that of the chain whose blocks the child's contracts count (None: not known).
    """

    budgets: Mapping[str, Duration]
    block_time: Duration | None = None


@dataclass(slots=True)
class Spread:
    """Durations by the first of BOUNDS that they do not pass, those beyond all last; their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: int = 0

    def add(self, elapsed: int) -> None:
        """One more duration."""
        self.counts[bisect_left(BOUNDS, elapsed)] += 1
        self.total += elapsed


@dataclass(slots=True)
class Experience:
    """How long recent messages rested in each stage; `spreads` counts those of this run."""

    times: dict[Spot, deque[int]] = field(default_factory=dict)
    learned: dict[tuple[str, str], int] = field(default_factory=dict)
    spreads: dict[Spot, Spread] = field(default_factory=dict)

    def learn(self, message: Message) -> None:
        """A finished message tells how long each of its stages took; one now and then is enough."""
        kind, sent = (message.lifecycle.name, message.route), message.sent.anchor.time
        if 0 <= sent - self.learned.get(kind, -LEARN_EVERY) < LEARN_EVERY:
            return
        self.learned[kind] = sent
        passed = [s for s in steps(message) if s.counts]
        for step, after in pairwise(passed):
            spot = (message.lifecycle.name, message.route, step.stage.name)
            elapsed = max(0, after.anchor.time - step.anchor.time)
            self.spreads.setdefault(spot, Spread()).add(elapsed)
            self.times.setdefault(spot, deque(maxlen=REMEMBERED)).append(elapsed)

    def usual(self, spot: Spot) -> Duration | None:
        """The median of the recent times, None where there are none."""
        times = self.times.get(spot)
        return Duration(median_low(times)) if times else None

    def band(self, spot: Spot) -> tuple[Duration, Duration] | None:
        """The 5th and the 95th percentile of the recent times, None where there are none."""
        times = sorted(self.times.get(spot, ()))
        if not times:
            return None
        last = len(times) - 1
        return Duration(times[last * 5 // 100]), Duration(times[-(-last * 95 // 100)])


def outlook(view: View, message: Message, experience: Experience, terms: Terms) -> Outlook:
    """What the message waits for now."""
    lifecycle = message.lifecycle
    stage = lifecycle.stage(message.stage)
    passed = steps(message)
    here = [step for step in passed if step.stage is stage and step.counts] or passed[-1:]
    since = Timestamp(here[-1].anchor.time)
    budget = terms.budgets.get(f"{lifecycle.name}.{stage.name}", stage.budget)
    deadlines = [step.deadline for step in passed if step.deadline]
    left = None if stage.final else _time_left(view, message, experience, terms)
    return Outlook(
        stage=stage,
        since=since,
        awaited=stage.awaited,
        duty=stage.duty,
        due=None if budget is None or stage.final else Timestamp(since + budget),
        why=stage.why,
        eta=None if left is None else Timestamp(since + left),
        deadline=Timestamp(deadlines[-1]) if deadlines and not stage.final else None,
        usual=None if stage.final else _longest(view, message, experience, terms),
    )


def usual_band(
    least: Duration, stage: Stage, known: tuple[Duration, Duration] | None
) -> tuple[Duration, Duration] | None:
    """How long messages usually rest in a stage, by what was measured or else expected.

    `least` is the contracts' own clock.
    """
    low, high = known if known is not None else (NO_TIME, stage.usual)
    return (max(least, low), max(least, high)) if max(least, high) else None


def _longest(view: View, message: Message, experience: Experience, terms: Terms) -> Duration | None:
    """The longest that messages usually rest in this one's stage."""
    stage = message.lifecycle.stage(message.stage)
    known = experience.band((message.lifecycle.name, message.route, stage.name))
    band = usual_band(clock_of(view, message.child, stage, terms), stage, known)
    return band[1] if band is not None else None


def _time_left(
    view: View, message: Message, experience: Experience, terms: Terms
) -> Duration | None:
    """How long a message takes from the start of its stage to its end; None if nobody knows."""
    lifecycle = message.lifecycle
    stage = lifecycle.stage(message.stage)
    rank = lifecycle.rank(stage.name)
    ahead = [name for name in lifecycle.happy if lifecycle.rank(name) > rank]
    left = [stage, *(lifecycle.stage(name) for name in ahead if not lifecycle.stage(name).final)]
    total = 0
    for each in left:
        least = clock_of(view, message.child, each, terms)
        known = experience.usual((lifecycle.name, message.route, each.name))
        if known is None and not each.usual and not least:
            return None
        total += max(least, known if known is not None else each.usual)
    return Duration(total)


def clock_of(view: View, child: ChainName, stage: Stage, terms: Terms) -> Duration:
    """The least time in a stage by the contracts' own clock, 0 where none is known.

    A clock is a parameter that counts seconds (`..._s`) or blocks (`..._blocks`).
    """
    value = view.value(child, stage.clock) if stage.clock else None
    if not isinstance(value, int):
        return NO_TIME
    if stage.clock.endswith("_blocks"):
        return Duration(value * terms.block_time) if terms.block_time else NO_TIME
    return Duration(value * SECOND)
