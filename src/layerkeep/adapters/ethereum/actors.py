"""No actor: without a bridge nothing of this stack says anything about messages."""
