"""Incidents: one for each root fault, with its symptoms under it."""

from layerkeep.core.incidents.explanation import Line, Proof, explain, explanation_text
from layerkeep.core.incidents.incident import Incident, Member, Seen, Transition
from layerkeep.core.incidents.incidents import Incidents

__all__ = [
    "Incident",
    "Incidents",
    "Line",
    "Member",
    "Proof",
    "Seen",
    "Transition",
    "explain",
    "explanation_text",
]
