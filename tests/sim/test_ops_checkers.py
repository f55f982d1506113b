"""Each checker must be seen to fail when a bug is planted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.core.effects import Effect, IncidentMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact
from layerkeep.core.incidents import Incidents
from layerkeep.core.network.layers import Layer, Layers
from layerkeep.core.rules import RULES
from layerkeep.core.rules.integrity.batch_false import COMPARED
from layerkeep.core.rules.rule import Rule
from layerkeep.core.units import DAY, MINUTE, Duration, Timestamp
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.runner import make_engine, prepare
from layerkeep.sim.ops.scoring import score
from layerkeep.sim.ops.simulate import Plan, run_seed
from layerkeep.sim.world import EPOCH

LIFECYCLES = (*OP_STACK, *NITRO)
Make = Callable[[Layers], Engine]


def violations(make: Make, fault: str, seed: int = 9, days: int = 4) -> dict[str, int]:
    """What the checkers say of an engine."""
    count = 0 if not fault else None
    return score(run_seed(seed, Plan(days, fault, count), make)).violations


def without(kind: str) -> Make:
    """Engines that have no rule for a kind of problem."""
    rules = [rule for rule in RULES if kind not in rule.kinds]
    return lambda layers: Engine(LIFECYCLES, layers, layers, rules)


def make_blameless(layers: Layers) -> Engine:
    """An engine whose rules cause nothing."""
    return Engine(LIFECYCLES, layers, layers, [_causing(rule, ()) for rule in RULES])


def make_misled(layers: Layers) -> Engine:
    """An engine that takes what a stuck transaction brings about for the cause of it."""
    turned = {"batches-stalled": ("nonce-stuck",)}
    rules = [_causing(rule, turned.get(rule.kinds[0], ())) for rule in RULES]
    return Engine(LIFECYCLES, layers, layers, rules)


def _causing(rule: Rule, kinds: tuple[str, ...]) -> Rule:
    return replace(rule, causes=kinds, causes_of={})


def make_jumpy(layers: Layers) -> Engine:
    """An engine that thinks a block must be final after a minute."""
    return Engine(LIFECYCLES, layers, {name: _jumpy(layer) for name, layer in layers.items()})


def _jumpy(layer: Layer) -> Layer:
    limits = replace(layer.limits, final_stalled_after=Duration(MINUTE))
    return replace(layer, poll_every=Duration(MINUTE), limits=limits)


class NeverSettles(Engine):
    """Forgets that time passes for incidents: none is ever resolved."""

    def tick(self, now: Timestamp) -> list[Effect]:
        changes = self.watch.tick(now)
        return [*self.incidents.take(changes, now)] if changes else []

    def next_deadline(self) -> Timestamp | None:
        return self.watch.next_due()


class TellsTwice(Engine):
    """Says everything about incidents again."""

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        effects = super().observe(fact, now)
        return effects + [each for each in effects if isinstance(each, IncidentMoved)]


class ForgetsIncidents(Incidents):
    """Knows nothing after a restart."""

    def restore(self, incidents: object, proven: object = ()) -> None:
        return


class Forgetful(Engine):
    """Its incidents are lost in a restart."""

    def __init__(self, layers: Layers) -> None:
        super().__init__(LIFECYCLES, layers, layers)
        self.incidents = ForgetsIncidents(self.watch.ground.graph, self.watch.rules.values())


def make_unexcusing(layers: Layers) -> Engine:
    """An engine that takes a batch with blocks that left its chain for the batcher's fault."""
    rules = {rule.name: rule for rule in RULES}
    rules["batch_false"] = replace(rules["batch_false"], review=COMPARED.review)
    return Engine(LIFECYCLES, layers, layers, rules.values())


PLANTED: list[tuple[str, Make, str]] = [
    ("detection", without("chain-halted"), "chain-halted"),
    ("once", make_blameless, "batches-stalled"),
    ("cause", make_misled, "nonce-stuck"),
    ("silence", make_jumpy, ""),
    ("liveness", lambda layers: NeverSettles(LIFECYCLES, layers, layers), "bridge-paused"),
    ("once", lambda layers: TellsTwice(LIFECYCLES, layers, layers), "bridge-paused"),
]


@pytest.mark.parametrize(("checker", "make", "fault"), PLANTED)
def test_checker__bug_planted__fails(checker: str, make: Make, fault: str) -> None:
    """A checker that finds no planted bug would find no other either."""
    assert violations(make, fault)[checker] > 0


def test_silence__batch_with_blocks_that_left_is_blamed_on_the_batcher__is_seen() -> None:
    """A false page beside the reorg's incident, wherever a batch was posted before."""
    assert violations(make_unexcusing, "reorg-deep", days=12)["silence"] > 0


class NeverReopens(Incidents):
    """Takes each late symptom of what is over for a trouble of its own."""

    def _open(self, root: str, now: Timestamp) -> None:
        self._books._closed.pop(root, None)
        super()._open(root, now)


class Repetitive(Engine):
    """Opens a second incident where the first is to be opened again."""

    def __init__(self, layers: Layers) -> None:
        super().__init__(LIFECYCLES, layers, layers)
        self.incidents = NeverReopens(self.watch.ground.graph, self.watch.rules.values())


def test_once__late_symptom_of_what_is_over_told_as_another_incident__is_seen() -> None:
    """What it held up shows after its incident is resolved: that is the same incident."""
    assert 0 == violations(make_engine, "batch-misplaced", days=12)["once"]
    assert violations(Repetitive, "batch-misplaced", days=12)["once"] > 0


def restarted_amid(make: Make) -> list[str]:
    """What a restart changes, ten minutes after a pause was told."""
    only = FAULTS["bridge-paused"]
    told = run_seed(9, Plan(4, only.kind)).courses[0].told
    run = prepare(9, 4 * DAY, only=only, make=make)
    run.restart_at = told + 10 * MINUTE
    run.go(EPOCH + 4 * DAY)
    return [miss.text for miss in score(run).misses if miss.checker == "restart"]


def test_restart__amid_an_incident__changes_nothing() -> None:
    """What was told is not told again, and ends when it would have ended."""
    assert [] == restarted_amid(make_engine)


def test_restart__incidents_lost__is_seen() -> None:
    """An engine that forgets its incidents in a restart tells them again."""
    assert ["bridge-paused", "opened"] == [
        word for word in restarted_amid(Forgetful)[0].split() if word in ("bridge-paused", "opened")
    ]


def test_detection__after_a_look_that_nobody_answered__is_put_off_by_one_look_and_no_more() -> None:
    """What a look would have shown the next one shows; a look at another time counts nothing."""
    run = run_seed(9, Plan(4, "chain-halted"))
    course = next(course for course in run.courses if course.injury.healed)
    injury, nodes = course.injury, run.world.nodes[course.injury.place]
    poll = nodes.chain.layer.poll_every
    nodes.missed = [injury.began - 1, injury.bound + 1]
    course.told = injury.bound + 1
    assert 1 == score(run).late

    nodes.missed = [injury.began + 1]
    assert 0 == score(run).late
    course.told = injury.bound + poll + 1
    assert 1 == score(run).late
