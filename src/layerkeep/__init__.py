"""layerkeep: the operations control plane for multi-layer chain systems."""

__version__ = "0.1.0"
