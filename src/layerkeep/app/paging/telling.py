"""From notices to words: what each person reads, and what each channel is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.app.paging.links import ack_link
from layerkeep.core.acting.paging.model import OVER, Notice
from layerkeep.core.acting.paging.wording import LISTED_MAX, About, Words, words_of
from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology import Topology
from layerkeep.edge.notify.outcome import Message, Subject

Doing = Callable[[str], Sequence[str]]
"""What is being done about an incident, by its id."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What words are made of besides incidents."""

    topology: Topology
    graph: Graph
    runbooks: Mapping[str, Runbook]

    def words(self, notice: Notice, incidents: Sequence[Incident], doing: Doing, now: int) -> Words:
        """What the person of a notice reads."""
        if not incidents:  # the store does not give them back: better few words than none
            named = ", ".join(call.matter for call in notice.calls[:LISTED_MAX])
            return Words(f"[{notice.kind}] incident {named}", "`layerkeep incidents` tells more.")
        ids = [each.id for each in incidents][:LISTED_MAX]
        take = "" if notice.kind == OVER else ack_link(self.topology, ids, notice.person, now)
        about = [
            About(each, self.first_step(each), doing(each.id), self.link(each), take)
            for each in incidents
        ]
        return words_of(notice.kind, about, self.graph, now)

    def subjects(self, incidents: Sequence[Incident], words: Words) -> tuple[Subject, ...]:
        """The incidents of a notice as alerts."""
        return tuple(
            Subject(
                each.id,
                each.severity,
                each.title,
                each.cause_since,
                self.labels(each),
                words.body if len(incidents) == 1 else "",
                self.link(each),
            )
            for each in incidents
        )

    def labels(self, incident: Incident) -> dict[str, str]:
        """What names an alert: the same as long as the incident keeps its cause."""
        root = incident.root
        return {
            "alertname": root.kind,
            "component": root.component,
            "incident": incident.id,
            "network": self.topology.network,
        }

    def link(self, incident: Incident) -> str:
        """Where to read more."""
        base = self.topology.paging.link
        return f"{base}/incidents/{incident.id}" if base else ""

    def first_step(self, incident: Incident) -> str:
        """The first step of the runbook that answers it."""
        root = incident.root
        for runbook in answering(self.runbooks.values(), root.kind, root.component):
            for step in runbook.steps[:1]:
                return f"{step.note or step.name} (runbook {runbook.name})"
        return ""


def message_of(notice: Notice, words: Words, subjects: Sequence[Subject], now: int) -> Message:
    """A notice as its channel is given it; the address is filled in when it is sent."""
    return Message(
        id=notice.id,
        kind=notice.kind,
        person=notice.person,
        address="",
        subject=words.subject,
        body=words.body,
        time=now,
        over=notice.kind == OVER,
        link=words.link,
        take=words.take,
        about=subjects,
        fields=words.fields,
    )
