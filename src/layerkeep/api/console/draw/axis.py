"""The age axis: logarithmic, one second at the right to two hours at the left, for every chain."""

from math import log10

from layerkeep.core.units import HOUR, MINUTE, SECOND

FAR = 2 * HOUR
"""What is older is drawn here: two hours are past the budget of every head but a slow stack's."""

TICKS = (
    (HOUR, "1 h"),
    (10 * MINUTE, "10 m"),
    (MINUTE, "1 m"),
    (10 * SECOND, "10 s"),
    (SECOND, "1 s"),
)
"""The ages that have a grid line, with their words."""


def position(age_ms: int) -> float:
    """Where an age (milliseconds) stands, in percent from the left; clamped to the axis."""
    seconds = min(max(age_ms, SECOND), FAR) / SECOND
    return round(1.5 + 97 * (1 - log10(seconds) / log10(FAR / SECOND)), 2)
