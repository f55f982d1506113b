"""An alert storm: one root fault and all the messages that are late for it, as one incident."""

from collections.abc import Sequence

import msgspec

from layerkeep.bench import network
from layerkeep.bench.figures import Figure, Outcome, best
from layerkeep.core.incidents import Incidents
from layerkeep.core.network.graph import Graph, actor_of, route_of
from layerkeep.core.network.layers import layers_of
from layerkeep.core.rules import RULES
from layerkeep.core.rules.problems import CRITICAL, WARNING, Impact, Problem
from layerkeep.core.rules.watch import Changes
from layerkeep.core.units import HOUR, MINUTE, Timestamp

DEPENDENTS = 5_000
BEGAN = Timestamp(1_000 * HOUR)
PROBLEMS_PER_S = 5_000


def measure() -> list[Outcome]:
    """Problems a second through causes and incidents, told one by one; the root comes last."""
    problems = _storm()
    taken, incidents = best(lambda: _take(problems))
    found = [incident for incident in incidents.open.values() if incident.members]
    assert len(found) == 1, f"one root is one incident, not {len(found)}"
    assert len(found[0].members) == len(problems), "it has all of them"
    encoding, _ = best(lambda: msgspec.json.encode(problems))
    rate = len(problems) / taken
    return [
        Figure(
            "problems through causes and incidents",
            rate,
            "problems/s",
            PROBLEMS_PER_S,
            more_is_better=True,
            ratio=taken / encoding,
        )
    ]


def _storm() -> list[Problem]:
    """Messages of two routes late, then the sequencer that they wait for."""
    late = [
        Problem(
            "message-overdue",
            route_of(network.L1, network.L2) if number % 2 else route_of(network.L2, network.L1),
            f"message {number}",
            Timestamp(BEGAN + MINUTE),
            WARNING,
            "a message is late",
            impact=Impact(1, 1, number),
        )
        for number in range(DEPENDENTS)
    ]
    down = actor_of("sequencer", network.L2)
    return [*late, Problem("sequencer-down", down, network.L2, BEGAN, CRITICAL, "no blocks")]


def _take(problems: Sequence[Problem]) -> Incidents:
    layers = layers_of(network.topology(), network.ADAPTERS)
    incidents = Incidents(Graph(layers), RULES)
    now = Timestamp(BEGAN + HOUR)
    for problem in problems:
        incidents.take(Changes([problem]), now)
        now = Timestamp(now + 1)
    return incidents
