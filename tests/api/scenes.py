"""Networks to look at: the morning on which a batcher could not pay, and a quiet one."""

from scenes_crew import StandingCrew

from layerkeep.api.shapes.chains import ChainPage, ChainShown, HeadShown, PartShown, UpstreamShown
from layerkeep.api.shapes.incidents import CoverageShown, IncidentPage, IncidentShown
from layerkeep.api.shapes.messages import (
    MessageFilter,
    MessagePage,
    MessageShown,
    RouteShown,
    StagePanel,
)
from layerkeep.api.shapes.overview import GraphShown, LimitShown, Overview, TruthShown
from layerkeep.api.source import NotKnown
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

NOW = 1_763_866_000_000 - 1_763_866_000_000 % DAY + 3 * HOUR + 3 * MINUTE + 41 * SECOND
"""03:03:41 UTC."""

CAUSE = "7f3a91c0ffee"
BLIND = "c20e17ab12cd"
ETHER = 10**18
S, M, H, D = SECOND, MINUTE, HOUR, DAY


class SceneSource:
    """A Source over one overview that stands still unless a test changes it.

    It leaves out all that an overview does not hold: journeys, facts, batches, claims, rules,
    drills and the agreement of nodes are empty, and no operator's word is heeded.
    """

    def __init__(self, shown: Overview, now: int = NOW) -> None:
        self.network = shown.network
        self.shown = shown
        self.moment = now
        self.number = 1
        self.crew = StandingCrew(now, tuple(each.id for each in shown.incidents))

    def change(self, shown: Overview) -> None:
        """From now on this is shown."""
        self.shown, self.number = shown, self.number + 1

    def revision(self):
        return self.number

    def now(self):
        return self.moment

    async def overview(self):
        return self.shown

    async def chains(self):
        return self.shown.chains

    async def chain(self, name):
        for chain in self.shown.chains:
            if chain.name == name:
                below = tuple(each.name for each in self.shown.chains if each.parent == name)
                return ChainPage(chain=chain, children=below, upstreams=self._upstreams(chain))
        raise NotKnown("chain", name)

    async def upstreams(self):
        return tuple(each for chain in self.shown.chains for each in self._upstreams(chain))

    async def truth(self):
        return self.shown.truth

    async def graph(self):
        return GraphShown(components=(), edges=())

    async def routes(self):
        return self.shown.routes

    async def panels(self, wanted: MessageFilter):
        return tuple(panel for route in self.shown.routes for panel in route.stages)

    async def messages(self, wanted: MessageFilter, cursor, count):
        return MessagePage(items=self.shown.waiting[:count], total=len(self.shown.waiting))

    async def journeys(self, name):
        raise NotKnown("journey", name)

    async def facts(self, name):
        return ()

    async def search(self, text):
        return ()

    async def claims(self, chain, before, count):
        return ()

    async def batches(self, chain, before, count):
        return ()

    async def incidents(self, *, open_only, since, ended_max=1_000):
        return self.shown.incidents

    async def incident(self, name):
        for incident in self.shown.incidents:
            if incident.id.startswith(name):
                return IncidentPage(incident=incident)
        raise NotKnown("incident", name)

    async def rules(self):
        return ()

    async def coverage(self):
        return CoverageShown(judging=True, rules=(), gaps=(), watched=0, lacking=0)

    async def drills(self):
        return ()

    async def operate(self, word):
        raise NotKnown("incident", word.target)

    def _upstreams(self, chain):
        return tuple(
            UpstreamShown(
                name=f"{chain.name}-{n}",
                chain=chain.name,
                roles=("own",) if n == 0 else (),
                answering=n < chain.answering,
                looked=chain.looked,
            )
            for n in range(chain.upstreams)
        )


def head(tag, age, usual, budget, state="usual", height=0):
    """A head of this age."""
    return HeadShown(
        tag=tag,
        height=height or 18_441_902,
        time=NOW - age,
        usual_low=usual[0],
        usual_high=usual[1],
        budget=budget,
        state=state,
    )


def heads(ages, usual, budgets, states=("usual",) * 3):
    """Three heads from the latest to the finalized."""
    tags = ("latest", "safe", "finalized")
    rows = zip(tags, ages, usual, budgets, states, strict=True)
    return tuple(head(*row) for row in rows)


def parts(chain, **marks):
    """The actors of a chain; `batcher=("cause", CAUSE)` marks one."""
    return tuple(
        PartShown(
            component=f"{job}:{chain}",
            job=job,
            mark=marks.get(job, ("usual", ""))[0],
            incident=marks.get(job, ("usual", ""))[1],
        )
        for job in ("sequencer", "batcher", "proposer")
    )


ETHEREUM = ChainShown(
    name="ethereum",
    stack="ethereum",
    chain_id=1,
    block_time=12 * S,
    heads=heads(
        (8 * S, 440 * S, 824 * S),
        ((1 * S, 12 * S), (5 * M, 9 * M), (13 * M, 19 * M)),
        (36 * S, 20 * M, 30 * M),
    ),
    answering=4,
    upstreams=4,
    looked=NOW - S,
    phrase="inside usual",
)
OP_USUAL = ((1 * S, 4 * S), (50 * S, 190 * S), (14 * M, 21 * M))
OP_BUDGETS = (20 * S, 5 * M, 30 * M)


def op_main(ages=(2 * S, 104 * S, 1010 * S), states=("usual",) * 3, **more):
    """The OP Stack chain under ethereum."""
    told = {
        "parts": parts("op-main"),
        "answering": 5,
        "upstreams": 5,
        "looked": NOW - S,
        "phrase": "inside usual",
    } | more
    return ChainShown(
        name="op-main",
        stack="op_stack",
        parent="ethereum",
        depth=2,
        heads=heads(ages, OP_USUAL, OP_BUDGETS, states),
        **told,
    )


ARB_ONE = ChainShown(
    name="arb-one",
    stack="nitro",
    parent="ethereum",
    depth=2,
    heads=heads(
        (1 * S, 190 * S, 962 * S),
        ((1 * S, 2 * S), (60 * S, 260 * S), (14 * M, 22 * M)),
        (15 * S, 15 * M, 30 * M),
    ),
    parts=parts("arb-one"),
    answering=3,
    upstreams=3,
    looked=NOW - S,
    phrase="inside usual",
)


def delta(ages=(1 * S, 322 * S, 1388 * S), states=("usual",) * 3, **more):
    """The OP Stack chain under op-main."""
    told = {"parts": parts("delta"), "phrase": "inside usual"} | more
    usual = ((1 * S, 4 * S), (4 * M, 8 * M), (20 * M, 28 * M))
    return ChainShown(
        name="delta",
        stack="op_stack",
        parent="op-main",
        depth=3,
        heads=heads(ages, usual, (20 * S, 12 * M, 40 * M), states),
        answering=3,
        upstreams=3,
        looked=NOW - S,
        **told,
    )


def gamma(*, blind=False):
    """The Nitro chain under arb-one."""
    usual = ((1 * S, 2 * S), (170 * S, 400 * S), (16 * M, 23 * M))
    ages = (1 * S, 300 * S, 1215 * S)
    states = ("blind",) * 3 if blind else ("usual",) * 3
    return ChainShown(
        name="gamma",
        stack="nitro",
        parent="arb-one",
        depth=3,
        heads=heads(ages, usual, (15 * S, 15 * M, 36 * M), states),
        parts=parts("gamma"),
        answering=0 if blind else 2,
        upstreams=2,
        looked=NOW - S,
        blind_since=NOW - 252 * S if blind else None,
        mark="blind" if blind else "usual",
        incident=BLIND if blind else "",
        phrase="blind" if blind else "inside usual",
    )


def route(source, target, kind, *stages, incident=""):
    """One direction; a stage is (name, fill, count, late, overdue, usual)."""
    upwards = kind.endswith(("withdrawal", "send"))
    panels = tuple(
        StagePanel(
            source=source,
            target=target,
            kind=kind,
            direction="child-to-parent" if upwards else "parent-to-child",
            stage=name,
            fill=fill,
            duty="proposer",
            final=False,
            count=count,
            late=late,
            overdue=overdue,
            usual_high=usual or None,
        )
        for name, fill, count, late, overdue, usual in stages
    )
    return RouteShown(
        source=source,
        target=target,
        direction=panels[0].direction,
        stages=panels,
        open=sum(panel.count for panel in panels),
        overdue=sum(panel.overdue for panel in panels),
        mark="symptom" if incident else "usual",
        incident=incident,
    )


def routes(*, stuck=False):
    """The eight directions; stuck as they are behind a batcher that cannot pay."""
    bad = CAUSE if stuck else ""
    rows = (14, 23, 9, 11, 18, 18) if stuck else (0, 5, 0, 3, 0, 4)
    late = int(stuck)
    return (
        route("ethereum", "op-main", "op_stack.deposit", ("initiated", "hollow", 6, 0, 0, 64 * S)),
        route(
            "op-main",
            "ethereum",
            "op_stack.withdrawal",
            ("initiated", "hollow", rows[1], 0, rows[0], 0),
            ("claimed", "quarter", 9, 0, 0, 0),
            ("proven", "half", 12, 0, 0, 170 * H),
            incident=bad,
        ),
        route("ethereum", "arb-one", "nitro.retryable", ("created", "hollow", 4, late, 0, 0)),
        route(
            "arb-one",
            "ethereum",
            "nitro.send",
            ("initiated", "hollow", 26, 0, 0, 0),
            ("asserted", "half", 17, 0, 0, 154 * H),
        ),
        route(
            "op-main",
            "delta",
            "op_stack.deposit",
            ("initiated", "hollow", rows[3], 0, rows[2], 0),
            incident=bad,
        ),
        route(
            "delta",
            "op-main",
            "op_stack.withdrawal",
            ("initiated", "hollow", rows[5], 0, rows[4], 0),
            ("claimed", "quarter", 4, 0, 0, 0),
            ("proven", "half", 3, 0, 0, 25 * H),
            incident=bad,
        ),
        route("arb-one", "gamma", "nitro.retryable", ("created", "hollow", 3, 0, 0, 0)),
        route(
            "gamma",
            "arb-one",
            "nitro.send",
            ("initiated", "hollow", 8, 0, 0, 0),
            ("asserted", "half", 5, 0, 0, 0),
        ),
    )


def truth(*, blind=False):
    """Three kinds of check of four children; those of gamma blind."""
    found = []
    for chain, nodes, height in (
        ("op-main", 3, 18_441_900),
        ("arb-one", 2, 402_117_090),
        ("delta", 2, 6_209_400),
        ("gamma", 2, 6_908_870),
    ):
        dark = blind and chain == "gamma"
        found += [
            TruthShown(
                check=check,
                chain=chain,
                verdict="blind" if dark else "true",
                nodes=0 if dark else nodes,
                asked=nodes,
                right=88_213,
                height=height,
                time=NOW - 6 * M,
            )
            for check in ("claim", "batch", "withdrawal")
        ]
    return tuple(found)


def waiting(nth, value, path, over, **more):
    """A message that waits behind the incident unless told otherwise."""
    told = {"state": "overdue", "incident": CAUSE, "awaited": "a claim"} | more
    return MessageShown(
        id=f"0x{nth:064x}",
        kind=told.pop("kind", "op_stack.withdrawal"),
        source=path[0],
        target=path[1],
        stage=told.pop("stage", "initiated"),
        fill="hollow",
        sent=NOW - H,
        since=NOW - H,
        value=str(int(value * 100) * ETHER // 100),
        due=NOW - over if over else None,
        **told,
    )


def overview_scene() -> Overview:
    """op-main's batcher cannot pay, delta stands behind it, and gamma is blind."""
    stuck = op_main(
        (2 * S, 1354 * S, 1354 * S),
        ("usual", "overdue", "late"),
        parts=parts("op-main", batcher=("cause", CAUSE), proposer=("symptom", CAUSE)),
        answering=4,
        mark="cause",
        incident=CAUSE,
        phrase="cause: batcher cannot pay",
    )
    behind = delta(
        (1 * S, 1510 * S, 1510 * S),
        ("usual", "overdue", "usual"),
        parts=parts("delta", batcher=("symptom", CAUSE), proposer=("symptom", CAUSE)),
        mark="symptom",
        incident=CAUSE,
        phrase="stands behind op-main",
    )
    value = str(318_420 * ETHER // 1000)
    incidents = (
        IncidentShown(
            id=CAUSE,
            state="open",
            severity="critical",
            title="the batcher of op-main cannot pay for its next batches",
            kind="actor-cannot-pay",
            component="batcher:op-main",
            chain="op-main",
            since=NOW - 1352 * S,
            opened=NOW - 1340 * S,
            symptoms=6,
            messages=41,
            users=37,
            value=value,
            pages=True,
        ),
        IncidentShown(
            id=BLIND,
            state="open",
            severity="warning",
            title="gamma is blind: 0 of 2 upstreams answer",
            kind="chain-blind",
            component="chain:gamma",
            chain="gamma",
            since=NOW - 252 * S,
            opened=NOW - 250 * S,
            messages=16,
        ),
    )
    return Overview(
        network="devnet",
        moment=NOW,
        behind=0,
        judging=True,
        chains=(ETHEREUM, stuck, ARB_ONE, behind, gamma(blind=True)),
        routes=routes(stuck=True),
        truth=truth(blind=True),
        incidents=incidents,
        waiting=(
            waiting(1, 120, ("op-main", "ethereum"), 470 * S),
            waiting(2, 80, ("delta", "op-main"), 242 * S),
            waiting(3, 61.2, ("op-main", "ethereum"), 552 * S),
            waiting(4, 4.5, ("op-main", "delta"), 141 * S, kind="op_stack.deposit", awaited=""),
            waiting(
                5,
                0.75,
                ("ethereum", "arb-one"),
                0,
                state="late",
                kind="nitro.retryable",
                stage="created",
                awaited="",
                reason="redeem-ran-out-of-gas",
                incident="",
                deadline=NOW + 52 * H,
            ),
        ),
        limits=(
            LimitShown(
                at=NOW + 41_820 * S,
                what="sequencing window closes: latest blocks would be dropped",
                component="chain:op-main",
                incident=CAUSE,
            ),
            LimitShown(at=NOW + 30 * H, what="maintenance of op-main ends"),
            LimitShown(at=NOW + 52 * H, what="retryable of 0.75 ETH expires", message="0x05"),
        ),
        open=139,
        overdue=41,
        late=1,
        gaps=3,
    )


def quiet_scene() -> Overview:
    """Everything moves inside usual, and all that was claimed was found true."""
    return Overview(
        network="devnet",
        moment=NOW,
        behind=0,
        judging=True,
        chains=(ETHEREUM, op_main(), ARB_ONE, delta(), gamma()),
        routes=routes(),
        truth=truth(),
        incidents=(),
        waiting=(),
        limits=(LimitShown(at=NOW + 83 * H, what="challenge clock of claim 7,104 ends"),),
        open=109,
        overdue=0,
        late=0,
        gaps=0,
    )
