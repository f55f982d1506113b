"""Playing each past incident through the real engine, and telling how it would have gone."""

from dataclasses import dataclass
from random import Random

from layerkeep.core.network.layers import Layer
from layerkeep.core.units import HOUR, MINUTE, ChainName, Duration, duration_text
from layerkeep.sim.history.past import PAST, Part, Past
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.network import layer_of
from layerkeep.sim.ops.noise import Noise
from layerkeep.sim.ops.runner import Course, Run, make_engine
from layerkeep.sim.ops.scenario import Scenario
from layerkeep.sim.ops.world import open_world
from layerkeep.sim.world import EPOCH

POLL = Duration(MINUTE)
BEGINS = 6 * HOUR
"""By then every actor of the network has acted several times."""

AFTERWARDS = HOUR
SEED = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a past incident would have gone: told or not, after how long (ms), and as what."""

    date: str
    system: str
    what: str
    detected: bool
    delay: int | None
    cause: str
    expected: str


def tried() -> list[Outcome]:
    """Every past incident, in order of time; one with several parts has an outcome for each."""
    return [outcome for past in PAST for outcome in _outcomes(past)]


def table(outcomes: list[Outcome]) -> str:
    """The outcomes as a Markdown table."""
    head = "| Date | System | What happened | Told after | Cause named |\n|---|---|---|---|---|"
    return "\n".join([head, *map(_row, outcomes)])


def page() -> str:
    """The page of all outcomes."""
    return (
        "# History\n\nWritten by `make docs` from `layerkeep sim --history`.\n\n"
        "Incidents of real systems, played by their observable signature on a simulated network of"
        " Ethereum, an OP Stack chain and a Nitro chain that are looked at every minute. Systems"
        " of other stacks are played on an equivalent bridge.\n\n" + table(tried()) + "\n"
    )


def _network() -> dict[ChainName, Layer]:
    chance = Random(f"layerkeep history {SEED}")
    root = layer_of(chance, ("c1", "ethereum"), None, POLL)
    return {
        layer.name: layer
        for layer in (
            root,
            layer_of(chance, ("c2", "op_stack"), root.name, POLL),
            layer_of(chance, ("c3", "nitro"), root.name, POLL),
        )
    }


def _outcomes(past: Past) -> list[Outcome]:
    layers = _network()
    world = open_world(layers, SEED)
    scenario = Scenario(world, Noise(world), Random(0))
    last = 0
    for part in past.parts:
        start = EPOCH + BEGINS + part.after
        scenario.plan(start, FAULTS[part.fault], part.place, part.length)
        last = max(last, start + part.length)
    run = Run(SEED, world, scenario, make_engine(layers))
    run.go(last + AFTERWARDS)
    return [
        _outcome(past, part, course) for part, course in zip(past.parts, run.courses, strict=True)
    ]


def _outcome(past: Past, part: Part, course: Course) -> Outcome:
    injury = course.injury
    told = bool(course.told) and course.told <= injury.began + part.length
    return Outcome(
        past.date,
        past.system,
        past.what,
        told,
        course.told - injury.began if told else None,
        " ".join(course.root).strip(),
        " ".join(injury.key),
    )


def _row(outcome: Outcome) -> str:
    delay = "not told" if outcome.delay is None else duration_text(outcome.delay)
    delay = "at once" if outcome.delay == 0 else delay
    cause = outcome.cause if outcome.detected else "-"
    return f"| {outcome.date} | {outcome.system} | {outcome.what} | {delay} | {cause} |"
