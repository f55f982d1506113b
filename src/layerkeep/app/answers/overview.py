"""The whole network at a glance: what must happen next, and how components stand on each other."""

from typing import TYPE_CHECKING

from layerkeep.api.shapes.overview import ComponentShown, EdgeShown, GraphShown, LimitShown
from layerkeep.app.answers.marks import Marks
from layerkeep.app.answers.words import trouble
from layerkeep.core.incidents.explanation import component_text
from layerkeep.core.incidents.mutes import MAINTAIN

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

LIMITS_SHOWN = 12


def limits_of(daemon: "Daemon", marks: Marks) -> tuple[LimitShown, ...]:
    """What happens next unless something is done, the nearest first: losses, ends of mutes."""
    now, engine = daemon.now(), daemon.engine
    found = [
        LimitShown(
            at=each.at,
            what=f"{trouble(each.problem.kind)}: its deadline",
            component=each.problem.component,
            incident=each.incident,
            message=_message(daemon, each.problem.subject),
        )
        for each in marks.deadlines
        if each.at > now
    ]
    found += [
        LimitShown(
            at=mute.until,
            what=f"{'maintenance' if mute.action == MAINTAIN else 'silence'} of "
            f"{_target(daemon, mute.target)} ends",
            component=mute.target if mute.target in engine.incidents.graph else "",
            incident=mute.target if mute.target in engine.incidents.open else "",
        )
        for mute in engine.incidents.mutes.in_force(now)
    ]
    nearest = sorted(found, key=lambda limit: (limit.at, limit.what, limit.message))
    return tuple(nearest[:LIMITS_SHOWN])


def graph_of(daemon: "Daemon", marks: Marks) -> GraphShown:
    """The dependency graph, with every component's mark."""
    graph = daemon.engine.incidents.graph
    components = []
    for component in graph:
        mark, incident = marks.of(component)
        chain = graph.chain(component) or ""
        components.append(
            ComponentShown(component=component, chain=chain, mark=mark, incident=incident)
        )
    edges = tuple(
        EdgeShown(component=component, how=how, on=on)
        for component, below in graph.edges.items()
        for how, on in below
    )
    return GraphShown(components=tuple(components), edges=edges)


def _message(daemon: "Daemon", subject: str) -> str:
    return subject if subject in daemon.engine.view.messages else ""


def _target(daemon: "Daemon", target: str) -> str:
    """What a mute names, for people."""
    engine = daemon.engine
    if target in engine.incidents.graph:
        return component_text(target)
    known = target in engine.incidents.open or target in engine.incidents.recent
    return f"incident {target[:6]}" if known else {"*": "everything"}.get(target, trouble(target))
