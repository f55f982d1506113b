"""A rollup's blocks run away from the parent block they build on.

A block may be only so much younger than its origin; past that the sequencer can make empty blocks
only, and deposits wait. OP Stack: `max_sequencer_drift`
(https://specs.optimism.io/protocol/derivation.html).
"""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import Fact, HeadSeen, Measured
from layerkeep.core.network.graph import actor_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.heads import head_fact, itself
from layerkeep.core.rules.problems import CRITICAL, WARNING, Impact, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import SECOND, ChainName, Duration, Timestamp, duration_text

ORIGIN = "origin_time_s"

WARN_PERCENT = 60
"""Of the protocol's limit; a healthy chain is at a tenth or two."""


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.limits.drift_max is not None]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Measured) and says.name != ORIGIN:
        return ()
    layer = ground.layers.get(says.child if isinstance(says, Measured) else fact.anchor.chain)
    return (layer.name,) if layer is not None and layer.limits.drift_max is not None else ()


def _puts_off(ground: Ground, fact: Fact) -> bool:
    """A newer origin; a block is no further ahead of the last one than time is."""
    says = fact.says
    if isinstance(says, HeadSeen):
        return True
    assert isinstance(says, Measured)
    samples = ground.sightings.samples.get((says.child, says.name))
    return not samples or len(samples) < 2 or samples[-2].value <= samples[-1].value


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    most = layer.limits.drift_max
    assert most is not None
    sample = ground.sightings.latest(subject, ORIGIN)
    if sample is None:
        return Verdict(lacks=f"the origin of the blocks of {subject} was not measured")
    origin = Timestamp(sample.value * SECOND)
    block = max(sample.time, ground.view.read_until(subject))
    warn = Timestamp(origin + most * WARN_PERCENT // 100)
    if block <= warn:
        return Verdict(warn if now < warn else None)
    return Verdict(None, (_problem(ground, layer, sample.fact, past=block - origin > most),))


def _problem(ground: Ground, layer: Layer, measured: Fact, *, past: bool) -> Problem:
    most = layer.limits.drift_max
    assert most is not None and isinstance(measured.says, Measured)
    warned = duration_text(Duration(most * WARN_PERCENT // 100))
    origin = int(measured.says.value) * SECOND
    over = duration_text(most) if past else warned
    rest = "and only empty ones may follow" if past else f"at most {duration_text(most)} is allowed"
    problem = Problem(
        "sequencer-drift",
        actor_of("sequencer", layer.name),
        layer.name,
        Timestamp(origin),
        CRITICAL if past else WARNING,
        f"the blocks of {layer.name} are more than {over} ahead of the {layer.parent} block they"
        f" build on, {rest}",
        proof=(measured, *head_fact(ground, layer.name)),
        impact=Impact(deadline=Timestamp(origin + most)),
    )
    return ground.lasting(problem)


SEQUENCER_DRIFT = Rule(
    name="sequencer_drift",
    about="The newest block is far younger than the parent's block it builds on.",
    kinds=("sequencer-drift",),
    review=_review,
    causes=("sequencer-down", "message-overdue", "inclusion-delayed"),
    wakes=(HeadSeen, Measured),
    touched=_touched,
    subjects=_chains,
    needs=itself,
    puts_off=_puts_off,
)
