"""What is counted while layerkeep runs, besides what a Source shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Calls = Mapping[tuple[str, str, str], int]
"""Counts by chain, upstream and, behind them, a method or a reason."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How many durations were at most each of `bounds`, each count without those before it.

    `counts` is one longer than `bounds`: its last are those beyond all. `bounds` and `total`, the
    sum of all, are durations in milliseconds.
    """

    bounds: Sequence[int]
    counts: Sequence[int]
    total: int


class Counters(Protocol):
    """Counts since `started`; times are moments or durations in milliseconds."""

    def started(self) -> int:
        """Since when is counted."""

    def beat(self) -> int | None:
        """When the engine last did what was due; None if it never has."""

    def behind(self) -> int:
        """How late the engine is with what is due, or was of late, a duration."""

    def store_failing(self) -> bool:
        """True while what was learned cannot be written."""

    def calls(self) -> Calls:
        """RPC calls by chain, upstream and method."""

    def failures(self) -> Calls:
        """Requests without a usable answer, by chain, upstream and reason."""

    def facts(self) -> Mapping[str, int]:
        """Facts logged, by chain."""

    def reorgs(self) -> Mapping[str, int]:
        """Reorgs, by chain."""

    def read_behind(self) -> Mapping[str, int]:
        """Blocks between the newest one and the last that was read, by chain."""

    def durations(self) -> Mapping[tuple[str, str, str, str], Durations]:
        """How long finished messages rested: by source, target, kind of message and stage."""
