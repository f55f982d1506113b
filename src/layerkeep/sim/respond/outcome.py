"""How a seed with people and runs in the loop did, and what many add up to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.acting.paging.model import CALLS
from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.sim.ops.runner import MakeEngine, make_engine
from layerkeep.sim.ops.scoring import CHECKERS as WATCHED
from layerkeep.sim.ops.scoring import Miss, score
from layerkeep.sim.ops.simulate import Plan
from layerkeep.sim.respond import holding, reaching
from layerkeep.sim.respond.responded import Responded, respond_seed

CHECKERS = ("once", "reaches", "never unapproved", "way back", "mended", "ends")


@dataclass(slots=True)
class Response:
    """What was answered, by what, and what did not hold.

    `engine` counts what the checkers of the engine itself found, as without anybody who answers.
    """

    seeds: int = 0
    days: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    runbooks: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[int, Miss]] = field(default_factory=list)
    engine: Counter[str] = field(default_factory=Counter)

    @property
    def failing(self) -> list[int]:
        """The seeds in which something did not hold."""
        return sorted({seed for seed, _ in self.misses})

    def told(self) -> dict[str, Any]:
        """The same as JSON has it."""
        found = Counter(miss.checker for _, miss in self.misses)
        return {
            "simulated_days": self.days,
            **dict(sorted(self.figures.items())),
            "runs": dict(sorted(self.runs.items())),
            "mended_by": dict(sorted(self.runbooks.items())),
            "engine_violations": {name: self.engine[name] for name in WATCHED},
            "violations": {name: found[name] for name in CHECKERS},
            "failing_seeds": self.failing,
        }


def add_response(
    total: Response,
    seed: int,
    plan: Plan,
    builtin: Mapping[str, Runbook],
    make: MakeEngine = make_engine,
) -> Responded:
    """One more seed is part of the total."""
    run = respond_seed(seed, plan, builtin, make)
    total.seeds += 1
    total.days += plan.days
    total.misses += [(seed, miss) for miss in misses(run)]
    total.engine.update(score(run).violations)
    _count(total, run)
    return run


def misses(run: Responded) -> list[Miss]:
    """Everything that did not hold in a run."""
    return [*holding.misses(run), *reaching.misses(run)]


def _count(total: Response, run: Responded) -> None:
    figures, hands, desk = total.figures, run.clerk.place.hands, run.clerk.place.desk
    for injury in run.scenario.injuries:
        figures["faults"] += 1
        answers = [each for each in holding.answers_to(run, injury) if each.began]
        if injury in hands.mended:
            by = desk.read(hands.mended[injury]).run
            figures["mended_by_automatic_run" if by.automatic else "mended_by_approved_run"] += 1
            total.runbooks[by.runbook] += 1
        elif not injury.healed:
            figures["open_at_the_end"] += 1
        else:
            figures["over_before_run_was_done" if answers else "over_without_run"] += 1
    for name in desk.rows:
        each = desk.read(name).run
        total.runs[each.state + (f": {each.reason}" if each.reason else "")] += 1
    post = run.pages.post
    figures["steps_performed"] += len(hands.performed)
    figures["worker_deaths"] += sum(worker.deaths for worker in run.workers)
    figures["pager_kills"] += len(post.downs)
    figures["notices_sent"] += sum(each.notice.kind in CALLS for each in post.sendings)
    figures["notices_not_taken"] += sum(each.state != "sent" for each in post.sendings)
    figures["incidents_paged"] += len({c.matter for _, n in post.plans for c in n.calls})
    figures["words_refused"] += run.clerk.said.refused
