"""Truth: what each chain claims, as our own nodes recomputed it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from layerkeep.api.shapes.overview import TruthShown
from layerkeep.app.answers.memory import Memory, Tally
from layerkeep.core.facts import Fact, Judged, Posted
from layerkeep.core.network.judgements import FALSE, TRUE
from layerkeep.core.rules.integrity import (
    attributes_false,
    batch_false,
    batch_misplaced,
    claim_false,
    delivery_forged,
    withdrawal_forged,
)
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.problems import Problem
from layerkeep.core.topology import Chain

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

COMPARISONS: dict[str, Comparison] = {
    module.COMPARED.check: module.COMPARED
    for module in (
        claim_false,
        batch_false,
        batch_misplaced,
        attributes_false,
        withdrawal_forged,
        delivery_forged,
    )
}
"""By the check's name: which problem it proves, and whose."""

PLACEMENT = batch_misplaced.COMPARED.check
"""A batch in its place is no word of its own: only one that is out of place is told of."""

NEVER, BLIND, UNKNOWN = "never", "blind", "unknown"


class TruthAnswers:
    """What is asked about truth."""

    def __init__(self, daemon: "Daemon", memory: Memory) -> None:
        self._daemon = daemon
        self._memory = memory

    def all(self) -> tuple[TruthShown, ...]:
        """Every kind of check of every chain that settles on another."""
        chains = self._daemon.network.topology.chains.values()
        return tuple(
            self._one(check, chain)
            for chain in chains
            if chain.settles_on is not None
            for check in self._checks(chain)
        )

    def _checks(self, chain: Chain) -> Iterable[str]:
        """The checks that the chain's stack makes, and whatever else was judged of it."""
        made = self._daemon.network.adapters[chain.stack].checks
        told = [check for check, child in self._memory.tallies if child == chain.name]
        return dict.fromkeys((*made, *told))

    def _one(self, check: str, chain: Chain) -> TruthShown:
        tally = self._memory.tally(check, chain.name) or Tally()
        words = self._daemon.engine.sightings.judged.of(check, tally.newest)
        standing = self._standing(check, chain, tally)
        if standing is not None:
            words = [fact for fact in standing.proof if isinstance(fact.says, Judged)]
            return self._told(check, chain, words, (FALSE, tally), standing)
        if self._daemon.engine.watch.ground.blind_since(chain.name, self._daemon.now()) is not None:
            return self._told(check, chain, words, (BLIND, tally))
        if not words and check == PLACEMENT:
            return self._placed(chain, tally)
        verdicts = {fact.says.verdict for fact in words if isinstance(fact.says, Judged)}
        if TRUE not in verdicts and FALSE in verdicts and not self._daemon.engine.watch.asleep:
            last = self._daemon.engine.sightings.judged.last_right(check, chain.name)
            words = [last] if last is not None else []  # what was false is over
            verdicts = {TRUE} if words else set()
        if not words:
            return self._told(check, chain, words, (NEVER if not tally.wrong else UNKNOWN, tally))
        verdict = next((each for each in (FALSE, TRUE) if each in verdicts), UNKNOWN)
        if verdict == FALSE and not self._daemon.engine.watch.asleep:
            verdict = TRUE  # witnesses disagreed, and that is no news any more
        return self._told(check, chain, words, (verdict, tally))

    def _standing(self, check: str, chain: Chain, tally: Tally) -> Problem | None:
        """The newest thing found false that is not over."""
        compared = COMPARISONS.get(check)
        if compared is None:
            return None
        component, problems = compared.component(chain.name), self._daemon.engine.watch.problems
        subjects = [*reversed(tally.false)]
        newest = self._daemon.engine.sightings.posted.get(chain.name)
        if check == PLACEMENT and newest is not None and isinstance(newest.says, Posted):
            subjects.append(f"{chain.name}/batch/{newest.says.batch}")
        found = (problems.get(f"{compared.kind} {component} {each}") for each in subjects)
        return next((problem for problem in found if problem is not None), None)

    def _placed(self, chain: Chain, tally: Tally) -> TruthShown:
        """The newest batch is where it belongs, or somebody would have been told."""
        newest = self._daemon.engine.sightings.posted.get(chain.name)
        if newest is None or self._daemon.engine.watch.asleep:
            return self._told(PLACEMENT, chain, [], (NEVER, tally))
        says = newest.says
        assert isinstance(says, Posted)
        return TruthShown(
            check=PLACEMENT,
            chain=chain.name,
            verdict=TRUE,
            nodes=1,
            asked=1,
            right=tally.right,
            wrong=tally.wrong,
            subject=f"{chain.name}/batch/{says.batch}",
            height=newest.anchor.height,
            time=newest.anchor.time,
        )

    def _told(
        self,
        check: str,
        chain: Chain,
        words: list[Fact],
        found: tuple[str, Tally],
        problem: Problem | None = None,
    ) -> TruthShown:
        verdict, tally = found
        newest = max(words, key=_time, default=None)
        says = newest.says if newest is not None else None
        detail = says.detail if isinstance(says, Judged) else ""
        subject = says.subject if isinstance(says, Judged) else ""
        agree = [f for f in words if isinstance(f.says, Judged) and f.says.verdict == verdict]
        return TruthShown(
            check=check,
            chain=chain.name,
            verdict=verdict,
            nodes=len(agree),
            asked=len(words),
            right=tally.right,
            wrong=tally.wrong,
            subject=problem.subject if problem is not None else subject,
            height=newest.anchor.height if newest is not None else None,
            time=newest.anchor.time if newest is not None else None,
            detail=problem.summary if problem is not None else detail,
        )


def _time(fact: Fact) -> int:
    return fact.anchor.time
