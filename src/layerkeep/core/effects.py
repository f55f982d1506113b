"""What the core asks the outside to do. The daemon carries effects out; results return as facts."""

import msgspec

from layerkeep.core.facts import Ask


class PutQuestion(msgspec.Struct, frozen=True):
    """Ask this chain this question; the answer comes back as facts with `answers` set."""

    ask: Ask


class MessageMoved(msgspec.Struct, frozen=True):
    """A message is new, in another stage, or gone (`stage` empty) because its block left."""

    message: str
    stage: str


class IncidentMoved(msgspec.Struct, frozen=True):
    """An incident was opened or changed: its id, and the transition's name."""

    incident: str
    transition: str


Effect = PutQuestion | MessageMoved | IncidentMoved
