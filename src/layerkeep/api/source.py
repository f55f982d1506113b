"""Where what is shown comes from: one network, as seen by whoever follows it."""

from typing import Protocol

from layerkeep.api.crew import Crew
from layerkeep.api.shapes.chains import BatchShown, ChainPage, ChainShown, ClaimShown, UpstreamShown
from layerkeep.api.shapes.drills import DrillShown
from layerkeep.api.shapes.incidents import (
    CoverageShown,
    IncidentPage,
    IncidentShown,
    Operation,
    RuleShown,
)
from layerkeep.api.shapes.journeys import Found, JourneyShown, ProofShown
from layerkeep.api.shapes.messages import MessageFilter, MessagePage, RouteShown, StagePanel
from layerkeep.api.shapes.overview import GraphShown, Overview, TruthShown

ENDED_MAX = 1_000
"""Ended incidents in one answer, unless fewer are asked for."""


class NotKnown(LookupError):
    """Nothing of this name; `near` is the name nearest to it, if any is near."""

    def __init__(self, what: str, name: str, near: str = "") -> None:
        self.what = what
        self.name = name
        self.near = near
        hint = f"; did you mean {near}?" if near else ""
        super().__init__(f"no {what} is named {name}{hint}")


class BadCursor(ValueError):
    """A cursor that was not given by this query."""


class Source(Protocol):
    """Answers about one network. Raises NotKnown for a name that stands for nothing."""

    network: str

    @property
    def crew(self) -> Crew:
        """What is asked about people and runs."""

    def revision(self) -> int:
        """Rises with all that changes what is shown: equal revisions are equal but for ages."""

    def now(self) -> int:
        """The moment, by the clock that every age is told by."""

    async def overview(self) -> Overview:
        """Everything at a glance."""

    async def chains(self) -> tuple[ChainShown, ...]:
        """Every chain, parents before their children, else in the topology's order."""

    async def chain(self, name: str) -> ChainPage:
        """Everything about one chain."""

    async def upstreams(self) -> tuple[UpstreamShown, ...]:
        """Every upstream, by chain."""

    async def truth(self) -> tuple[TruthShown, ...]:
        """Every kind of check of every child, also those not made yet."""

    async def graph(self) -> GraphShown:
        """The components and how they stand on each other."""

    async def routes(self) -> tuple[RouteShown, ...]:
        """Every direction of every bridge with its stages."""

    async def panels(self, wanted: MessageFilter) -> tuple[StagePanel, ...]:
        """The messages that match, counted by stage, with how long they have rested there."""

    async def messages(self, wanted: MessageFilter, cursor: str, count: int) -> MessagePage:
        """At most `count` messages from `cursor` on; BadCursor if another query gave it."""

    async def journeys(self, name: str) -> tuple[JourneyShown, ...]:
        """The journeys that a hash belongs to."""

    async def facts(self, name: str) -> tuple[ProofShown, ...]:
        """The facts in which a hash occurs."""

    async def search(self, text: str) -> tuple[Found, ...]:
        """What a hash, in any case and with spaces around, a chain or a name may mean."""

    async def claims(self, chain: str, before: int | None, count: int) -> tuple[ClaimShown, ...]:
        """State claims of a chain, newest first, from below this height of its parent."""

    async def batches(self, chain: str, before: int | None, count: int) -> tuple[BatchShown, ...]:
        """Batches of a chain, newest first, from below this height of its parent."""

    async def incidents(
        self, *, open_only: bool, since: int, ended_max: int = ENDED_MAX
    ) -> tuple[IncidentShown, ...]:
        """Open incidents, the gravest first; behind them those that ended last since then."""

    async def incident(self, name: str) -> IncidentPage:
        """Everything about one incident."""

    async def rules(self) -> tuple[RuleShown, ...]:
        """Every rule, the operators' own behind ours."""

    async def coverage(self) -> CoverageShown:
        """What is and what is not watched, and why."""

    async def drills(self) -> tuple[DrillShown, ...]:
        """The newest drill of every fault that was rehearsed here, in the order of their names."""

    async def operate(self, word: Operation) -> None:
        """Put an operator's word in the store; the engine heeds it within a second."""
