"""Incidents as people are told of them: one line in a list, or the whole chain of facts."""

from dataclasses import dataclass

from layerkeep.app.diary import incident_of
from layerkeep.core.acting.people.ownership import responsible, subject_of
from layerkeep.core.facts import Fact
from layerkeep.core.incidents import Incident, Line, explain, explanation_text
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology import Topology
from layerkeep.core.topology.spot import close_match
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import read_incident, read_incidents


@dataclass(frozen=True, slots=True)
class IncidentTold:
    """One incident in one line. Times in milliseconds, value in wei.

    `kind` and `component` are its cause, which began at `since`, the first of its kind there at
    `began`; `symptoms` counts what follows from it now, `gone` what
    did and is over. `worst` figures are the most it ever touched. `owner` has taken it, `team` is
    responsible for its cause.
    """

    id: str
    state: str
    severity: str
    title: str
    kind: str
    component: str
    since: int
    began: int
    opened: int
    resolved: int | None
    symptoms: int
    gone: int
    messages: int
    users: int
    value_wei: int
    deadline: int | None
    owner: str
    muted_until: int | None
    all_clear_at: int | None
    team: str = ""


@dataclass(frozen=True, slots=True)
class EntryTold:
    """One entry of an incident's history; it happened `count` times from `time` to `last`."""

    time: int
    last: int
    what: str
    reason: str
    by: str
    count: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an incident is there, and what became of it.

    `lines` tell the root, then each kind of symptom and how it stands on the root; `text` says the
    same for people. `facts` are those that prove the root.
    """

    incident: IncidentTold
    lines: tuple[Line, ...]
    text: tuple[str, ...]
    facts: tuple[Fact, ...]
    timeline: tuple[EntryTold, ...]


def told(incident: Incident, topology: Topology | None = None) -> IncidentTold:
    """An incident in one line; the topology says which team is responsible."""
    impact = incident.impact if incident.members else incident.worst
    root = incident.root
    return IncidentTold(
        id=incident.id,
        state=incident.state,
        severity=incident.severity,
        title=incident.title,
        kind=root.kind,
        component=root.component,
        since=incident.cause_since,
        began=incident.since,
        opened=incident.opened,
        resolved=incident.resolved_at,
        symptoms=sum(member.role == "symptom" for member in incident.members.values()),
        gone=len(incident.gone),
        messages=impact.messages,
        users=impact.users,
        value_wei=impact.value,
        deadline=impact.deadline,
        owner=incident.owner,
        muted_until=incident.muted_until,
        all_clear_at=incident.settles,
        team="" if topology is None else _team(incident, topology),
    )


def explained(incident: Incident, graph: Graph, topology: Topology | None = None) -> Explanation:
    """The root with what proves it, what follows from it along the graph, and the history."""
    return Explanation(
        told(incident, topology),
        explain(incident, graph),
        tuple(explanation_text(incident, graph)),
        incident.root.proof,
        tuple(
            EntryTold(entry.time, entry.last, entry.name, entry.reason, entry.by, entry.count)
            for entry in incident.history
        ),
    )


async def all_told(
    store: Store, *, open_only: bool, since: int, topology: Topology | None = None
) -> list[IncidentTold]:
    """Open incidents, gravest and then eldest first; behind them the others, newest first."""
    rows = await read_incidents(store, open_only=open_only, since=since)
    found = [told(incident_of(row), topology) for row in rows]
    return sorted(found, key=_urgency)


async def incident_named(store: Store, name: str) -> tuple[Incident | None, str]:
    """The incident of this id; where there is none, the id nearest to it, if any is near."""
    row = await read_incident(store, name.strip().lower())
    if row is not None:
        return incident_of(row), ""
    known = [each.id for each in await read_incidents(store)]
    return None, close_match(name, known)


def _team(incident: Incident, topology: Topology) -> str:
    root = incident.root
    return responsible(topology, subject_of(topology, root.component, root.kind, incident.severity))


def _urgency(incident: IncidentTold) -> tuple[bool, int, int]:
    closed = incident.resolved is not None or incident.state not in ("open", "acknowledged")
    grave = ("critical", "warning", "info").index(incident.severity or "info")
    return (closed, 0 if closed else grave, -incident.opened if closed else incident.since)
