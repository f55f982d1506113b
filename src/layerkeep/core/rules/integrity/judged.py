"""What the rules share that rest on judgements: what one layer said was held against our own nodes.

A witness counts by its last word on a subject. A judgement is evidence at hand, whoever answers
now: these rules need no chain to be seen, and without a judgement they say nothing.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from layerkeep.core.facts import Fact, Judged
from layerkeep.core.network.judgements import FALSE, TRUE
from layerkeep.core.rules.problems import CRITICAL, WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground
from layerkeep.core.units import HOUR, Timestamp

DISAGREE = "witnesses-disagree"
"""The reason where one witness says true and another false: a node of ours may be the liar. Which
one it is the rules about nodes find out, so this is told for as long as it is news."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of judgement: its check's name, the problem it proves, and whose problem it is.

    `component` names the component by the child; `what` says in words what is false. What `mends`
    is over once a later judgement of the kind finds all well; else it is `irrevocable`, or ends in
    a way that its own rule knows.
    """

    check: str
    kind: str
    component: Callable[[str], str]
    what: str
    mends: bool = False
    irrevocable: bool = False

    def touched(self, ground: Ground, fact: Fact) -> Collection[str]:
        """What a judgement of this kind is about, and what it may have mended."""
        says = fact.says
        if not isinstance(says, Judged) or says.check != self.check:
            return ()
        if not self.mends or says.verdict != TRUE:
            return (says.subject,)
        standing = [p for p in ground.standing.values() if p.kind == self.kind]
        mended = [p.subject for p in standing if ground.graph.chain(p.component) == says.child]
        return (says.subject, *mended)

    def subjects(self, ground: Ground) -> Iterable[str]:
        """Everything judged so far."""
        return [subject for check, subject in ground.sightings.judged if check == self.check]

    def review(self, ground: Ground, subject: str, now: Timestamp) -> Verdict:
        """What the witnesses say of a subject, taken together."""
        words = [(fact, _says(fact)) for fact in ground.sightings.judged.of(self.check, subject)]
        against = [fact for fact, says in words if says.verdict == FALSE]
        backing = [fact for fact, says in words if says.verdict == TRUE]
        if against and self._is_mended(ground, against):
            return Verdict()
        if against and backing:
            return self._contested(ground, self._problem(subject, against, backing), now)
        if against:
            return Verdict(None, (self._problem(subject, against, backing),))
        if words and not backing:
            return Verdict(None, lacks=f"no node can tell whether {subject} is true")
        return Verdict()

    def _contested(self, ground: Ground, problem: Problem, now: Timestamp) -> Verdict:
        """One of our own witnesses is wrong; while that is news it is told."""
        chain = ground.graph.chain(problem.component)
        layer = ground.layers.get(chain) if chain is not None else None
        last = max(fact.anchor.time for fact in problem.proof)
        until = Timestamp(last + (layer.limits.news_for if layer is not None else HOUR))
        return Verdict(until, (problem,)) if now < until else Verdict()

    def _is_mended(self, ground: Ground, against: list[Fact]) -> bool:
        """True if the newest word on a later one of the child's is that all is well."""
        false = _says(against[0])
        right = ground.sightings.judged.last_right(self.check, false.child)
        if not self.mends or right is None or _says(right).subject == false.subject:
            return False
        return right.anchor.time > max(fact.anchor.time for fact in against)

    def _problem(self, subject: str, against: list[Fact], backing: list[Fact]) -> Problem:
        first = min(against, key=lambda fact: fact.anchor.time)
        says = first.says
        assert isinstance(says, Judged)
        differs = f": expected {says.expected}, found {says.found}" if says.expected else ""
        return Problem(
            self.kind,
            self.component(says.child),
            subject,
            Timestamp(first.anchor.time),
            WARNING if backing else CRITICAL,
            f"{self.what} on {says.child}: {subject}{differs}",
            DISAGREE if backing else says.detail,
            (*against, *backing),
            irrevocable=self.irrevocable and not backing,
        )


def _says(fact: Fact) -> Judged:
    assert isinstance(fact.says, Judged)
    return fact.says
