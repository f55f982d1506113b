"""Incidents: those that are open as the engine has them, those that ended as the store has them."""

from typing import TYPE_CHECKING

from layerkeep.api.shapes.incidents import EntryShown, IncidentPage, IncidentShown, LineShown
from layerkeep.api.shapes.journeys import ProofShown
from layerkeep.api.source import NotKnown
from layerkeep.app.answers.incidents.aftermath import Aftermaths
from layerkeep.app.answers.incidents.report import report_of
from layerkeep.app.answers.pages import page_of
from layerkeep.app.answers.proofs import proof_of
from layerkeep.app.diary import incident_of
from layerkeep.app.incidents_told import told
from layerkeep.core.facts import AFTER_LOGS, Fact
from layerkeep.core.incidents import Incident, Line, explain, explanation_text
from layerkeep.core.incidents.explanation import Proof
from layerkeep.core.incidents.incident import NEVER, Key, key_of
from layerkeep.core.network.graph import Graph
from layerkeep.core.rules.problems import SEVERITIES
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.observations import ended_incidents, incidents_like, read_incident

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

PREFIX_MIN = 4
"""Digits of an id from which on it may be cut short: six are shown to people."""


def shown(incident: Incident, graph: Graph, now: Timestamp) -> IncidentShown:
    """An incident in one line."""
    line = told(incident)
    return IncidentShown(
        id=line.id,
        state=line.state,
        severity=line.severity,
        title=line.title,
        kind=line.kind,
        component=line.component,
        chain=graph.chain(line.component) or "",
        since=line.since,
        began=line.began,
        opened=line.opened,
        resolved=line.resolved,
        acknowledged=None if incident.acknowledged_at == NEVER else incident.acknowledged_at,
        symptoms=line.symptoms,
        messages=line.messages,
        users=line.users,
        value=str(line.value_wei),
        deadline=line.deadline,
        owner=line.owner,
        muted_until=line.muted_until,
        all_clear_at=line.all_clear_at,
        merged_into=incident.merged_into,
        pages=incident.pages(now),
    )


class IncidentAnswers:
    """What is asked about incidents."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._after = Aftermaths(daemon)

    def open(self) -> tuple[IncidentShown, ...]:
        """Open incidents, the gravest first, of equal ones the eldest."""
        incidents, now = self._daemon.engine.incidents, self._daemon.now()
        found = [shown(each, incidents.graph, now) for each in incidents.open.values()]
        return tuple(sorted(found, key=_urgency))

    async def listed(
        self, *, open_only: bool, since: int, ended_max: int
    ) -> tuple[IncidentShown, ...]:
        """Open incidents; behind them so many of those that ended since then, the last first."""
        if open_only:
            return self.open()
        incidents, now = self._daemon.engine.incidents, self._daemon.now()
        rows = await ended_incidents(self._daemon.store, since, ended_max)
        ended = {row.id: incident_of(row) for row in rows}
        ended |= {
            each.id: each
            for each in incidents.recent.values()
            if each.resolved_at is not None and each.resolved_at >= since
        }
        found = [
            shown(each, incidents.graph, now)
            for name, each in ended.items()
            if name not in incidents.open
        ]
        found.sort(key=lambda each: (-(each.resolved or each.opened), each.id))
        return (*self.open(), *found[:ended_max])

    async def page(self, name: str) -> IncidentPage:
        """Everything about the incident of this id, or the only one whose id begins like this."""
        incident, now = await self._named(name), self._daemon.now()
        graph, watch = self._daemon.engine.incidents.graph, self._daemon.engine.watch
        line = shown(incident, graph, now)
        lines = _lines(incident, graph)
        timeline = tuple(
            EntryShown(
                time=each.time,
                last=each.last,
                what=each.name,
                reason=each.reason,
                by=each.by,
                count=each.count,
            )
            for each in incident.history
        )
        chains, routes = _touched(incident, graph)
        finders = [rule.name for rule in watch.rules.values() if incident.root.kind in rule.kinds]
        rule = finders[0] if finders else ""
        return IncidentPage(
            incident=line,
            lines=lines,
            text=tuple(explanation_text(incident, graph)),
            facts=tuple(map(proof_of, incident.root.proof)),
            timeline=timeline,
            chains=chains,
            routes=routes,
            rule=rule,
            page=page_of(rule, self._daemon.network.topology) if rule else "",
            report=report_of(line, lines, timeline, incident.worst, await self._after.of(incident)),
        )

    async def like(self, prefix: str, count: int) -> list[IncidentShown]:
        """Incidents whose ids begin like this, open ones first, then the newest."""
        incidents, now = self._daemon.engine.incidents, self._daemon.now()
        found = {
            name: each
            for known in (incidents.open, incidents.recent)
            for name, each in known.items()
            if name.startswith(prefix)
        }
        for row in await incidents_like(self._daemon.store, prefix, count):
            found.setdefault(row.id, incident_of(row))
        told_of = [shown(each, incidents.graph, now) for each in found.values()]
        return sorted(told_of, key=lambda each: (each.resolved is not None, -each.opened))[:count]

    async def _named(self, name: str) -> Incident:
        incidents, wanted = self._daemon.engine.incidents, name.strip().lower()
        live = incidents.open.get(wanted) or incidents.recent.get(wanted)
        if live is not None:
            return live
        row = await read_incident(self._daemon.store, wanted)
        if row is not None:
            return incident_of(row)
        alike = await self.like(wanted, 2) if len(wanted) >= PREFIX_MIN else []
        if len(alike) == 1 and alike[0].id != wanted:
            return await self._named(alike[0].id)
        known = [each.id for each in alike] or [*incidents.open, *incidents.recent]
        raise NotKnown("incident", name, close_match(wanted, known))


def _lines(incident: Incident, graph: Graph) -> tuple[LineShown, ...]:
    """The root and its symptoms, each naming the line it follows from."""
    lines = explain(incident, graph)
    facts = _facts(incident)
    messages: dict[Key, int] = {}
    for member in incident.members.values():
        key = key_of(member.problem)
        messages[key] = messages.get(key, 0) + member.problem.impact.messages
    keys = {_key(line) for line in lines}
    return tuple(
        LineShown(
            key=_key(line),
            parent=_parent(line, incident.key, keys),
            role=line.role,
            kind=line.kind,
            component=line.component,
            chain=graph.chain(line.component) or "",
            summary=line.summary,
            reason=line.reason,
            count=line.count,
            seen=line.seen,
            messages=messages.get(_key(line), 0),
            since=line.since,
            after=line.after,
            way=line.way,
            proofs=tuple(_proof(proof, facts) for proof in line.proofs),
        )
        for line in lines
    )


def _key(line: Line) -> Key:
    return f"{line.kind} {line.component}"


def _parent(line: Line, root: Key, keys: set[Key]) -> Key:
    """A symptom whose direct cause is not shown, or is itself, follows from the root."""
    if _key(line) == root:
        return ""
    return line.cause if line.cause in keys and line.cause != _key(line) else root


Place = tuple[str, int, str, int | None, str, str]
"""What a line tells of a fact that proves it."""


def _facts(incident: Incident) -> dict[Place, Fact]:
    """The facts that prove anything of an incident."""
    problems = [incident.root, *(each.problem for each in incident.members.values())]
    problems += [each.example for each in incident.seen.values()]
    found: dict[Place, Fact] = {}
    for problem in problems:
        for fact in problem.proof:
            anchor, says = fact.anchor, str(fact.says.__struct_config__.tag)
            log = anchor.log_index if anchor.log_index != AFTER_LOGS else None
            found[anchor.chain, anchor.height, anchor.tx, log, fact.via, says] = fact
    return found


def _proof(proof: Proof, facts: dict[Place, Fact]) -> ProofShown:
    place = (proof.chain, proof.height, proof.tx, proof.log, proof.via, proof.says)
    return proof_of(facts[place])


def _touched(incident: Incident, graph: Graph) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The chains and the routes that it touches; once it ended, those that it ever touched."""
    components = [incident.root.component]
    components += [each.problem.component for each in incident.members.values()]
    if not incident.members:
        components += [each.example.component for each in incident.seen.values()]
    chains = {chain for each in components if (chain := graph.chain(each)) is not None}
    routes = {each.partition(":")[2] for each in components if each.startswith("route:")}
    in_order = [chain for chain in dict.fromkeys(graph.chains.values()) if chain in chains]
    return tuple(in_order), tuple(sorted(routes))


def _urgency(incident: IncidentShown) -> tuple[int, int, str]:
    grave = SEVERITIES.index(incident.severity) if incident.severity in SEVERITIES else 0
    return (-grave, incident.since, incident.id)
