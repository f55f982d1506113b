"""The watch: reviews what facts touch and what has expired; says which problems came or went."""

import heapq
from collections.abc import Iterable
from itertools import chain as joined

import msgspec

from layerkeep.core.facts import Fact, Statement
from layerkeep.core.rules.problems import Problem, Verdict
from layerkeep.core.rules.rule import NEVER, Ground, Rule
from layerkeep.core.units import Duration, Timestamp

Spot = tuple[str, str]
"""A rule's name and a subject."""

SPARE = 1_024
"""So many plans that were given up may stand among the others before all are sorted anew."""

LOOK_AGAIN = Duration(5_000)
"""How soon a subject is reviewed again that could not be judged."""


class Changes(msgspec.Struct):
    """What a review found: problems that are new or different now, and the ids of those gone."""

    raised: list[Problem] = []
    cleared: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.raised or self.cleared)


class Watch:
    """Every rule over every subject of one network.

    Asleep until `start` where much is learned that happened long ago: half of it says nothing. Put
    to sleep again where nobody could listen: what was found stands until the next `start`.
    `lacks` tells what is missing to judge a subject, and since when; `judged` when a rule last had
    all it needed. `turns` rises with every change of a problem and of what is missing.
    """

    def __init__(self, rules: Iterable[Rule], ground: Ground) -> None:
        self.asleep = False
        self.rules = {rule.name: rule for rule in rules}
        self.ground = ground
        self.problems = ground.standing
        self.verdicts: dict[Spot, Verdict] = {}
        self.lacks: dict[Spot, tuple[str, Timestamp]] = {}
        self.judged: dict[str, Timestamp] = {}
        self.turns = 0
        self._by_says: dict[type[Statement], list[Rule]] = {}
        self._of_messages = [rule for rule in self.rules.values() if rule.of_messages]
        self._due: list[tuple[Timestamp, Spot]] = []
        self._planned: dict[Spot, Timestamp] = {}
        self._returns: dict[str, Timestamp] = {}
        self._calm: dict[str, set[str]] = {name: set() for name in self.rules}
        for rule in self.rules.values():
            for says in rule.wakes:
                self._by_says.setdefault(says, []).append(rule)

    def start(self, now: Timestamp) -> Changes:
        """Review every subject that is there from the start, and all that was judged before."""
        self.asleep = False
        self.ground.started = now
        changes = Changes()
        for name, subject in list(self.verdicts):
            self._review(self.rules[name], subject, now, changes)
        for rule in self.rules.values():
            messages = self.ground.view.messages if rule.of_messages else ()
            for subject in joined(rule.subjects(self.ground), messages):
                self._review(rule, subject, now, changes)
        return changes

    def touch(
        self, facts: Iterable[Fact], messages: Iterable[str], now: Timestamp, *, gone: bool = False
    ) -> Changes | None:
        """Review what these facts, new or `gone`, and moved messages touch; nothing while asleep.

        What is well and planned anyway is left until then by a fact that can only put it off.
        """
        if self.asleep or not self.rules:
            return None
        changes = Changes()
        for fact in facts:
            self._wake(fact, now, changes, gone=gone)
        for message in messages:
            for rule in self._of_messages:
                self._review(rule, message, now, changes)
        return changes

    def tick(self, now: Timestamp) -> Changes:
        """Review every subject whose verdict has expired; nothing while asleep."""
        changes = Changes()
        while not self.asleep and self._due and self._due[0][0] <= now:
            due, spot = heapq.heappop(self._due)
            if self._planned.get(spot) == due:
                del self._planned[spot]
                self._calm[spot[0]].discard(spot[1])
                self._review(self.rules[spot[0]], spot[1], now, changes)
        return changes

    def next_due(self) -> Timestamp | None:
        """When the next verdict expires; None while asleep."""
        if self.asleep:
            return None
        while self._due and self._planned.get(self._due[0][1]) != self._due[0][0]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def lacking(self) -> dict[Spot, str]:
        """The subjects that could not be judged when last reviewed, and what was missing."""
        return {spot: lacks for spot, (lacks, _) in self.lacks.items()}

    def _wake(self, fact: Fact, now: Timestamp, changes: Changes, *, gone: bool) -> None:
        """Review the subjects that a fact touches, but for those that can be left as they are."""
        ground = self.ground
        for rule in self._by_says.get(type(fact.says), ()):
            assert rule.touched is not None, f"{rule.name} wakes for nothing"
            subjects = rule.touched(ground, fact)
            calm, puts_off = self._calm[rule.name], None if gone else rule.puts_off
            if puts_off is not None and not calm.isdisjoint(subjects) and puts_off(ground, fact):
                subjects = [each for each in subjects if each not in calm]
            for subject in subjects:
                self._review(rule, subject, now, changes)

    def _review(self, rule: Rule, subject: str, now: Timestamp, changes: Changes) -> None:
        verdict = self._verdict(rule, subject, now)
        spot = (rule.name, subject)
        before = self.verdicts.get(spot)
        self._note(spot, verdict.lacks, now)
        if verdict.lacks and before is not None:
            verdict = Verdict(verdict.until, before.problems, verdict.lacks)
        if verdict.problems or (before is not None and before.problems):
            self._compare(before.problems if before else (), verdict.problems, changes)
        is_well = not verdict.problems and not verdict.lacks
        if is_well and verdict.until is None:
            self.verdicts.pop(spot, None)
        else:
            self.verdicts[spot] = verdict
        if is_well and verdict.until is not None:
            self._calm[spot[0]].add(subject)
        else:
            self._calm[spot[0]].discard(subject)
        self._plan(spot, verdict.until)

    def _note(self, spot: Spot, lacks: str, now: Timestamp) -> None:
        """Remember what is missing to judge a subject, and that a rule missed nothing."""
        known = self.lacks.get(spot)
        if not lacks:
            self.judged[spot[0]] = now
        if lacks == (known[0] if known else ""):
            return
        self.turns += 1
        if lacks:
            self.lacks[spot] = lacks, now
        else:
            del self.lacks[spot]

    def _verdict(self, rule: Rule, subject: str, now: Timestamp) -> Verdict:
        for chain in rule.needs(self.ground, subject):
            unseen = self._unseen(chain, now)
            if unseen is not None:
                return unseen
        return rule.review(self.ground, subject, now)

    def _unseen(self, chain: str, now: Timestamp) -> Verdict | None:
        """Why nothing can be judged that needs a chain: nobody answers, or nobody did until now.

        What was known then may be long over, and a clock alone would make trouble of it.
        """
        if self.ground.blind_since(chain, now) is not None:
            if self.ground.sightings.heard(chain) is not None:
                self._returns[chain] = NEVER
            return Verdict(Timestamp(now + LOOK_AGAIN), lacks=f"nobody answers for {chain}")
        returned = self._returns.get(chain)
        if returned is None:
            return None
        if returned == NEVER or self.ground.is_behind(chain):
            returned = self._returns[chain] = Timestamp(now + self.ground.catching_up(chain))
        if now < returned:
            return Verdict(returned, lacks=f"{chain} was unseen until now and is asked anew")
        del self._returns[chain]
        return None

    def _compare(
        self, before: tuple[Problem, ...], after: tuple[Problem, ...], changes: Changes
    ) -> None:
        kept = {problem.id for problem in after}
        for problem in before:
            if problem.id not in kept:
                self.turns += 1
                self.problems.pop(problem.id, None)
                changes.cleared.append(problem.id)
        for problem in after:
            if self.problems.get(problem.id) != problem:
                self.turns += 1
                self.problems[problem.id] = problem
                changes.raised.append(problem)

    def _plan(self, spot: Spot, until: Timestamp | None) -> None:
        if until is None:
            self._planned.pop(spot, None)
        elif self._planned.get(spot) != until:
            self._planned[spot] = until
            heapq.heappush(self._due, (until, spot))
            if len(self._due) > SPARE + 2 * len(self._planned):
                self._due = sorted((due, planned) for planned, due in self._planned.items())
