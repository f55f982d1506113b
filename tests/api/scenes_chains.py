"""A network at one bad moment: op-main's batcher cannot pay, gamma is not seen, pub-2 has parted.

`Told` answers as a Source does, from values only; a test replaces what it is about.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec

from layerkeep.api.console.assets import Assets
from layerkeep.api.console.page import Place
from layerkeep.api.console.pages import pages
from layerkeep.api.console.render import Renderer
from layerkeep.api.console.top import Top
from layerkeep.api.shapes.chains import (
    AgreementShown,
    BatchShown,
    CellShown,
    ChainPage,
    ChainShown,
    ClaimShown,
    HeadShown,
    NodeRow,
    PartShown,
    SettingShown,
    UpstreamShown,
)
from layerkeep.api.shapes.drills import DrillShown
from layerkeep.api.shapes.incidents import (
    CoverageShown,
    GapShown,
    IncidentPage,
    IncidentShown,
    LineShown,
    RuleShown,
)
from layerkeep.api.shapes.messages import RouteShown
from layerkeep.api.shapes.overview import ComponentShown, GraphShown, Overview, TruthShown
from layerkeep.api.source import NotKnown

NOW = 1_763_867_021_000
"""2025-11-23, 03:03:41 UTC."""

INCIDENT = "7f3a91c40b2e"
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
LATEST, SAFE = 18_442_578, 18_441_902
PARTED = 18_442_561
HASHES = ("0x5f0c", "0x27d1", "0xe3b8", "0x09aa")


def named(start: str) -> str:
    """A hash that begins like this."""
    return start + "0" * (62 - len(start)) + "91aa"


def head(tag: str, height: int | None, age: int, band: tuple[int, int], budget: int) -> HeadShown:
    """A head of this age, in the state that its band and budget make of it."""
    state = "overdue" if age > budget else "late" if age > band[1] else "usual"
    return HeadShown(
        tag=tag,
        height=height,
        time=NOW - age,
        usual_low=band[0],
        usual_high=band[1],
        budget=budget,
        state=state,
    )


def heads(latest: int, safe: int, final: int, stalled: int = 0) -> tuple[HeadShown, ...]:
    """Three heads; with `stalled` safe and finalized stand since then."""
    return (
        head("latest", latest, 2 * SECOND, (1 * SECOND, 4 * SECOND), 20 * SECOND),
        head("safe", safe, stalled or 110 * SECOND, (50 * SECOND, 190 * SECOND), 5 * MINUTE),
        head("finalized", final, stalled or 1010 * SECOND, (14 * MINUTE, 21 * MINUTE), 30 * MINUTE),
    )


def part(chain: str, job: str, detail: str, mark: str = "usual") -> PartShown:
    """A part of a chain, marked by the incident unless it is as usual."""
    incident = "" if mark == "usual" else INCIDENT
    return PartShown(
        component=f"{job}:{chain}", job=job, mark=mark, incident=incident, detail=detail
    )


STALLED = 22 * MINUTE + 34 * SECOND
ETHEREUM = ChainShown(
    name="ethereum",
    stack="ethereum",
    chain_id=900,
    heads=heads(21_884_420, 21_884_384, 21_884_352),
    answering=4,
    upstreams=4,
    looked=NOW,
    phrase="inside usual",
)
OP_MAIN = ChainShown(
    name="op-main",
    stack="op_stack",
    parent="ethereum",
    chain_id=901,
    depth=2,
    heads=heads(LATEST, SAFE, SAFE, STALLED),
    parts=(
        part("op-main", "sequencer", "0x8a11…77f0"),
        part("op-main", "batcher", "0x6887…2985 holds 0.0310 ETH", "cause"),
        part("op-main", "proposer", "0x4733…3a13 holds 1.2040 ETH", "symptom"),
        part("op-main", "bridge", "holds 41,207.1180 ETH"),
    ),
    answering=5,
    upstreams=5,
    looked=NOW - SECOND,
    mark="cause",
    incident=INCIDENT,
    phrase="cause: batcher funds out",
)
DELTA = ChainShown(
    name="delta",
    stack="op_stack",
    parent="op-main",
    chain_id=903,
    depth=3,
    heads=heads(6_209_500, 6_209_400, 6_209_400, 1510 * SECOND),
    answering=3,
    upstreams=3,
    looked=NOW,
    mark="symptom",
    incident=INCIDENT,
    phrase="stands behind op-main",
)
GAMMA = ChainShown(
    name="gamma",
    stack="nitro",
    parent="ethereum",
    chain_id=904,
    depth=2,
    heads=(
        HeadShown(tag="latest", height=6_910_552, state="blind"),
        HeadShown(tag="safe", height=6_910_118, state="blind"),
        HeadShown(tag="finalized", state="blind"),
    ),
    answering=0,
    upstreams=2,
    blind_since=NOW - 252 * SECOND,
    mark="blind",
    incident="c20e17aa0001",
    phrase="blind",
)
CLIENTS = {
    "own-1": "op-geth/v1.101602",
    "own-2": "op-reth/v1.9.3",
    "own-3": "op-geth/v1.101602",
    "pub-1": "provider",
    "pub-2": "provider",
}
BEHIND = {"own-3": 1, "pub-1": 3}


def row(name: str, heights: tuple[int, ...]) -> NodeRow:
    """An upstream's row: pub-2 has parted, own-3 and pub-1 are behind."""
    states = ["same"] * len(heights)
    for nth, height in enumerate(heights):
        if name == "pub-2" and height >= PARTED:
            states[nth] = "other"
        elif height > heights[-1] - BEHIND.get(name, 0):
            states[nth] = "behind"
    cells = tuple(CellShown(height=h, state=s) for h, s in zip(heights, states, strict=True))
    verdict = f"parted at {PARTED:,}" if name == "pub-2" else "agrees"
    if name in BEHIND:
        verdict = f"agrees, {BEHIND[name]} behind"
    mark = "cause" if name == "pub-2" else "usual"
    return NodeRow(upstream=name, client=CLIENTS[name], cells=cells, verdict=verdict, mark=mark)


HEIGHTS = tuple(range(18_442_545, LATEST + 1))
AGREEMENT = AgreementShown(
    heights=HEIGHTS,
    rows=tuple(row(name, HEIGHTS) for name in CLIENTS),
    parted=PARTED,
    agreeing=4,
    looked=NOW - SECOND,
)
UPSTREAMS = tuple(
    UpstreamShown(
        name=name,
        chain="op-main",
        roles=("execution",),
        answering=True,
        head=LATEST - BEHIND.get(name, 0),
        behind=BEHIND.get(name, 0),
        client=client,
        looked=NOW - SECOND,
        requests=18_204,
        lies=("block-hash-differs",) if name == "pub-2" else (),
        mark="cause" if name == "pub-2" else "usual",
    )
    for name, client in CLIENTS.items()
)
DARK = tuple(
    UpstreamShown(name=name, chain="gamma", looked=NOW, reason="connection refused", mark="usual")
    for name in ("gamma-1", "gamma-2")
)


def batch(nth: int, verdict: str = "true") -> BatchShown:
    """A batch some time ago, judged so."""
    return BatchShown(
        batch=f"{88_213 - nth}",
        height=21_884_310 - 8 * nth,
        tx=named(HASHES[nth % 4]),
        time=NOW - (1352 + 96 * nth) * SECOND,
        location="blobs" if nth % 2 else "calldata",
        by="0x6887246668a3b87f54deb3b94ba47a6f63f32985",
        verdict=verdict,
        nodes=3,
        detail="equal, 47 blocks",
    )


def claim(nth: int, verdict: str = "true") -> ClaimShown:
    """A claim some time ago, judged so."""
    return ClaimShown(
        claim=f"{7104 - nth}",
        lane="games",
        covers=18_441_900 - 300 * nth,
        root=named(HASHES[nth % 4]),
        by="0x473300df21d047806a082244b417f96b32f13a13",
        height=21_884_300,
        tx=named(HASHES[(nth + 1) % 4]),
        time=NOW - (1281 + 600 * nth) * SECOND,
        status="confirmed" if nth > 1 else "claimed",
        verdict=verdict,
        nodes=3,
    )


SETTINGS = tuple(
    SettingShown(name=name, value=value, read=NOW)
    for name, value in (
        ("proof_maturity_delay_s", "604800"),
        ("dispute_game_finality_delay_s", "302400"),
        ("gas_limit", "60000000"),
        ("paused", "off"),
        ("batcher", "0x6887246668a3b87f54deb3b94ba47a6f63f32985"),
        ("retirement_time_s", "1763000000"),
        ("portal_version", "5.6.1"),
        ("dispute_game_factory_version", "1.6.1"),
    )
)
PAGE = ChainPage(
    chain=OP_MAIN,
    children=("delta",),
    upstreams=UPSTREAMS,
    agreement=AGREEMENT,
    batches=tuple(batch(nth) for nth in range(4)),
    claims=tuple(claim(nth) for nth in range(3)),
    settings=SETTINGS,
)
SHOWN = IncidentShown(
    id=INCIDENT,
    state="acknowledged",
    severity="critical",
    title="the batcher of op-main cannot pay for another transaction",
    kind="funds-out",
    component="batcher:op-main",
    chain="op-main",
    since=NOW - STALLED,
    opened=NOW - STALLED,
    symptoms=6,
    messages=41,
    users=12,
    value="318420000000000000000",
    deadline=NOW + 11 * HOUR + 37 * MINUTE,
    owner="ida",
)
UNSEEN = IncidentShown(
    id="c20e17aa0001",
    state="open",
    severity="critical",
    title="nobody answers for gamma",
    kind="blind",
    component="chain:gamma",
    chain="gamma",
    since=NOW - 252 * SECOND,
    opened=NOW - 252 * SECOND,
)
OVER = IncidentShown(
    id="19aa02bb0003",
    state="resolved",
    severity="warning",
    title="delta makes blocks slower than it should",
    kind="chain-slow",
    component="sequencer:delta",
    chain="delta",
    since=NOW - 2 * DAY,
    opened=NOW - 2 * DAY,
    resolved=NOW - 2 * DAY + 12 * MINUTE,
    owner="ida",
)


def line(kind: str, component: str, role: str = "symptom") -> LineShown:
    """A line of the incident that is there now."""
    return LineShown(
        key=f"{kind} {component}",
        parent="",
        role=role,
        kind=kind,
        component=component,
        chain="op-main",
        summary=f"{kind} of op-main",
        count=1,
        seen=1,
        since=NOW - 1256 * SECOND,
    )


BEHIND_IT = IncidentPage(
    incident=SHOWN,
    lines=(
        line("funds-out", "batcher:op-main", "root"),
        line("batches-stalled", "batcher:op-main"),
        line("claims-stalled", "proposer:op-main"),
    ),
)
TRUTH = tuple(
    TruthShown(
        check=check, chain="op-main", verdict="true", nodes=3, asked=3, right=88, height=18_441_900
    )
    for check in ("claims", "batches", "attributes")
)
RULES = (
    RuleShown(
        name="chain_halted",
        about="No new block for longer than usual.",
        kinds=("chain-halted", "sequencer-down"),
        subjects=5,
        judged=NOW - SECOND,
        page="# chain-halted\n\nNo block.\n\n## First three things to do\n\n1. Look.\n",
    ),
    RuleShown(
        name="actor_funds",
        about="An account will not last as long as it should.",
        kinds=("funds-low", "funds-out"),
        subjects=6,
        problems=1,
        lacking=2,
    ),
)
COVERAGE = CoverageShown(
    judging=True,
    rules=RULES,
    gaps=(
        GapShown(
            rule="actor_funds",
            subject="batcher:gamma",
            chain="gamma",
            lacks="gamma is blind",
            since=NOW - 252 * SECOND,
        ),
        GapShown(
            rule="*",
            subject="epsilon",
            chain="epsilon",
            lacks="no upstream is named for this chain",
        ),
    ),
    watched=11,
    lacking=2,
)
DRILLS = (
    DrillShown(
        fault="batcher-stopped",
        component="batcher:l2",
        kind="batches-stalled",
        bound=25_000,
        ended=NOW - HOUR,
        found=18_200,
        named="batches-stalled batcher:l2",
        right=True,
        resolved=6_000,
        passed=True,
    ),
    DrillShown(
        fault="reorg-deep",
        component="chain:l1",
        kind="reorg-deep",
        bound=8_000,
        ended=NOW - HOUR,
        found=9_000,
        named="chain-halted chain:l1",
        false_pages=("chain-halted chain:l1",),
    ),
)


@dataclass
class Told:
    """A Source that says what it is given."""

    network: str = "devnet"
    of_chain: ChainPage = PAGE
    all_chains: tuple[ChainShown, ...] = (ETHEREUM, OP_MAIN, GAMMA, DELTA)
    all_upstreams: tuple[UpstreamShown, ...] = (*UPSTREAMS, *DARK)
    of_truth: tuple[TruthShown, ...] = TRUTH
    all_incidents: tuple[IncidentShown, ...] = (SHOWN, UNSEEN, OVER)
    of_incident: IncidentPage = BEHIND_IT
    all_rules: tuple[RuleShown, ...] = RULES
    of_coverage: CoverageShown = COVERAGE
    all_drills: tuple[DrillShown, ...] = DRILLS
    judging: bool = True
    of_graph: GraphShown = field(
        default_factory=lambda: GraphShown(
            components=(
                ComponentShown(
                    component="batcher:op-main", chain="op-main", mark="cause", incident=INCIDENT
                ),
            ),
            edges=(),
        )
    )

    def revision(self) -> int:
        return 1

    def now(self) -> int:
        return NOW

    async def chains(self) -> tuple[ChainShown, ...]:
        return self.all_chains

    async def chain(self, name: str) -> ChainPage:
        if name != self.of_chain.chain.name:
            raise NotKnown("chain", name, self.of_chain.chain.name)
        return self.of_chain

    async def upstreams(self) -> tuple[UpstreamShown, ...]:
        return self.all_upstreams

    async def truth(self) -> tuple[TruthShown, ...]:
        return self.of_truth

    async def graph(self) -> GraphShown:
        return self.of_graph

    async def routes(self) -> tuple[RouteShown, ...]:
        return (
            RouteShown(source="ethereum", target="op-main", direction="deposit", open=6),
            RouteShown(
                source="op-main",
                target="ethereum",
                direction="withdrawal",
                open=44,
                overdue=14,
                mark="symptom",
                incident=INCIDENT,
            ),
            RouteShown(source="ethereum", target="gamma", direction="deposit"),
        )

    async def incidents(
        self, *, open_only: bool, since: int, ended_max: int = 1_000
    ) -> tuple[IncidentShown, ...]:
        return tuple(i for i in self.all_incidents if i.resolved is None or not open_only)

    async def incident(self, name: str) -> IncidentPage:
        if name != self.of_incident.incident.id:
            raise NotKnown("incident", name)
        return self.of_incident

    async def rules(self) -> tuple[RuleShown, ...]:
        return self.all_rules

    async def coverage(self) -> CoverageShown:
        return self.of_coverage

    async def drills(self) -> tuple[DrillShown, ...]:
        return self.all_drills

    async def overview(self) -> Overview:
        return Overview(
            network=self.network,
            moment=NOW,
            behind=0,
            judging=self.judging,
            chains=self.all_chains,
            routes=(),
            truth=self.of_truth,
            incidents=(),
            waiting=(),
            limits=(),
            open=0,
            overdue=0,
            late=0,
            gaps=0,
        )


ASSETS = Assets()
RENDERER = Renderer(ASSETS)
PATTERNS = {"/chains/": "/chains/{name}", "/rules/": "/rules/{name}"}


def drawn(path: str, told: Told | None = None, theme: str = "dark") -> str:
    """The whole page at this address."""
    start = next((each for each in PATTERNS if path.startswith(each)), "")
    params = {"name": path.removeprefix(start)} if start else {}
    place = Place(path, params, theme=theme)
    page = asyncio.run(pages()[PATTERNS.get(start, path)](told or Told(), place))
    return RENDERER.page(page, place, Top("devnet", NOW, incidents=2, facts=SECOND))


def parts_drawn(path: str, told: Told | None = None) -> dict[str, str]:
    """The parts that the stream replaces, by their ids."""
    start = next((each for each in PATTERNS if path.startswith(each)), "")
    place = Place(path, {"name": path.removeprefix(start)} if start else {})
    page = asyncio.run(pages()[PATTERNS.get(start, path)](told or Told(), place))
    return RENDERER.parts(page, place, Top("devnet", NOW))


def chain_as(**changes: Any) -> Told:
    """op-main's page with another chain: `changes` are of the chain, `page` of its page."""
    page = changes.pop("page", {})
    chain = msgspec.structs.replace(OP_MAIN, **changes)
    return Told(of_chain=msgspec.structs.replace(PAGE, chain=chain, **page))
