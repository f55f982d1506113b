"""Marks: how a component does, and which open incident says so.

Of several marks on one component the gravest counts: false, cause, blind, symptom. A chain that
nobody answers for is blind, whatever else follows from that.
"""

from dataclasses import dataclass
from heapq import nsmallest

from layerkeep.core.incidents import Incidents
from layerkeep.core.incidents.incident import SYMPTOM, Incident
from layerkeep.core.network.graph import actor_of, chain_of
from layerkeep.core.rules.integrity.judged import DISAGREE
from layerkeep.core.rules.problems import INFO, Problem
from layerkeep.core.units import Timestamp

USUAL = "usual"
SYMPTOMATIC = "symptom"
BLIND = "blind"
CAUSE = "cause"
FALSE = "false"
RANKS = (USUAL, SYMPTOMATIC, BLIND, CAUSE, FALSE)
"""From the lightest mark to the gravest."""

FALSE_KINDS = frozenset(
    {
        "attributes-false",
        "batch-false",
        "claim-false",
        "delivery-forged",
        "upstream-lying",
        "withdrawal-forged",
    }
)
"""Problems that say: what this component told is not true."""

BLIND_KINDS = frozenset({"blind"})

NOTHING = (USUAL, "")

Mark = tuple[str, str]
"""How a component does, and the id of the open incident behind that; empty if there is none."""


DEADLINES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something must be done about a problem, and the incident it is in, if it is."""

    at: Timestamp
    problem: Problem
    incident: str


class Marks:
    """What all open incidents say of components and messages, at one moment.

    Made once for each change of the incidents: it looks at every member of the open ones. What
    settles without any member left marks nothing. `deadlines` are the nearest, of notes too.
    """

    def __init__(self, incidents: Incidents, now: Timestamp) -> None:
        self.now = now
        self.deadlines: list[Deadline] = []
        self._marks: dict[str, Mark] = {}
        self._behind: dict[str, str] = {}
        self._graph = incidents.graph
        for incident in sorted(incidents.open.values(), key=lambda each: (each.since, each.id)):
            self._take(incident)
        self.deadlines += [
            Deadline(problem.impact.deadline, problem, "")
            for problem in incidents.notes()
            if problem.impact.deadline is not None
        ]
        self.deadlines = nsmallest(DEADLINES_KEPT, self.deadlines, key=_nearest)

    def of(self, component: str) -> Mark:
        """The gravest mark of a component, and the incident that marks it."""
        return self._marks.get(component, NOTHING)

    def behind(self, message_id: str) -> str:
        """The open incident behind which a message stands; empty if none is known."""
        return self._behind.get(message_id, "")

    def gravest(self, components: tuple[str, ...]) -> Mark:
        """The gravest mark of several components; the first named of those that are alike."""
        marks = [self.of(each) for each in components]
        return max(marks, key=lambda mark: RANKS.index(mark[0]), default=NOTHING)

    def _take(self, incident: Incident) -> None:
        if not incident.members:
            return
        self._put(incident.root.component, _as_root(incident.root), incident)
        known: set[tuple[str, str, str]] = set()
        for member in incident.members.values():
            problem = member.problem
            self._behind.setdefault(problem.subject, incident.id)
            if problem.impact.deadline is not None:
                self.deadlines.append(Deadline(problem.impact.deadline, problem, incident.id))
            alike = (problem.kind, problem.component, member.role)
            if alike not in known and problem.severity != INFO:
                known.add(alike)
                as_what = _as_symptom if member.role == SYMPTOM else _as_root
                self._put(problem.component, as_what(problem), incident)

    def _put(self, component: str, mark: str, incident: Incident) -> None:
        """What makes a chain's blocks cannot be seen either where nobody answers for the chain."""
        if RANKS.index(mark) > RANKS.index(self.of(component)[0]):
            self._marks[component] = (mark, incident.id)
        chain = self._graph.chain(component) or ""
        if mark == BLIND and component == chain_of(chain):
            self._put(actor_of("sequencer", chain), BLIND, incident)


def _nearest(deadline: Deadline) -> tuple[int, str]:
    return deadline.at, deadline.problem.id


def _as_root(problem: Problem) -> str:
    if problem.kind in FALSE_KINDS and problem.reason != DISAGREE:
        return FALSE
    return BLIND if problem.kind in BLIND_KINDS else CAUSE


def _as_symptom(problem: Problem) -> str:
    mark = _as_root(problem)
    return SYMPTOMATIC if mark == CAUSE else mark
