"""Incidents as people are told of them, with the draft of their review."""

from layerkeep.app.answers.incidents.told import PREFIX_MIN, IncidentAnswers

__all__ = ["PREFIX_MIN", "IncidentAnswers"]
