"""A network that stands still, and the API over it without a server.

The Source here leaves out all reckoning: it knows two chains, one journey, one incident, one rule,
twelve messages, and filters messages by their state only. Its clock stands where the test puts it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from litestar.testing import TestClient
from scenes_crew import StandingCrew

from layerkeep.api.http.access import Access, token
from layerkeep.api.http.app import make_app
from layerkeep.api.http.stream import Stream
from layerkeep.api.shapes.audit import AuditShown
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
from layerkeep.api.shapes.messages import (
    MessageFilter,
    MessagePage,
    MessageShown,
    RouteShown,
    StagePanel,
)
from layerkeep.api.shapes.overview import GraphShown, Overview, TruthShown
from layerkeep.api.source import BadCursor, NotKnown
from layerkeep.core.topology.spot import close_match

NOW = 1_700_000_000_000
HASH = "0x" + "ab" * 32
INCIDENT = "c0ffee00"
ROLES = ("viewer", "operator", "admin")
SECRETS = {role: f"secret-of-the-{role}-0123456789" for role in ROLES}
EXPIRED = "secret-that-has-expired-0123456789"
CHAINS = (
    ChainShown(name="l1", stack="ethereum", chain_id=900),
    ChainShown(name="l2", stack="op_stack", parent="l1", chain_id=901, depth=2),
)
RULE = RuleShown(name="chain-halted", about="no new block", kinds=("chain-halted",))


def incident(**changes: Any) -> IncidentShown:
    """The one incident, changed as told."""
    values = {
        "id": INCIDENT,
        "state": "open",
        "severity": "critical",
        "title": "l2 makes no blocks",
        "kind": "sequencer-down",
        "component": "sequencer:l2",
        "chain": "l2",
        "since": NOW - 1000,
        "opened": NOW - 500,
    }
    return IncidentShown(**(values | changes))


@dataclass
class Standing:
    """The Source. `words` are what operators said, `failure` is raised by whatever is asked."""

    network: str = "test"
    time: int = NOW
    number: int = 1
    chains_shown: tuple[ChainShown, ...] = CHAINS
    open: tuple[IncidentShown, ...] = (incident(),)
    words: list[Operation] = field(default_factory=list)
    failure: Exception | None = None
    overviews: int = 0
    crew: StandingCrew = field(default_factory=lambda: StandingCrew(NOW, (INCIDENT, "gone")))

    def revision(self) -> int:
        return self.number

    def now(self) -> int:
        return self.time

    async def overview(self) -> Overview:
        self._fail()
        self.overviews += 1
        return Overview(
            network=self.network,
            moment=self.time,
            behind=0,
            judging=True,
            chains=self.chains_shown,
            routes=await self.routes(),
            truth=await self.truth(),
            incidents=self.open,
            waiting=(),
            limits=(),
            open=12,
            overdue=0,
            late=0,
            gaps=0,
        )

    async def chains(self) -> tuple[ChainShown, ...]:
        self._fail()
        return self.chains_shown

    async def chain(self, name: str) -> ChainPage:
        known = {chain.name: chain for chain in CHAINS}
        if name not in known:
            raise NotKnown("chain", name, close_match(name, known))
        return ChainPage(chain=known[name])

    async def upstreams(self) -> tuple[UpstreamShown, ...]:
        return (UpstreamShown(name="l1-a", chain="l1"),)

    async def truth(self) -> tuple[TruthShown, ...]:
        return (TruthShown(check="claim", chain="l2", verdict="never"),)

    async def graph(self) -> GraphShown:
        return GraphShown(components=(), edges=())

    async def routes(self) -> tuple[RouteShown, ...]:
        return (RouteShown(source="l1", target="l2", direction="down", open=12),)

    async def panels(self, wanted: MessageFilter) -> tuple[StagePanel, ...]:
        return ()

    async def messages(self, wanted: MessageFilter, cursor: str, count: int) -> MessagePage:
        if cursor and not cursor.isdigit():
            raise BadCursor(cursor)
        begin = int(cursor or 0)
        found = [message(n) for n in range(12) if wanted.state in ("", "open")]
        more = str(begin + count) if begin + count < len(found) else ""
        return MessagePage(items=tuple(found[begin : begin + count]), cursor=more)

    async def journeys(self, name: str) -> tuple[JourneyShown, ...]:
        if name != HASH:
            return ()
        shown = JourneyShown(id=HASH, path=("l1", "l2"), state="usual", where="on l1", began=NOW)
        return (shown,)

    async def facts(self, name: str) -> tuple[ProofShown, ...]:
        return ()

    async def search(self, text: str) -> tuple[Found, ...]:
        return (Found(kind="chain", name="l1", title="l1", matched=text),)

    async def claims(self, chain: str, before: int | None, count: int) -> tuple[ClaimShown, ...]:
        await self.chain(chain)
        return ()

    async def batches(self, chain: str, before: int | None, count: int) -> tuple[BatchShown, ...]:
        await self.chain(chain)
        return ()

    async def incidents(
        self, *, open_only: bool, since: int, ended_max: int = 1_000
    ) -> tuple[IncidentShown, ...]:
        return self.open

    async def incident(self, name: str) -> IncidentPage:
        known = {each.id: each for each in self.open} | {"gone": incident(id="gone")}
        if name not in known:
            raise NotKnown("incident", name, close_match(name, known))
        return IncidentPage(incident=known[name], report="# l2 made no blocks\n")

    async def rules(self) -> tuple[RuleShown, ...]:
        return (RULE,)

    async def coverage(self) -> CoverageShown:
        return CoverageShown(judging=True, rules=(RULE,), gaps=(), watched=1, lacking=0)

    async def drills(self) -> tuple[DrillShown, ...]:
        return ()

    async def operate(self, word: Operation) -> None:
        if word.action != "maintain":
            await self.incident(word.target)
        self.words.append(word)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass
class Kept:
    """The audit in a list."""

    noted: list[AuditShown] = field(default_factory=list)

    async def note(self, entry: AuditShown) -> None:
        self.noted.append(entry)

    async def entries(self, before: int | None, count: int) -> Sequence[AuditShown]:
        return self.noted[::-1][:count]


def message(number: int) -> MessageShown:
    """One of the messages."""
    return MessageShown(
        id=f"0x{number:064x}",
        kind="op_stack.deposit",
        source="l1",
        target="l2",
        stage="sent",
        fill="hollow",
        state="usual",
        sent=NOW - number,
        since=NOW - number,
    )


def tokens() -> Access:
    """A token for each role, and one that has expired."""
    known = [token(f"the-{role}", role, secret) for role, secret in SECRETS.items()]
    return Access([*known, token("old", "admin", EXPIRED, NOW - 1)])


def bearer(role: str) -> dict[str, str]:
    """The header of a role's token."""
    return {"Authorization": f"Bearer {SECRETS[role]}"}


@dataclass
class Served:
    """The app with a client, and what it was made with."""

    client: TestClient
    source: Standing
    audit: Kept
    stream: Stream

    def ask(self, path: str, role: str = "", **more: Any) -> Any:
        """GET an address, with the token of a role if one is named."""
        headers = (bearer(role) if role else {}) | more.pop("headers", {})
        return self.client.get(path, headers=headers, **more)


@contextmanager
def served(access: Access | None = None, more: Any = None):
    """The API over a standing network; `more` makes other routes over it."""
    source, audit, stream = Standing(), Kept(), Stream(NOW)
    known = access or Access()
    routes = more(source, known) if more else ()
    app = make_app(source, known, audit, routes, stream)
    with TestClient(app, base_url="http://127.0.0.1:7040", raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield Served(client, source, audit, stream)


async def until(check: Callable[[], bool]) -> None:
    """Wait until it holds; the test's own limit ends it otherwise."""
    while not check():  # noqa: ASYNC110 - what is waited for is not ours to signal
        await asyncio.sleep(0.01)


def run(work: Any) -> Any:
    """Run to the end."""
    return asyncio.run(work)
