"""How long incidents wait: for a cause, for symptoms to pass, for the all-clear.

Each wait is so many polls of the network's slowest chain, and no longer than a person would wait.
"""

from dataclasses import dataclass

from layerkeep.core.network.layers import Layers
from layerkeep.core.units import HOUR, MINUTE, SECOND, Duration

HOLD = Duration(10 * SECOND)
"""A warning can wait so long; most chains are polled more often, so its cause is seen by then."""

SETTLE = Duration(2 * MINUTE)
"""Longer than what flaps from poll to poll, shorter than anybody waits for the all-clear."""

OUTLIVE = Duration(3 * HOUR)
"""After a cause ended, what it delayed is caught up within a few batches and claims."""

REOPEN_WITHIN = Duration(30 * MINUTE)
"""The same root again so soon is the same trouble, and the same people know of it."""

STILL_THERE = Duration(5 * MINUTE)
"""Time for what an operator did to show effect, before his word is doubted."""

CONFIRM_WITHIN = Duration(15 * MINUTE)
"""After a restart rules need up to a stall's own limit to find again what they knew before."""

SLOWEST = Duration(12 * SECOND)
"""The poll that the waits above are made for: a block of Ethereum."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The waits of one network, in milliseconds."""

    hold: Duration = HOLD
    settle: Duration = SETTLE
    outlive: Duration = OUTLIVE
    reopen_within: Duration = REOPEN_WITHIN
    still_there: Duration = STILL_THERE
    confirm_within: Duration = CONFIRM_WITHIN


def patience_of(layers: Layers) -> Patience:
    """The usual waits, in proportion shorter where all chains are polled more often."""
    slowest = max((layer.poll_every for layer in layers.values()), default=SLOWEST)

    def scaled(wait: Duration) -> Duration:
        return Duration(wait * min(slowest, SLOWEST) // SLOWEST)

    return Patience(
        scaled(HOLD),
        scaled(SETTLE),
        scaled(OUTLIVE),
        scaled(REOPEN_WITHIN),
        scaled(STILL_THERE),
        scaled(CONFIRM_WITHIN),
    )
