"""No question beyond those that every chain is asked."""

from layerkeep.core.adapter import Probe

PROBES: tuple[Probe, ...] = ()
