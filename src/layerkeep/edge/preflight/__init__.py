"""Checking a topology against the world before following it: `layerkeep check`."""

from layerkeep.edge.preflight.finding import Finding, Verdict
from layerkeep.edge.preflight.preflight import Connect, preflight

__all__ = ["Connect", "Finding", "Verdict", "preflight"]
