"""Who told which of the newest blocks: what a liar told is read again from another."""

from collections import deque

TURNS = 256
"""Changes of the upstream that are remembered: each gives way to the next only when it fails."""

DOUBTED = 1_024
"""Blocks below the newest that are ever read again: some sixteen requests."""


class Tellers:
    """The upstreams that told the blocks of one chain, from a height on each."""

    def __init__(self) -> None:
        self._turns: deque[tuple[int, str]] = deque(maxlen=TURNS)

    def told(self, first: int, via: str) -> None:
        """Blocks from this height on are told by this upstream."""
        if not self._turns or self._turns[-1][1] != via:
            self._turns.append((first, via))

    def cut(self, ancestor: int) -> None:
        """Blocks above this height left, or are read again."""
        while self._turns and self._turns[-1][0] > ancestor:
            self._turns.pop()

    def lowest(self, via: str, newest: int) -> int | None:
        """The lowest block worth reading again that this upstream told, None if it told none."""
        bottom = max(0, newest - DOUBTED)
        ends = [*[first for first, _ in self._turns][1:], newest + 1]
        found = (
            max(first, bottom)
            for (first, name), end in zip(self._turns, ends, strict=False)
            if name == via and end > bottom
        )
        return next(found, None)
