"""Writing a topology from the chains themselves: `layerkeep init`."""

from layerkeep.edge.discover.discovery import Discovery, Endpoint, Hints, discover
from layerkeep.edge.discover.reads import Rpc

__all__ = ["Discovery", "Endpoint", "Hints", "Rpc", "discover"]
