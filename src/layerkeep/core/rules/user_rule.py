"""The operator's own rules: what a topology declares under `[rules.NAME]`, as rules like any other.

A rule has one subject, itself. What has to be asked of a node comes as a measured quantity.
"""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.core.facts import Fact, HeadSeen, Measured, Statement
from layerkeep.core.messages import Message
from layerkeep.core.network.sightings import Sample
from layerkeep.core.rules import RULES
from layerkeep.core.rules.problems import Impact, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.topology import Topology
from layerkeep.core.topology.user_rule import UserRule
from layerkeep.core.units import MINUTE, Duration, Timestamp, duration_text

KIND = "custom:"
"""Every kind of problem that an operator's rule finds begins with this."""

LOOK_EVERY = Duration(MINUTE)
"""How often messages are counted: that means to look at all of them."""

COMPARES: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def rule_of(rule: UserRule) -> Rule:
    """The rule that an operator declared."""
    custom = _Custom(rule)
    review = {
        "event": custom.review_events,
        "messages": custom.review_messages,
        "head-lag": custom.review_lag,
    }.get(rule.what, custom.review_samples)
    wakes: dict[str, tuple[type[Statement], ...]] = {"messages": (), "head-lag": (HeadSeen,)}
    return Rule(
        name=KIND + rule.name,
        about=f"{rule.what} {rule.subject} {rule.compare} {rule.threshold}",
        kinds=(KIND + rule.name,),
        review=review,
        wakes=wakes.get(rule.what, (Measured,)),
        touched=custom.touched,
        subjects=custom.subjects,
        needs=custom.needs,
    )


def rules_of(topology: Topology) -> tuple[Rule, ...]:
    """Every rule for a network: layerkeep's, and its operator's own."""
    return (*RULES, *map(rule_of, topology.rules.values()))


@dataclass(frozen=True, slots=True)
class _Custom:
    """One declared rule at work."""

    rule: UserRule

    def subjects(self, _ground: Ground) -> Iterable[str]:
        return (self.rule.name,)

    def needs(self, _ground: Ground, _subject: str) -> Sequence[str]:
        return self.rule.route.split("->") if self.rule.route else (self.rule.chain,)

    def touched(self, _ground: Ground, fact: Fact) -> Collection[str]:
        says, rule = fact.says, self.rule
        if isinstance(says, Measured):
            ours = says.child == rule.chain and says.name == rule.measure
        else:
            ours = fact.anchor.chain == rule.chain
        return (rule.name,) if ours else ()

    # ---- what is found

    def review_samples(self, ground: Ground, _subject: str, now: Timestamp) -> Verdict:
        """The newest sample, and how long it has been so by the samples before it."""
        samples = ground.sightings.samples.get((self.rule.chain, self.rule.measure))
        if not samples:
            return Verdict(None, lacks=f"nothing measured {self.rule.measure} yet")
        since = self._since(samples)
        if since is None:
            return Verdict()
        told = Timestamp(since + self.rule.hold)
        if now < told:
            return Verdict(told)
        last = samples[-1]
        problem = self._problem(since, f"is {last.value}", (last.fact,))
        return Verdict(None, (ground.lasting(problem),))

    def review_events(self, ground: Ground, _subject: str, now: Timestamp) -> Verdict:
        """The events of the last so many milliseconds."""
        samples = ground.sightings.samples.get((self.rule.chain, self.rule.measure), ())
        recent = [sample for sample in samples if now - sample.time < self.rule.within]
        least = self.rule.threshold + (self.rule.compare == ">")
        if len(recent) < least:
            return Verdict()
        until = Timestamp(recent[-least].time + self.rule.within)
        since = self._crossed([sample.time for sample in samples], least)
        words = f"came {len(recent)} times within {duration_text(self.rule.within)}"
        proof = tuple(sample.fact for sample in recent)
        return Verdict(until, (self._problem(since, words, proof),))

    def review_messages(self, ground: Ground, _subject: str, now: Timestamp) -> Verdict:
        """The open messages of the route that have rested in the stage for long enough."""
        until = Timestamp(now + LOOK_EVERY)
        found = [m for m in ground.view.messages.values() if self._counts(ground, m, now)]
        impact = Impact(
            len(found),
            len({message.says.sender for message in found}),
            sum(message.says.value for message in found),
        )
        if not self._holds(impact.messages if self.rule.subject == "count" else impact.value):
            return Verdict(until)
        since = min((_since(ground, message) for message in found), default=Timestamp(0))
        words = f"is {impact.messages} messages with {impact.value} wei"
        return Verdict(until, (ground.lasting(self._problem(since, words, (), impact)),))

    def review_lag(self, ground: Ground, _subject: str, now: Timestamp) -> Verdict:
        """How old the head is; it grows by itself, so the moment is known ahead."""
        fact = ground.view.heads.get(self.rule.chain)
        time = _head_time(fact, self.rule.subject) if fact is not None else None
        if fact is None or time is None:
            return Verdict(None, lacks=f"no {self.rule.subject} head of {self.rule.chain} is known")
        since = Timestamp(time + self.rule.threshold + (self.rule.compare == ">"))
        told = Timestamp(since + self.rule.hold)
        if now < told:
            return Verdict(told)
        words = f"is more than {duration_text(self.rule.threshold)} behind"
        return Verdict(None, (ground.lasting(self._problem(since, words, (fact,))),))

    # ---- parts

    def _holds(self, value: int) -> bool:
        return COMPARES[self.rule.compare](value, self.rule.threshold)

    def _since(self, samples: Sequence[Sample]) -> Timestamp | None:
        """Since when all samples are such that the rule holds; None if the newest is not."""
        since: Timestamp | None = None
        for sample in reversed(samples):
            if not self._holds(sample.value):
                break
            since = sample.time
        return since

    def _crossed(self, times: Sequence[Timestamp], least: int) -> Timestamp:
        """Since when there were always so many events in the window, up to the newest."""
        since, after = times[-1], times[-1]
        for place in range(len(times) - 1, least - 2, -1):
            if after - times[place - least + 1] >= self.rule.within:
                break
            since = after = times[place]
        return since

    def _counts(self, ground: Ground, message: Message, now: Timestamp) -> bool:
        if message.stage != self.rule.stage or message.route != self.rule.route:
            return False
        return not self.rule.hold or now - _since(ground, message) >= self.rule.hold

    def _problem(
        self, since: Timestamp, words: str, proof: tuple[Fact, ...], impact: Impact | None = None
    ) -> Problem:
        rule = self.rule
        place = rule.route or rule.chain
        advice = f"; {rule.runbook}" if rule.runbook else ""
        return Problem(
            KIND + rule.name,
            rule.component,
            rule.name,
            since,
            rule.severity,
            f"{rule.what} {rule.subject} of {place} {words}{advice}",
            rule.what,
            proof,
            impact or Impact(),
        )


def _since(ground: Ground, message: Message) -> Timestamp:
    return ground.outlook(message).since


def _head_time(fact: Fact, head: str) -> int | None:
    """The time of a head's block, in milliseconds."""
    says = fact.says
    assert isinstance(says, HeadSeen)
    times = {"latest": fact.anchor.time, "safe": says.safe_time, "finalized": says.finalized_time}
    return times[head]
