"""Blocks believed to hold no watched log though their bloom announces one: asked once more.

Mostly the bloom is full by chance. The second question is by block hash and goes out with the
next round, so it costs no request, and no single bad answer can hide a log for good.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.units import Height

TRIES = 3
"""Rounds after which a second answer is no longer waited for; some nodes never give one."""


class Withheld(NamedTuple):
    """A block with logs, and the upstream that gave none."""

    block: Header
    via: str


class Recheck:
    """The blocks still in doubt, by hash, with how often they were asked for."""

    def __init__(self) -> None:
        self._blocks: dict[str, Header] = {}
        self._via: dict[str, str] = {}
        self._tries: dict[str, int] = {}

    def add(self, blocks: Iterable[Header], via: str) -> None:
        """Doubt these blocks, of which this upstream gave no logs."""
        for block in blocks:
            self._blocks[block.hash] = block
            self._via[block.hash] = via
            self._tries[block.hash] = 0

    def hashes(self, most: int) -> tuple[str, ...]:
        """What to ask for next."""
        return tuple(self._blocks)[:most]

    def judge(self, asked: Iterable[str], told: Mapping[str, Sequence[Log]]) -> Withheld | None:
        """The lowest block that holds logs after all; those confirmed or given up are settled."""
        wrong: list[Withheld] = []
        for name in [name for name in asked if name in self._blocks]:
            self._tries[name] += 1
            if told.get(name):
                wrong.append(Withheld(self._blocks[name], self._via[name]))
            if name in told or self._tries[name] >= TRIES:
                del self._blocks[name], self._tries[name], self._via[name]
        return min(wrong, key=lambda found: found.block.height, default=None)

    def cut(self, height: Height) -> None:
        """Forget what is above this height."""
        self._blocks = {n: block for n, block in self._blocks.items() if block.height <= height}
        self._tries = {name: self._tries[name] for name in self._blocks}
        self._via = {name: self._via[name] for name in self._blocks}
