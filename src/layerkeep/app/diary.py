"""Incidents on their way into the store: written before anybody is told of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from layerkeep.core.effects import Effect, IncidentMoved
from layerkeep.core.incidents import Incidents
from layerkeep.core.incidents.incident import FOLDED, MERGED, RESOLVED, Incident
from layerkeep.edge.store.records import IncidentRow

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Incident)


@dataclass(slots=True)
class Diary:
    """What became of incidents and is not written yet."""

    moved: list[IncidentMoved] = field(default_factory=list)

    def mark(self, effects: Iterable[Effect]) -> None:
        """Note what moved."""
        self.moved += [effect for effect in effects if isinstance(effect, IncidentMoved)]

    @property
    def is_urgent(self) -> bool:
        """True if something moved that does not come in crowds: people wait for it."""
        return any(moved.transition not in FOLDED for moved in self.moved)

    def rows(self, incidents: Incidents) -> list[IncidentRow]:
        """The rows of all that moved, as they are now."""
        names = dict.fromkeys(moved.incident for moved in self.moved)
        found = [incidents.open.get(name) or incidents.recent.get(name) for name in names]
        return [row_of(incident) for incident in found if incident is not None]

    def spoken(self, rows: Iterable[IncidentRow]) -> list[dict[str, str]]:
        """What the log says of all that people are to be told of, now that it is written."""
        known = {row.id: row for row in rows}
        said = []
        for moved in self.carried():
            words = {"incident": moved.incident, "transition": moved.transition}
            row = known.get(moved.incident)
            for name in ("severity", "kind", "component"):
                words[name] = "" if row is None else str(getattr(row, name))
            said.append(words)
        return said

    def carried(self) -> list[IncidentMoved]:
        """What people are to be told of, now that it is written."""
        moved, self.moved = self.moved, []
        return [each for each in moved if each.transition not in FOLDED]


def row_of(incident: Incident) -> IncidentRow:
    """An incident as the store keeps it."""
    closed = incident.resolved_at
    if closed is None and incident.state in (RESOLVED, MERGED):
        closed = max((entry.last for entry in incident.history), default=incident.opened)
    return IncidentRow(
        id=incident.id,
        state=incident.state,
        severity=incident.severity,
        kind=incident.root.kind,
        component=incident.root.component,
        opened=incident.opened,
        resolved=closed,
        body=_encoder.encode(incident),
    )


def incident_of(row: IncidentRow) -> Incident:
    """An incident as the store gave it back."""
    return _decoder.decode(row.body)
