"""One seed with people and runs in the loop: incidents are paged, answered and mended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from random import Random

from layerkeep.core.acting.runbooks.model import Condition, Runbook
from layerkeep.core.acting.runs.conditions import Look, holds
from layerkeep.core.effects import Effect, IncidentMoved, MessageMoved
from layerkeep.core.units import DAY, MINUTE, SECOND, Timestamp
from layerkeep.sim.ops.runner import MakeEngine, Run, make_engine, prepare
from layerkeep.sim.ops.simulate import Plan
from layerkeep.sim.respond.clerk import Clerk
from layerkeep.sim.respond.crew import Crew
from layerkeep.sim.respond.desk import Desk
from layerkeep.sim.respond.hands import Hands
from layerkeep.sim.respond.house import draw_house
from layerkeep.sim.respond.library import PATIENCE, draw_runbooks
from layerkeep.sim.respond.pages import Pages
from layerkeep.sim.respond.staff import draw_staff
from layerkeep.sim.respond.worker import ROUND, Place, Worker
from layerkeep.sim.world import EPOCH

ANSWERS = "answers"
OFFERS_EVERY = 10 * MINUTE
ROUNDS = (ROUND, 3 * ROUND)
"""How often each of the workers looks at a run that waits."""


@dataclass(slots=True)
class Responded(Run):
    """A run whose incidents somebody answers. `stages` are where messages were last told to be."""

    stages: dict[str, str] = field(default_factory=dict)
    pages: Pages = field(init=False)
    clerk: Clerk = field(init=False)
    crew: Crew = field(init=False)
    workers: tuple[Worker, ...] = ()

    def furnish(self, builtin: Mapping[str, Runbook]) -> None:
        """The house of this seed: who works there, and with what."""
        chance, world, layers = (
            Random(f"layerkeep house {self.seed}"),
            self.world,
            self.world.layers,
        )
        staff, runbooks = draw_staff(chance), draw_runbooks(builtin, layers, chance)
        topology = draw_house(layers, staff, runbooks, chance)
        self.scenario.patience = PATIENCE
        hands = Hands(self.scenario, Random(f"layerkeep hands {self.seed}"))
        place = Place(world, topology, Desk(), hands)
        self.workers = tuple(
            Worker(place, self.judge, Random(f"layerkeep worker {self.seed} {every}"), every)
            for every in ROUNDS
        )
        self.clerk = Clerk(place, self.engine, runbooks, staff.roles)
        self.crew = Crew(self.clerk, self.workers, Random(f"layerkeep crew {self.seed}"))
        chance = Random(f"layerkeep pages {self.seed}")
        self.pages = Pages(world, topology, chance, self.crew.heard)
        world.after(OFFERS_EVERY, self._offer_again)

    def take(self, effects: Iterable[Effect], now: int) -> None:
        """Note what incidents did, and let whoever has to act know."""
        effects = list(effects)
        Run.take(self, effects, now)
        incidents = self.engine.incidents
        for effect in effects:
            if isinstance(effect, MessageMoved):
                self.stages[effect.message] = effect.stage
            elif isinstance(effect, IncidentMoved):
                name = effect.incident
                self.pages.take(incidents.open.get(name) or incidents.recent[name])
                if effect.transition in ("opened", "reopened"):
                    self.world.after(SECOND, self._offer)

    def judge(self, condition: Condition, since: Timestamp | None) -> bool | None:
        """Whether a condition holds now, by what the engine believes."""
        if condition.name == ANSWERS:
            return self.clerk.place.hands.answers(condition.params)
        now = Timestamp(self.world.now)
        self.pass_time(now)
        name = condition.params.get("message", "")
        stages = {name: self.stages[name]} if self.stages.get(name) else {}
        look = Look(self.engine.watch.ground, self.engine.incidents.open, now, since, stages)
        return holds(condition, look)

    def _offer(self) -> None:
        for run in self.clerk.propose_automatic():
            self.crew.woken(run)

    def _offer_again(self) -> None:
        self._offer()
        self.world.after(OFFERS_EVERY, self._offer_again)


def respond_seed(
    seed: int, plan: Plan, builtin: Mapping[str, Runbook], make: MakeEngine = make_engine
) -> Responded:
    """One seed, played to its end."""
    bare = prepare(seed, plan.days * DAY, only=plan.only, count=plan.count, make=make)
    run = Responded(**{each.name: getattr(bare, each.name) for each in fields(bare)})
    run.furnish(builtin)
    run.go(EPOCH + plan.days * DAY)
    return run
