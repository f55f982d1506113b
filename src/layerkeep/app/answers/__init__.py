"""Answers: what a running daemon and its store know, as the API and the console show it."""

import asyncio
from typing import TYPE_CHECKING

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
from layerkeep.api.source import ENDED_MAX, NotKnown
from layerkeep.app.answers.chains import ChainAnswers
from layerkeep.app.answers.counters import behind
from layerkeep.app.answers.drills import drills_file, kept_drills
from layerkeep.app.answers.incidents import IncidentAnswers
from layerkeep.app.answers.journeys import Journeys
from layerkeep.app.answers.marks import Marks
from layerkeep.app.answers.memory import Memory
from layerkeep.app.answers.memory.past import learn_ages
from layerkeep.app.answers.messages import Messages, is_much
from layerkeep.app.answers.names import NameAnswers, as_typed, is_hash
from layerkeep.app.answers.nodes import NodeAnswers
from layerkeep.app.answers.operating import operate
from layerkeep.app.answers.operating.crew import CrewAnswers
from layerkeep.app.answers.overview import graph_of, limits_of
from layerkeep.app.answers.posted import Posted
from layerkeep.app.answers.rules import RuleAnswers
from layerkeep.app.answers.sharing import Shared
from layerkeep.app.answers.shown import named, named_journey, named_page
from layerkeep.app.answers.truth import TruthAnswers
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact
from layerkeep.core.topology import Chain
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import ChainName, Duration

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

WAITING_SHOWN = 12
SHARED_FOR = Duration(250)
"""Of much that is open no more than four overviews a second are made, for whomever."""
POSTED_SHOWN = 20


class Answers:
    """The Source of one running daemon."""

    def __init__(self, daemon: "Daemon") -> None:
        self.network = daemon.network.topology.network
        self._tokens = daemon.network.topology.tokens
        self._daemon = daemon
        self._memory = Memory()
        self.crew = CrewAnswers(daemon)
        self._nodes = NodeAnswers(daemon, self._memory)
        self._chains = ChainAnswers(daemon, self._memory, self._nodes)
        self._truth = TruthAnswers(daemon, self._memory)
        self._incidents = IncidentAnswers(daemon)
        self._rules = RuleAnswers(daemon)
        self._names = NameAnswers(daemon, self._incidents)
        self._messages = Messages(daemon, self._marked)
        self._journeys = Journeys(daemon)
        self._posted = Posted(daemon)
        self._engine: Engine = daemon.engine
        self._before, self._turns = 0, 0
        self._recalled: Engine | None = None
        self._marks: tuple[int, Marks] | None = None
        self._seen = Shared(self._overview, daemon.now)
        daemon.listeners.append(self._hear)

    def revision(self) -> int:
        """Rises with all that changes what is shown, but for the time that passes."""
        engine = self._daemon.engine
        if engine is not self._engine:
            self._engine, self._before = engine, self._before + self._turns + 1
        self._turns = engine.turns + engine.watch.turns + self._daemon.store.saved
        return self._before + self._turns

    def now(self) -> int:
        """The moment, by the daemon's clock."""
        return self._daemon.now()

    async def learn(self, stop: asyncio.Event) -> None:
        """What the store knows of the last days is part of what is usual; run once, beside all."""
        await learn_ages(self._daemon, self._memory, stop)

    async def overview(self) -> Overview:
        """Everything at a glance; a moment old where there is much to look at."""
        if not is_much(self._daemon):
            return await self._overview()
        return await self._seen.answer(SHARED_FOR)

    async def _overview(self) -> Overview:
        engine, marks, now = self._daemon.engine, self._marked(), self._daemon.now()
        routes = await self._messages.routes()
        waiting = await self._messages.waiting(WAITING_SHOWN)
        return Overview(
            network=self.network,
            moment=now,
            behind=behind(self._daemon),
            judging=not engine.watch.asleep,
            chains=self._chains.all(marks),
            routes=routes,
            truth=await self.truth(),
            incidents=self._incidents.open(),
            waiting=tuple(named(each, self._tokens) for each in waiting),
            limits=limits_of(self._daemon, marks),
            open=sum(route.open for route in routes),
            overdue=sum(route.overdue for route in routes),
            late=sum(panel.late for route in routes for panel in route.stages),
            gaps=len(engine.watch.lacks),
        )

    async def chains(self) -> tuple[ChainShown, ...]:
        """Every chain, parents before their children."""
        return self._chains.all(self._marked())

    async def chain(self, name: str) -> ChainPage:
        """Everything about one chain."""
        chain, marks = self._named(name), self._marked()
        topology = self._daemon.network.topology
        is_child = chain.settles_on is not None
        return ChainPage(
            chain=self._chains.one(chain, marks, self._daemon.now()),
            children=tuple(str(child.name) for child in topology.children(chain.name)),
            upstreams=self._nodes.upstreams(chain, marks),
            agreement=self._nodes.agreement(chain, marks),
            batches=await self._posted.batches(name, None, POSTED_SHOWN) if is_child else (),
            claims=await self._posted.claims(name, None, POSTED_SHOWN) if is_child else (),
            settings=self._chains.settings(chain),
        )

    async def upstreams(self) -> tuple[UpstreamShown, ...]:
        """Every upstream, by chain."""
        marks = self._marked()
        chains = self._daemon.network.topology.chains.values()
        return tuple(each for chain in chains for each in self._nodes.upstreams(chain, marks))

    async def truth(self) -> tuple[TruthShown, ...]:
        """Every kind of check of every child, also those not made yet."""
        engine = self._daemon.engine
        if engine is not self._recalled and not engine.watch.asleep:
            self._memory.recall(engine)
            self._recalled = engine
        return self._truth.all()

    async def graph(self) -> GraphShown:
        """The components and how they stand on each other."""
        return graph_of(self._daemon, self._marked())

    async def routes(self) -> tuple[RouteShown, ...]:
        """Every direction of every bridge with its stages."""
        return await self._messages.routes()

    async def panels(self, wanted: MessageFilter) -> tuple[StagePanel, ...]:
        """The messages that match, counted by stage."""
        return await self._messages.panels(wanted)

    async def messages(self, wanted: MessageFilter, cursor: str, count: int) -> MessagePage:
        """At most `count` messages from `cursor` on."""
        found = await self._messages.messages(wanted, cursor, count)
        return named_page(found, self._tokens)

    async def journeys(self, name: str) -> tuple[JourneyShown, ...]:
        """The journeys that a hash belongs to."""
        found = await self._journeys.journeys(as_typed(name))
        return tuple(named_journey(each, self._tokens) for each in found)

    async def facts(self, name: str) -> tuple[ProofShown, ...]:
        """The facts in which a hash occurs."""
        return await self._journeys.facts(as_typed(name))

    async def search(self, text: str) -> tuple[Found, ...]:
        """What a hash, an address, or the name of anything that was typed may mean."""
        word = as_typed(text)
        if is_hash(word):
            found = await self._journeys.by_hash(word)
            return found or await self._names.address(word)
        named = list(await self._names.search(word))
        for tx in await self._names.transactions(word):
            named += await self._journeys.by_hash(tx)
        return tuple({(each.kind, each.name): each for each in named[::-1]}.values())[::-1]

    async def claims(self, chain: str, before: int | None, count: int) -> tuple[ClaimShown, ...]:
        """State claims of a chain, newest first."""
        return await self._posted.claims(self._named(chain).name, before, count)

    async def batches(self, chain: str, before: int | None, count: int) -> tuple[BatchShown, ...]:
        """Batches of a chain, newest first."""
        return await self._posted.batches(self._named(chain).name, before, count)

    async def incidents(
        self, *, open_only: bool, since: int, ended_max: int = ENDED_MAX
    ) -> tuple[IncidentShown, ...]:
        """Open incidents, the gravest first; behind them those that ended last since then."""
        return await self._incidents.listed(open_only=open_only, since=since, ended_max=ended_max)

    async def incident(self, name: str) -> IncidentPage:
        """Everything about one incident."""
        return await self._incidents.page(name)

    async def rules(self) -> tuple[RuleShown, ...]:
        """Every rule, the operators' own behind ours."""
        return self._rules.all()

    async def coverage(self) -> CoverageShown:
        """What is and what is not watched, and why."""
        return self._rules.coverage()

    async def drills(self) -> tuple[DrillShown, ...]:
        """The newest drill of every fault that was rehearsed here."""
        return kept_drills(drills_file())

    async def operate(self, word: Operation) -> None:
        """Put an operator's word in the store."""
        await operate(self._daemon, word)

    def _hear(self, fact: Fact) -> None:
        self._memory.take(fact, self._daemon.engine, self._daemon.now())

    def _marked(self) -> Marks:
        """The marks of this revision."""
        revision = self.revision()
        if self._marks is None or self._marks[0] != revision:
            self._marks = revision, Marks(self._daemon.engine.incidents, self._daemon.now())
        return self._marks[1]

    def _named(self, name: str) -> Chain:
        chains = self._daemon.network.topology.chains
        chain = chains.get(ChainName(name))
        if chain is None:
            raise NotKnown("chain", name, close_match(name, chains))
        return chain
