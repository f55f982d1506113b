"""Lifecycles: the stages a kind of message goes through, as tables.

A message's stage is never stored as truth; it is a fold over its facts (see view.py):

- on each chain the last statement about the message counts, so an auto-redeem that failed and was
  redeemed by hand later is redeemed;
- across chains the stage with the highest rank counts, so the order in which chains are read cannot
  matter;
- a stage with `claim` is reached when a state claim of that status covers the message's position.
"""

from dataclasses import dataclass, field

from layerkeep.core.units import Duration

NO_TIME = Duration(0)

DUTIES = ("proposer", "clock", "relayer", "sequencer", "user", "nobody")
"""Whose turn it is while a message rests in a stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it means to rest in it, for how long, and whose turn it is meanwhile.

    `budget` is how long a message may rest here before it is overdue (None: as long as it likes);
    `why` says where that figure comes from; `clock` names the parameter read from the contracts
    (ending in `_s` or `_blocks`) that is the least time spent here. `usual` is the time expected
    while nothing has been measured yet. `awaited` is what must happen next, in words.
    """

    name: str
    duty: str
    budget: Duration | None
    why: str
    usual: Duration = NO_TIME
    clock: str = ""
    claim: str = ""
    awaited: str = ""
    final: bool = False
    failed: bool = False
    on_target: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The stages of one kind of message in order of rank; `happy` is the usual path."""

    name: str
    direction: str
    stages: tuple[Stage, ...]
    happy: tuple[str, ...]
    lane: str = ""
    _ranks: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        self._ranks.update({name: rank for rank, name in enumerate(names)})
        assert len(self._ranks) == len(names), f"{self.name}: a stage stands twice"
        assert all(name in names for name in self.happy), f"{self.name}: unknown happy stage"
        assert all(stage.duty in DUTIES for stage in self.stages), f"{self.name}: unknown duty"
        assert self.happy[0] == names[0], f"{self.name}: the first stage is not the first happy one"
        assert self.stage(self.happy[-1]).final, f"{self.name}: the last happy stage is not final"

    def stage(self, name: str) -> Stage:
        """The stage of this name; KeyError if there is none."""
        return self.stages[self.rank(name)]

    def rank(self, name: str) -> int:
        """Where a stage stands; a higher rank wins across chains."""
        rank = self._ranks.get(name)
        if rank is None:
            raise KeyError(f"{self.name} has no stage {name!r}")
        return rank
