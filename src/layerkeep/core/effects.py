"""What the core asks the outside to do. The daemon carries effects out; results return as facts."""

from dataclasses import dataclass

from layerkeep.core.facts import Ask


@dataclass(frozen=True, slots=True)
class PutQuestion:
    """Ask this chain this question; the answer comes back as facts with `answers` set."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class MessageMoved:
    """A message is new, in another stage, or gone (`stage` empty) because its block left."""

    message: str
    stage: str


@dataclass(frozen=True, slots=True)
class IncidentMoved:
    """An incident was opened or changed: its id, and the transition's name."""

    incident: str
    transition: str


Effect = PutQuestion | MessageMoved | IncidentMoved
