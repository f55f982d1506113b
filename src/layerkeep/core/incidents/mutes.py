"""Mutes: what operators asked not to be paged for, and until when.

A silence names an incident, a component, everything of a chain (`chain:l2`), a kind of problem or
everything (`*`). A maintenance names the same, and mutes what stands on the component too.
Both name their end: a silence without one would be forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from layerkeep.core.facts import Operated
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.graph import Graph, chain_of
from layerkeep.core.rules.rule import Rule
from layerkeep.core.units import Timestamp

SILENCE = "silence"
MAINTAIN = "maintain"
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Mute:
    """One operator's word; `action` is `silence` or `maintain`, `until` in milliseconds."""

    action: str
    target: str
    until: Timestamp
    by: str = ""
    reason: str = ""


class Mutes:
    """All that is muted in one network."""

    def __init__(self, graph: Graph, rules: Iterable[Rule]) -> None:
        self._graph = graph
        self._kinds = frozenset(kind for rule in rules for kind in rule.kinds)
        self._mutes: dict[tuple[str, str], Mute] = {}

    def knows(self, target: str) -> bool:
        """True if something other than an incident has this name."""
        return target == EVERYTHING or target in self._graph or target in self._kinds

    def add(self, mute: Mute) -> None:
        """This is muted; a newer word on the same target replaces the older."""
        self._mutes[(mute.action, mute.target)] = mute

    def heed(self, says: Operated, target: str, now: Timestamp) -> None:
        """A word that has not ended already counts."""
        if says.until > now:
            self.add(Mute(says.action, target, Timestamp(says.until), says.by, says.reason))

    def lift(self, target: str) -> None:
        """Whatever was said of exactly this target counts no more."""
        for action in (SILENCE, MAINTAIN):
            self._mutes.pop((action, target), None)

    def of(self, incident: Incident, now: Timestamp) -> Mute | None:
        """What mutes an incident for longest, if anything does."""
        for ended in [key for key, mute in self._mutes.items() if mute.until <= now]:
            del self._mutes[ended]
        matching = [mute for mute in self._mutes.values() if self._matches(mute, incident)]
        return max(matching, key=lambda mute: (mute.until, mute.target), default=None)

    def in_force(self, now: Timestamp) -> list[Mute]:
        """All that has not ended, the next to end first."""
        standing = [mute for mute in self._mutes.values() if mute.until > now]
        return sorted(standing, key=lambda mute: (mute.until, mute.target, mute.action))

    def _matches(self, mute: Mute, incident: Incident) -> bool:
        target, component = mute.target, incident.root.component
        if target in (EVERYTHING, incident.id, incident.root.kind, component):
            return True
        chain = self._graph.chain(component)
        if chain is not None and target == chain_of(chain):
            return True
        return mute.action == MAINTAIN and target in self._graph.stands_on(component)
