"""What answers remember besides what the engine knows."""

from layerkeep.app.answers.memory.memory import TAGS, Memory, Tally

__all__ = ["TAGS", "Memory", "Tally"]
