"""One chain's ledger in a world: which parts of which stories stand in which of its blocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

import msgspec

from layerkeep.core.facts import AFTER_LOGS, Anchor, Fact, HeadSeen, Reached, Says
from layerkeep.sim.fleet import SimChain
from layerkeep.sim.stories import Part


@dataclass(slots=True)
class Ledger:
    """The blocks of a chain as they stand now, and every fact in them."""

    seed: int
    chain: SimChain
    chance: Random
    facts: list[Fact] = field(default_factory=list)
    parts: dict[int, list[Part]] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    txs: dict[int, int] = field(default_factory=dict)
    finalized: int = 0
    forks: int = 0

    def include(self, height: int, parts: Sequence[Part]) -> list[Fact]:
        """The parts stand in the block of this height; what they say is returned."""
        said: list[Fact] = []
        for group in self._transactions(parts):
            said += self._say(height, group)
        for part in parts:
            part.height = height
        self.parts.setdefault(height, []).extend(parts)
        self.facts += said
        return said

    def head(self, time: int, final_until: int) -> Fact:
        """How far the chain is at a time; it is never final beyond what its parent is."""
        height = self.chain.height_at(time)
        depth = height - self.chain.final_depth
        final = min(depth, self.chain.height_at(final_until))
        self.finalized = max(self.finalized, final)
        says = HeadSeen(height, None, self.finalized, finalized_time=self.final_until)
        fact = Fact(self._anchor(height, "", 0), says)
        self.facts.append(fact)
        return fact

    @property
    def final_until(self) -> int:
        """The time of the last block that cannot leave."""
        return self.chain.time_of(self.finalized)

    def cut(self, ancestor: int) -> dict[Part, int]:
        """Every block above a height left; the parts in them are returned, and where they stood."""
        assert ancestor >= self.finalized, "what is final never leaves"
        self.forks += 1
        gone: dict[Part, int] = {}
        for height in sorted(height for height in self.parts if height > ancestor):
            gone |= dict.fromkeys(self.parts.pop(height), height)
        for part in gone:
            part.height = None
        self.facts = [fact for fact in self.facts if fact.anchor.height <= ancestor]
        self.hashes = {h: block for h, block in self.hashes.items() if h <= ancestor}
        self.txs = {h: count for h, count in self.txs.items() if h <= ancestor}
        return gone

    def _transactions(self, parts: Sequence[Part]) -> Iterable[list[Part]]:
        """Mostly one part each; now and then somebody carries out several in one."""
        group: list[Part] = []
        for part in parts:
            group.append(part)
            if self.chance.randrange(6):
                yield group
                group = []
        if group:
            yield group

    def _say(self, height: int, group: Sequence[Part]) -> list[Fact]:
        index = self.txs.get(height, 0)
        self.txs[height] = index + 1
        spans = len(group) > 1 and self.chance.randrange(4) > 0
        said: list[Fact] = []
        logs = 0
        for part in group:
            first, count = logs, sum(1 for _, answers in part.lines if not answers)
            for says, answers in part.lines:
                if spans:
                    says = _bounded(says, first, first + count - 1)
                place = AFTER_LOGS if answers else logs
                anchor = self._anchor(height, group[0].tx, index, place)
                said.append(Fact(anchor, says, len(said), answers))
                logs += not answers
        return said

    def _anchor(self, height: int, tx: str, index: int, log: int = AFTER_LOGS) -> Anchor:
        if height not in self.hashes:
            self.hashes[height] = _hash(f"{self.seed} {self.chain.name} {height} {self.forks}")
        time = self.chain.time_of(height)
        named = _hash(tx) if tx else ""
        return Anchor(self.chain.name, height, self.hashes[height], time, named, index, log)


def _bounded(says: Says, first: int, last: int) -> Says:
    if isinstance(says, Reached) and says.executes:
        return msgspec.structs.replace(says, first_log=first, last_log=last)
    return says


def _hash(text: str) -> str:
    return "0x" + blake2b(text.encode(), digest_size=32).hexdigest()
