"""Python's cycle collector, set for a process that makes many small objects and few cycles."""

import gc

YOUNG_MAX = 50_000
"""New objects before the collector looks at them: facts are freed by counting, not by looking."""

ROUNDS = 20
"""Looks at the young before the older are looked at."""


def spare_collector() -> None:
    """What is loaded by now is never looked at again, and the rest is looked at more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, ROUNDS, ROUNDS)
