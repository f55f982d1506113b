"""What is seen of a network: statements with their place, and blocks that leave their chain."""

from dataclasses import dataclass, field

from layerkeep.core.facts import AFTER_LOGS, Anchor, Fact, Says
from layerkeep.sim.ops.chains import SimLayer
from layerkeep.sim.world import Event, Left

KEPT_MAX = 400
"""Statements remembered of a chain, to be said again when their blocks leave: no reorg that heals
by itself reaches further."""


@dataclass(slots=True)
class Speech:
    """Everything said since it was last listened to, and the newest statements of each chain."""

    said: list[Event] = field(default_factory=list)
    recent: dict[str, list[Fact]] = field(default_factory=dict)
    unheard: dict[str, list[Event]] = field(default_factory=dict)
    count: int = 0

    def say(self, chain: SimLayer, says: Says, tx: str = "", via: str = "") -> None:
        """The newest block of the chain proves it; `via` is the upstream that told."""
        self.count += 1
        height, time = chain.latest
        tx = tx or f"t{self.count}"
        anchor = Anchor(chain.name, height, f"b{height}-{chain.forks}", time, tx, 0, self.count)
        fact = Fact(anchor, says, via=via)
        self._add(chain, fact)
        kept = self.recent.setdefault(chain.name, [])
        kept.append(fact)
        if len(kept) > KEPT_MAX:
            del kept[: KEPT_MAX // 2]

    def tell(self, chain: SimLayer, says: Says, now: int) -> None:
        """It is true of this moment, and of no block."""
        height = chain.latest.height
        anchor = Anchor(chain.name, height, f"b{height}-{chain.forks}", now, "", 0, AFTER_LOGS)
        self._add(chain, Fact(anchor, says))

    def look(self, chain: SimLayer, says: Says, now: int) -> None:
        """What looking at a chain's nodes showed, even while nobody answers."""
        height = chain.latest.height
        self.said.append(Fact(Anchor(chain.name, height, "", now), says))

    def leave(self, chain: SimLayer, depth: int, now: int) -> int:
        """So many blocks leave; what stood in them stands in their successors. The ancestor."""
        ancestor = chain.fork(depth)
        self._add(chain, Left(chain.name, ancestor, now))
        kept = self.recent.get(chain.name, [])
        gone = [fact for fact in kept if fact.anchor.height > ancestor]
        self.recent[chain.name] = [fact for fact in kept if fact.anchor.height <= ancestor]
        for fact in gone:
            self._repeat(chain, fact)
        return ancestor

    def hide(self, chain: SimLayer) -> None:
        """Nobody hears the chain from now on."""
        self.unheard[chain.name] = []

    def show(self, chain: SimLayer) -> None:
        """The chain is heard again, first what was missed."""
        self.said += self.unheard.pop(chain.name, ())

    def heard(self) -> list[Event]:
        """What was said since this was last asked."""
        said, self.said = self.said, []
        return said

    def _add(self, chain: SimLayer, event: Event) -> None:
        self.unheard.get(chain.name, self.said).append(event)

    def _repeat(self, chain: SimLayer, fact: Fact) -> None:
        old = fact.anchor
        block = f"b{old.height}-{chain.forks}"
        anchor = Anchor(old.chain, old.height, block, old.time, old.tx, 0, old.log_index)
        again = Fact(anchor, fact.says, via=fact.via)
        self._add(chain, again)
        self.recent[chain.name].append(again)
