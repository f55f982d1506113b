"""A seeded world: what every chain says, in which block, and which blocks leave their chain again.

The whole history is drawn before anybody looks at it. `events` is what an observer who follows all
chains at once sees; `final` is what each chain says in the end. Nothing depends on anything but the
seed: no clock, no hash order.
"""

import heapq
from dataclasses import dataclass, field
from random import Random

from layerkeep.core.facts import Fact
from layerkeep.core.units import DAY, HOUR, MINUTE, ChainName
from layerkeep.sim.fleet import Fleet, draw_fleet
from layerkeep.sim.ledger import Ledger
from layerkeep.sim.stories import Part, Teller

EPOCH = 1_000 * DAY
"""When every world begins: far enough from zero that no time in it is negative."""

HEAD_EVERY = 20 * MINUTE
STORIES_A_DAY = 160
REORGS_A_DAY = 40

LATE_MAX = HOUR // 4
"""What comes again comes this much later at most: effects must not precede causes by hours."""

HASTES = (1, 12, 120)
"""Delays are divided by one of these: a world of days then also sees messages of weeks end."""

STORY, ASIDE, BLOCK, REORG, HEAD = range(5)


@dataclass(frozen=True, slots=True)
class Left:
    """The blocks of a chain above a height left it."""

    chain: ChainName
    ancestor: int
    time: int


Event = Fact | Left

Due = tuple[int, int, int, str, int]
"""A time, a running number, what is due then, on which chain, at which height."""


@dataclass(slots=True)
class World:
    """One history and its end."""

    seed: int
    fleet: Fleet
    chance: Random
    teller: Teller
    events: list[Event] = field(default_factory=list)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    stories: list[list[Part]] = field(default_factory=list)
    pending: dict[tuple[str, int], list[Part]] = field(default_factory=dict)
    due: list[Due] = field(default_factory=list)
    planned: int = 0

    @property
    def final(self) -> dict[str, list[Fact]]:
        """What each chain says in the end, in its own order."""
        return {name: ledger.facts for name, ledger in self.ledgers.items()}

    @property
    def reorgs(self) -> int:
        """How often blocks left a chain."""
        return sum(isinstance(event, Left) for event in self.events)

    def plan(self, end: int) -> None:
        """Draw when stories begin, heads are seen and blocks leave."""
        chains = list(self.fleet.chains)
        days = -(-(end - EPOCH) // DAY)
        for chain in chains:
            for time in range(EPOCH + HEAD_EVERY, end, HEAD_EVERY):
                self._at(time, HEAD, chain)
        for _ in range(REORGS_A_DAY * days):
            self._at(self.chance.randrange(EPOCH + HOUR, end), REORG, self.chance.choice(chains))
        for number in range(STORIES_A_DAY * days if self.fleet.bridges else 0):
            kind = ASIDE if number % 8 == 0 else STORY
            self._at(self.chance.randrange(EPOCH, end), kind)

    def play(self, end: int) -> None:
        """Let everything happen that is due before the end, in order of time."""
        while self.due and self.due[0][0] < end:
            time, _, kind, chain, height = heapq.heappop(self.due)
            if kind in (STORY, ASIDE):
                self._begin(kind, time)
            elif kind == BLOCK:
                self._include(chain, height, self.pending.pop((chain, height), []))
            elif kind == REORG:
                self._draw_reorg(chain, time)
            else:
                self._see_head(chain, time)
        for name in self.ledgers:
            self._see_head(name, end)

    def _see_head(self, chain: str, time: int) -> None:
        ledger = self.ledgers[chain]
        parent = self.ledgers.get(ledger.chain.parent)
        self.events.append(ledger.head(time, time if parent is None else parent.final_until))

    def _at(self, time: int, kind: int, chain: str = "", height: int = 0) -> None:
        self.planned += 1
        heapq.heappush(self.due, (time, self.planned, kind, chain, height))

    def _begin(self, kind: int, time: int) -> None:
        number = len(self.stories)
        tell = self.teller.tell if kind == STORY else self.teller.aside
        parts = tell(number, time)
        self.stories.append(parts)
        for part in parts:
            chain = self.fleet.chains[part.chain]
            self._await(part, chain.height_at(part.due) + 1)

    def _await(self, part: Part, height: int) -> None:
        chain = self.fleet.chains[part.chain]
        if (chain.name, height) not in self.pending:
            self._at(chain.time_of(height), BLOCK, chain.name, height)
        self.pending.setdefault((chain.name, height), []).append(part)

    def _include(self, chain: str, height: int, parts: list[Part]) -> None:
        self.events += self.ledgers[chain].include(height, [p for p in parts if not p.lost])

    def _draw_reorg(self, chain: str, time: int) -> None:
        """Some blocks leave: mostly few, now and then all that are not final."""
        ledger = self.ledgers[chain]
        tip = ledger.chain.height_at(time)
        deepest = tip - ledger.finalized
        depth = min(deepest, self.chance.choice((1, 2, 5, 20, 200, deepest)))
        if depth > 0:
            self._reorg(chain, tip - depth, time, fates=True)

    def _reorg(self, chain: str, ancestor: int, time: int, *, fates: bool) -> None:
        """Blocks leave; what stood in them comes again, comes changed, or never comes."""
        ledger = self.ledgers[chain]
        dropped = ledger.cut(ancestor)
        self.events.append(Left(ledger.chain.name, ancestor, time))
        retold: dict[int, None] = {}
        for part in dropped:
            if fates and not part.lost and self.chance.randrange(4) == 0:
                retold |= self._lose(part, time)
        for height, part in self._places(chain, ancestor, time, dropped):
            self._include(chain, height, [part])
        for _ in retold:
            self._begin(STORY, time)

    def _places(
        self, chain: str, ancestor: int, time: int, dropped: dict[Part, int]
    ) -> list[tuple[int, Part]]:
        """Where what was dropped stands now: never before it was due, and not much later."""
        here = self.fleet.chains[ChainName(chain)]
        lowest: dict[int, int] = {}
        found: list[tuple[int, Part]] = []
        for part, before in dropped.items():
            if part.lost:
                continue
            first = max(ancestor, here.height_at(part.due)) + 1
            last = max(before, min(here.height_at(time), here.height_at(part.due + LATE_MAX)))
            height = max(self.chance.randint(first, last), lowest.get(part.story, 0))
            lowest[part.story] = height
            found.append((height, part))
        return sorted(found, key=lambda place: place[0])

    def _lose(self, part: Part, time: int) -> dict[int, None]:
        """The rest of a story never happens, unless some of it is final; it may be told anew."""
        story = self.stories[part.story]
        rest = story[story.index(part) :]
        places = {(p.chain, p.height) for p in rest if p.height is not None}
        if any(height <= self.ledgers[chain].finalized for chain, height in places):
            return {}
        for each in rest:
            each.lost = True
        for chain in sorted({chain for chain, _ in places}):
            lowest = min(height for name, height in places if name == chain)
            self._reorg(chain, lowest - 1, time, fates=False)
        return {part.story: None} if self.chance.randrange(2) else {}


def draw_world(seed: int, end: int) -> World:
    """The world of this seed, up to a time after EPOCH."""
    chance = Random(f"layerkeep {seed}")
    fleet = draw_fleet(chance)
    world = World(seed, fleet, chance, Teller(fleet, chance, chance.choice(HASTES)))
    world.ledgers = {name: Ledger(seed, chain, chance) for name, chain in fleet.chains.items()}
    world.plan(EPOCH + end)
    world.play(EPOCH + end)
    return world
