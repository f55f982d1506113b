"""From problems to incidents: opened, merged, updated, resolved, with named reasons."""

from collections.abc import Iterable

from layerkeep.core.effects import IncidentMoved
from layerkeep.core.facts import Fact
from layerkeep.core.network.graph import Graph
from layerkeep.core.rules.rule import Rule
from layerkeep.core.rules.watch import Changes
from layerkeep.core.units import Timestamp


class Incidents:
    """All open incidents of one network, and those resolved lately."""

    def __init__(self, graph: Graph, rules: Iterable[Rule]) -> None:
        self.graph = graph
        self.rules = tuple(rules)

    def take(self, changes: Changes, now: Timestamp) -> list[IncidentMoved]:
        """What problems that came or went make of the incidents."""
        return []

    def operate(self, fact: Fact, now: Timestamp) -> list[IncidentMoved]:
        """An operator acknowledges, silences, maintains or resolves."""
        return []

    def tick(self, now: Timestamp) -> list[IncidentMoved]:
        """What time alone makes of the incidents."""
        return []

    def next_due(self) -> Timestamp | None:
        """When `tick` is next worth calling."""
        return None
