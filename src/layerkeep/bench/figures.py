"""One figure: what was measured, against which target and which baseline of the same run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from layerkeep.app.collector import spare_collector

Result = TypeVar("Result")

ROUNDS = 5
"""The best of so many rounds: what else runs on the machine only ever makes them slower."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value. `ratio` is the time taken by the time msgspec takes to parse the bytes.

    A figure is met at its target, or at `ratio_max` where the machine is slower than that.
    """

    name: str
    value: float
    unit: str
    target: float
    more_is_better: bool = False
    ratio: float | None = None
    ratio_max: float | None = None

    @property
    def met(self) -> bool:
        """True if the target is reached."""
        if self.ratio is not None and self.ratio_max is not None and self.ratio <= self.ratio_max:
            return True
        return self.value >= self.target if self.more_is_better else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Skipped:
    """A measurement that was not made, and why."""

    name: str
    why: str


Outcome = Figure | Skipped


def best(work: Callable[[], Result], rounds: int = ROUNDS) -> tuple[float, Result]:
    """The shortest time that some work takes, in seconds of one core, and its result.

    The collector is set as the daemon sets it, and does not look at what the bench itself made.
    """
    spare_collector()
    shortest = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        result = work()
        shortest = min(shortest, time.process_time() - began)
    return shortest, result
