"""Incidents: one for each root fault, with its symptoms under it."""

from layerkeep.core.incidents.incidents import Incidents

__all__ = ["Incidents"]
