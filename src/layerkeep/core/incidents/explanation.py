"""Why do you think so? An incident's root with what proves it, then each kind of symptom.

Each symptom's way to the root is told along the edges of the dependency graph. All values are
plain, so that a command line, an API and a report can show them alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.core.facts import AFTER_LOGS, Fact
from layerkeep.core.incidents.incident import ROOT, SYMPTOM, Incident, Key, Member, key_of
from layerkeep.core.network.graph import Graph
from layerkeep.core.rules.problems import Problem
from layerkeep.core.units import Timestamp, duration_text

PROOFS_MAX = 5
"""Facts told of one line: enough to check it by hand; the store has the rest."""

EDGE_WORDS = {
    "settles-on": "{one} settles on {other}",
    "served-by": "{one} is read through {other}",
    "claims-about": "{one} makes claims about {other}",
    "seen-by": "{one} is judged by {other}",
    "sequenced-by": "{one} gets its blocks from {other}",
    "posted-by": "{one} needs what {other} posts",
    "claimed-by": "{one} needs what {other} claims",
    "bridged-by": "{one} goes through {other}",
    "derives-from": "{one} derives from {other}",
    "posts-to": "{one} posts to {other}",
    "between": "{one} serves {other}",
    "from": "{one} starts on {other}",
    "to": "{one} ends on {other}",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A fact as a reader checks it: where it stands, what kind of statement, who told it."""

    chain: str
    height: int
    tx: str
    log: int | None
    via: str
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """The root, or one kind of symptom on one component.

    `count` are there now, `seen` were there ever. `way` says, nearest first, how the component
    stands on the root's. `after` is how much later than the root it began, in ms; negative if
    earlier. `cause` is the kind and component it follows from directly, empty if none is known.
    """

    role: str
    kind: str
    component: str
    summary: str
    reason: str
    count: int
    seen: int
    since: Timestamp
    after: int
    cause: Key
    way: tuple[str, ...]
    proofs: tuple[Proof, ...]


def explain(incident: Incident, graph: Graph) -> tuple[Line, ...]:
    """The root first, then its symptoms, the earliest first."""
    groups: dict[Key, list[Member]] = {key: [] for key in (incident.key, *incident.seen)}
    for member in incident.members.values():
        groups[key_of(member.problem)].append(member)
    lines = [_line(incident, graph, key, members) for key, members in groups.items()]
    return tuple(sorted(lines, key=lambda line: (line.role != ROOT, line.since, line.kind)))


def explanation_text(incident: Incident, graph: Graph) -> list[str]:
    """The explanation as lines of text."""
    text = []
    for line in explain(incident, graph):
        text.append(_headline(line))
        text += [f"  {way}" for way in line.way]
        text += [f"  proof: {_proof_text(proof)}" for proof in line.proofs]
    return text


def component_text(component: str) -> str:
    """A component as people call it: `l2`, `l2's batcher`, `the route l1->l2`."""
    kind, _, name = component.partition(":")
    if kind == "chain":
        return name
    if kind in ("route", "upstream"):
        return f"the {kind} {name}"
    return f"{name}'s {kind}"


def way_text(graph: Graph, component: str, root: str) -> tuple[str, ...]:
    """How a component stands on another, edge by edge."""
    if component == root:
        return (f"both are troubles of {component_text(root)}",)
    told = []
    for edge, one, other in _steps(graph, component, root, graph.path(component, root)):
        told.append(EDGE_WORDS[edge].format(one=component_text(one), other=component_text(other)))
    return tuple(told)


def _line(incident: Incident, graph: Graph, key: Key, members: list[Member]) -> Line:
    members.sort(key=lambda member: (member.role != ROOT, member.since, member.problem.id))
    seen = incident.seen.get(key)
    is_root = key == incident.key
    shown = incident.root if is_root or seen is None else seen.example
    if members and not is_root:
        shown = members[0].problem
    since = min(
        [incident.cause_since] if is_root else [each.since for each in (*members, seen) if each]
    )
    return Line(
        ROOT if is_root else SYMPTOM,
        shown.kind,
        shown.component,
        shown.summary,
        shown.reason,
        len(members),
        seen.count if seen is not None else 0,
        since,
        since - incident.cause_since,
        members[0].cause if members else "",
        () if is_root else way_text(graph, shown.component, incident.root.component),
        _proofs(shown, members),
    )


def _proofs(shown: Problem, members: list[Member]) -> tuple[Proof, ...]:
    """The first facts of what is shown, then of the others."""
    problems = (shown, *(member.problem for member in members[:PROOFS_MAX]))
    facts = {(fact.order, fact.anchor, fact.via): fact for each in problems for fact in each.proof}
    return tuple(_proof(fact) for fact in list(facts.values())[:PROOFS_MAX])


def _proof(fact: Fact) -> Proof:
    anchor = fact.anchor
    log = anchor.log_index if anchor.log_index != AFTER_LOGS else None
    says = type(fact.says).__struct_config__.tag
    return Proof(anchor.chain, anchor.height, anchor.tx, log, fact.via, str(says))


def _steps(
    graph: Graph, component: str, root: str, path: Sequence[str]
) -> list[tuple[str, str, str]]:
    """The edges of a path with both ends; edges of one name may lead to several components."""
    for edge, below in graph.edges.get(component, ()) if path else ():
        rest = _steps(graph, below, root, path[1:])
        if edge == path[0] and (rest or (below == root and len(path) == 1)):
            return [(edge, component, below), *rest]
    return []


def _headline(line: Line) -> str:
    if line.role == ROOT:
        more = f", {line.count} of its kind" if line.count > 1 else ""
        return f"root: {line.summary}{more}" + ("" if line.count else ", over now")
    times = (
        f"{line.count} now" if line.count == line.seen else f"{line.count} now, {line.seen} ever"
    )
    when = f"{duration_text(abs(line.after))} {'after' if line.after >= 0 else 'before'} the root"
    return f"symptom: {line.kind} of {component_text(line.component)}, {times}, began {when}"


def _proof_text(proof: Proof) -> str:
    where = f"{proof.says} at {proof.chain} block {proof.height}"
    tx = f", tx {proof.tx}" if proof.tx else ""
    log = f", log {proof.log}" if proof.log is not None else ""
    return where + tx + log + (f", told by {proof.via}" if proof.via else "")
