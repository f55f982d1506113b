"""The books: the incidents there are, which problems belong to which, and what was told of them."""

from layerkeep.core.effects import IncidentMoved
from layerkeep.core.incidents.causes import Node
from layerkeep.core.incidents.incident import (
    MERGED,
    ROOT,
    SAME,
    SYMPTOM,
    Incident,
    Key,
    Member,
    Transition,
    key_of,
)
from layerkeep.core.incidents.severity import Tally, is_worse, severity_of, worst_of
from layerkeep.core.rules.problems import Impact, Problem
from layerkeep.core.units import Duration, Timestamp

RECENT_MAX = 256
"""Closed incidents kept in memory: days of them; the store has all."""


class Books:
    """Incidents by id, by root and by member; every change is written and told once a step."""

    def __init__(self, settle: Duration) -> None:
        self._settle = settle
        self.open: dict[str, Incident] = {}
        self.recent: dict[str, Incident] = {}
        self.of: dict[str, Incident] = {}
        self.touched: dict[str, Incident] = {}
        self._by_root: dict[Key, Incident] = {}
        self._closed: dict[Key, Incident] = {}
        self._ghosts: dict[str, Incident] = {}
        self._tallies: dict[str, Tally] = {}
        self._moved: dict[IncidentMoved, None] = {}

    def at(self, root: Key) -> Incident | None:
        """The open incident with this root."""
        return self._by_root.get(root)

    def closed(self, root: Key) -> Incident | None:
        """The incident with this root that was closed last and is still remembered."""
        return self._closed.get(root)

    def find(self, name: str) -> Incident | None:
        """The incident with this id, or the one it was merged into."""
        found = self.open.get(name) or self.recent.get(name)
        while found is not None and found.state == MERGED:
            name = found.merged_into
            found = self.open.get(name) or self.recent.get(name)
        return found

    def tell(self, incident: Incident, entry: Transition) -> None:
        """Something happened: it is in the history, and an effect of this step."""
        incident.write(entry)
        self.touched[incident.id] = incident
        self._moved[IncidentMoved(incident.id, entry.name)] = None

    def told(self) -> list[IncidentMoved]:
        """The effects since last asked."""
        moved = list(self._moved)
        self._moved.clear()
        return moved

    def add(self, incident: Incident) -> None:
        """The incident is open; members it has already belong to it."""
        self.open[incident.id] = self._by_root[incident.key] = incident
        self.recent.pop(incident.id, None)
        if self._closed.get(incident.key) is incident:
            del self._closed[incident.key]
        self.touched[incident.id] = incident
        tally = self._tallies[incident.id] = Tally()
        for name, member in incident.members.items():
            tally.add(member.problem)
            self.of[name] = incident
        self.haunt(incident)

    def shelve(self, incident: Incident) -> None:
        """The incident is closed; the oldest of too many is let go."""
        self.recent[incident.id] = self._closed[incident.key] = incident
        self.haunt(incident)
        if len(self.recent) > RECENT_MAX:
            oldest = self.recent.pop(next(iter(self.recent)))
            if self._closed.get(oldest.key) is oldest:
                del self._closed[oldest.key]
            for name in oldest.gone:
                self._ghosts.pop(name, None)

    def haunt(self, incident: Incident) -> None:
        """What is gone and still explains others is written here."""
        for name in incident.gone:
            self._ghosts[name] = incident

    def join(self, incident: Incident, node: Node, now: Timestamp, *, tell: bool = True) -> None:
        """The problem is a member."""
        name = node.problem.id
        self.lay(name)
        role = SAME if node.key == incident.key else SYMPTOM
        member = Member(node.problem, role, node.raised, node.since, node.cause)
        incident.members[name] = member
        incident.remember(member)
        self.of[name] = incident
        self._tallies[incident.id].add(node.problem)
        self.touched[incident.id] = incident
        if tell:
            self.tell(incident, Transition(now, "symptom-added", node.key))

    def change(self, incident: Incident, node: Node) -> None:
        """What is known of a member is up to date."""
        member = incident.members[node.problem.id]
        member.since, member.cause = node.since, node.cause
        if member.problem != node.problem:
            self._tallies[incident.id].remove(member.problem)
            self._tallies[incident.id].add(node.problem)
            member.problem = node.problem
            self.touched[incident.id] = incident

    def leave(self, name: str, entry: Transition, ghost: Node | None = None) -> None:
        """The problem is no member any more; as a ghost it still explains others."""
        incident = self.of.pop(name)
        member = incident.members.pop(name)
        self._tallies[incident.id].remove(member.problem)
        self.tell(incident, entry)
        if ghost is None:
            return
        for other, gone in list(incident.gone.items()):
            if key_of(gone.problem) == ghost.key:
                self.lay(other)
        member.gone, member.since = ghost.gone, ghost.since
        incident.gone[name] = member
        self._ghosts[name] = incident

    def lay(self, name: str) -> None:
        """The ghost explains nothing any more."""
        incident = self._ghosts.pop(name, None)
        if incident is not None:
            incident.gone.pop(name, None)

    def rename(self, incident: Incident, root: Problem, now: Timestamp) -> None:
        """The incident has this deeper root, and its old name."""
        del self._by_root[incident.key]
        before = incident.key
        incident.root = root
        self._by_root[incident.key] = incident
        for member in incident.members.values():
            member.role = SAME if key_of(member.problem) == incident.key else SYMPTOM
        self.tell(incident, Transition(now, "cause-named", f"{before} follows from {incident.key}"))

    def close(self, incident: Incident, entry: Transition) -> None:
        """The incident is resolved or merged: `entry` says which, and why."""
        incident.state = entry.name
        incident.resolved_at = entry.time
        incident.settles = None
        members = incident.members.items() if entry.by else ()
        incident.told = {name: member.raised for name, member in members}
        for name in incident.members:
            del self.of[name]
        incident.members.clear()
        incident.impact = Impact()
        del self.open[incident.id], self._by_root[incident.key], self._tallies[incident.id]
        self.tell(incident, entry)
        del self.touched[incident.id]
        self.shelve(incident)

    def refresh(self, incident: Incident, eldest: Node | None, now: Timestamp) -> None:
        """Root, title, impact and severity say what the members say."""
        tally = self._tallies[incident.id]
        if eldest is not None and eldest.problem.id in incident.members:
            self._lead(incident, eldest)
        more = tally.count(incident.key) - 1
        incident.title = incident.root.summary + (f" (and {more} more)" if more > 0 else "")
        incident.impact = tally.impact()
        incident.worst = worst_of(incident.worst, incident.impact)
        if tally.is_quiet():
            if incident.settles is None:
                incident.settles = Timestamp(now + self._settle)
                self.tell(incident, Transition(now, "resolving", "all-clear"))
            return
        if incident.settles is not None:
            incident.settles = None
            self.tell(incident, Transition(now, "relapsed", incident.key))
        severity = severity_of(tally.own(), incident.impact, now)
        before, incident.severity = incident.severity, severity
        if before and before != severity:
            name = "severity-raised" if is_worse(severity, before) else "severity-lowered"
            self.tell(incident, Transition(now, name, severity))

    def _lead(self, incident: Incident, eldest: Node) -> None:
        """The root problem is the eldest of its group."""
        old = incident.members.get(incident.root.id)
        if old is not None and incident.root.id != eldest.problem.id:
            old.role = SAME
        incident.members[eldest.problem.id].role = ROOT
        incident.root = eldest.problem
        incident.since = min(incident.since, eldest.since)
