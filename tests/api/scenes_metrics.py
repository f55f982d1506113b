"""A small network in trouble, for the tests of metrics."""

from collections.abc import Mapping

from layerkeep.api.metrics.counters import Calls, Durations
from layerkeep.api.shapes.chains import ChainShown, HeadShown, UpstreamShown
from layerkeep.api.shapes.incidents import IncidentShown, RuleShown
from layerkeep.api.shapes.messages import RouteShown, StagePanel
from layerkeep.api.shapes.overview import Overview, TruthShown
from layerkeep.core.errors import StoreError

NOW = 1_700_000_100_000


def chains() -> tuple[ChainShown, ...]:
    """The L1 is well; the L2's only upstream is silent, so its heads are those last seen."""
    well = (
        HeadShown(tag="latest", height=200, time=NOW - 1_500, budget=60_000, state="usual"),
        HeadShown(tag="safe"),
        HeadShown(tag="finalized", height=136, time=NOW - 70_000, state="usual"),
    )
    seen = (HeadShown(tag="latest", height=90, time=NOW - 30_000, budget=20_000, state="blind"),)
    return (
        ChainShown(name="l1", stack="ethereum", heads=well),
        ChainShown(name="l2", stack="op_stack", heads=seen, blind_since=NOW - 20_000),
    )


def panel(stage: str, count: int, **more: object) -> StagePanel:
    """One stage of withdrawals."""
    return StagePanel(
        source="l2",
        target="l1",
        kind="op_stack.withdrawal",
        direction="withdrawal",
        stage=stage,
        fill="half",
        duty="user",
        final=stage == "finalized",
        count=count,
        **more,  # type: ignore[arg-type]
    )


def incident(number: int, severity: str) -> IncidentShown:
    """One that is open; a warning is acknowledged."""
    return IncidentShown(
        id=f"{number:064x}",
        state="open",
        severity=severity,
        title="l2 is not seen",
        kind="blind",
        component="chain:l2",
        chain="l2",
        since=NOW,
        opened=NOW,
        pages=severity == "critical",
    )


class SceneSource:
    """Says always the same of that network, or that the store does not answer.

    Left out is all that metrics never ask: single messages, journeys, facts, pages, words of
    operators, the stream.
    """

    network = "scene"

    def __init__(self, *, criticals: int = 1, fails: bool = False) -> None:
        self.criticals = criticals
        self.fails = fails
        self.asked = 0

    def now(self) -> int:
        """Always the same moment."""
        return NOW

    async def overview(self) -> Overview:
        """Everything at a glance."""
        self.asked += 1
        if self.fails:
            raise StoreError("the disk is full")
        stages = (
            panel("initiated", 3, overdue=1, oldest=NOW - 90_000),
            panel("proven", 0),
            panel("finalized", 1_000_000),
        )
        criticals = [incident(number, "critical") for number in range(self.criticals)]
        return Overview(
            network=self.network,
            moment=NOW,
            behind=0,
            judging=True,
            chains=chains(),
            routes=(RouteShown(source="l2", target="l1", direction="withdrawal", stages=stages),),
            truth=(
                TruthShown(
                    check="claim", chain="l2", verdict="false", right=7, wrong=2, time=NOW - 5_000
                ),
                TruthShown(check="batch", chain="l2", verdict="never"),
            ),
            incidents=(*criticals, incident(999_999, "warning")),
            waiting=(),
            limits=(),
            open=3,
            overdue=1,
            late=0,
            gaps=1,
        )

    async def upstreams(self) -> tuple[UpstreamShown, ...]:
        """One is well, one is silent, one is asked for blobs only."""
        return (
            UpstreamShown(name="north", chain="l1", answering=True, behind=2, looked=NOW),
            UpstreamShown(name="south", chain="l2", looked=NOW),
            UpstreamShown(name="blobs", chain="l1"),
        )

    async def rules(self) -> tuple[RuleShown, ...]:
        """One lacks something."""
        return (
            RuleShown(name="blind", about="chain", kinds=("blind",)),
            RuleShown(name="claim_false", about="claim", kinds=("claim-false",), lacking=1),
        )


class SceneCounters:
    """Counts that never change."""

    def started(self) -> int:
        """A minute ago."""
        return NOW - 60_000

    def beat(self) -> int | None:
        """Just now."""
        return NOW - 100

    def behind(self) -> int:
        """A quarter of a second."""
        return 250

    def store_failing(self) -> bool:
        """All is written."""
        return False

    def calls(self) -> Calls:
        """Two methods of one upstream."""
        return {("l1", "north", "eth_getLogs"): 40, ("l1", "north", "eth_call"): 2}

    def failures(self) -> Calls:
        """One upstream is silent."""
        return {("l2", "south", "timeout"): 9}

    def facts(self) -> Mapping[str, int]:
        """Facts of one chain."""
        return {"l1": 1234}

    def reorgs(self) -> Mapping[str, int]:
        """One chain was reorged."""
        return {"l1": 1, "l2": 0}

    def read_behind(self) -> Mapping[str, int]:
        """One chain is not read up."""
        return {"l1": 0, "l2": 12}

    def durations(self) -> Mapping[tuple[str, str, str, str], Durations]:
        """Four messages: two within a second, one within a minute, one longer than all bounds."""
        spot = ("l2", "l1", "op_stack.withdrawal", "initiated")
        return {spot: Durations((1_000, 60_000, 1_209_600_000), (2, 1, 0, 1), 1_300_000_500)}
