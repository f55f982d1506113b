"""Calling people in earnest: a thousand incidents in an hour, and taking one of a hundred thousand.

See `hour` and `taking` for what is measured and how.
"""

from layerkeep.bench.calling import hour, taking
from layerkeep.bench.figures import Outcome


def measure() -> list[Outcome]:
    """Whom calls reach and at what cost, then how long it takes to take one."""
    return [*hour.measure(), *taking.measure()]
