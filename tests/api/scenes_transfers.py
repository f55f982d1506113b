"""The morning on which a batcher could not pay, as its transfers and its incident tell it."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from scenes import CAUSE, ETHER, NOW, SceneSource, overview_scene

from layerkeep.api.console.assets import Assets
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.pages import PAGES, pages
from layerkeep.api.console.render import Renderer
from layerkeep.api.console.top import Top
from layerkeep.api.shapes.incidents import EntryShown, IncidentPage, IncidentShown, LineShown
from layerkeep.api.shapes.journeys import (
    AwaitedShown,
    CheckedShown,
    Found,
    HopShown,
    JourneyShown,
    ProofShown,
    StepShown,
)
from layerkeep.api.shapes.messages import (
    Amount,
    Bucket,
    MessageFilter,
    MessagePage,
    MessageShown,
    StagePanel,
)
from layerkeep.api.source import BadCursor, NotKnown
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

S, M, H = SECOND, MINUTE, HOUR
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
HOP_1, HOP_2 = "0xc3d9" + "0" * 56 + "41f7", "0x8c1f" + "0" * 56 + "e02a"
BEGAN = NOW - 20 * M - S
HOP_2_AT = NOW - 17 * M - 21 * S
CLAIM = "0x" + "c1" * 32
RENDERER = Renderer(Assets())
PATTERNS = {
    f"/{noun}/": f"/{noun}/{{name}}" for noun in ("journeys", "incidents", "runs", "runbooks")
}


def fact(nth: int, chain: str, time: int, says: str = "sent", **more: Any) -> ProofShown:
    """One fact."""
    return ProofShown(
        **{
            "says": says,
            "chain": chain,
            "height": 18_442_000 + nth,
            "block": f"0x{nth:064x}",
            "time": time,
            "tx": f"0x{nth + 512:064x}",
            "log": nth,
            "via": "own-1",
            "body": '{"value": "4500000000000000000"}',
        }
        | more
    )


def step(stage: str, chain: str, fill: str, **more: Any) -> StepShown:
    """One step; usual, and the sequencer's turn, unless told otherwise."""
    return StepShown(
        **{"stage": stage, "chain": chain, "fill": fill, "duty": "sequencer", "mark": "usual"}
        | more
    )


def hop(nth: int, path: tuple[str, str], steps: tuple[StepShown, ...], **more: Any) -> HopShown:
    """One message of the journey with its steps."""
    name = HOP_1 if nth == 1 else HOP_2
    told = {"state": "finished", "stage": "executed", "fill": "full"} | more
    shown = MessageShown(
        id=f"{path[1]}/deposit/{name}",
        kind="op_stack.deposit",
        source=path[0],
        target=path[1],
        sent=BEGAN if nth == 1 else HOP_2_AT,
        since=told.pop("since", BEGAN),
        sender="0xa1c4" + "0" * 32 + "52ee",
        recipient="0xa1c4" + "0" * 32 + "52ee",
        value=str(45 * ETHER // 10),
        **told,
    )
    return HopShown(message=shown, steps=steps, keys=(name,))


def journey_scene(**changes: Any) -> JourneyShown:
    """4.50 ETH on its way from ethereum to delta, behind the incident."""
    first = hop(
        1,
        ("ethereum", "op-main"),
        (
            step("initiated", "ethereum", "hollow", time=BEGAN, height=21_884_323, took=70 * S,
                 usual=60 * S, budget=5 * M, tx=f"0x{512:064x}"),
            step("executed", "op-main", "full", time=BEGAN + 70 * S, height=18_442_019),
        ),
    )  # fmt: skip
    second = hop(
        2,
        ("op-main", "delta"),
        (
            step("initiated", "op-main", "hollow", time=HOP_2_AT, height=18_442_058,
                 took=NOW - HOP_2_AT, usual=110 * S, budget=15 * M, mark="overdue"),
            step("executed", "delta", "full", mark="not-begun",
                 expected=NOW + 11 * M, usual=30 * S),
        ),
        state="overdue",
        stage="initiated",
        fill="hollow",
        since=HOP_2_AT,
        usual=110 * S,
        due=HOP_2_AT + 15 * M,
        eta=NOW + 11 * M,
        awaited="delta's first block that builds on op-main's block 18,442,058",
        duty="sequencer",
        incident=CAUSE,
    )  # fmt: skip
    shown = JourneyShown(
        id=HOP_2,
        path=("ethereum", "op-main", "delta"),
        state="overdue",
        where="initiated on op-main",
        began=BEGAN,
        eta=NOW + 11 * M,
        usual=538 * S,
        incident=CAUSE,
        hops=(first, second),
        awaited=(
            AwaitedShown(what="a batch that holds block 18,442,058", duty="batcher",
                         until=NOW + 11 * H + 37 * M, chain="op-main",
                         why="the sequencing window closes then, and this hop is sent again"),
            AwaitedShown(what="op-main safe head at 18,442,058", duty="derivation"),
            AwaitedShown(what="delta origin at 18,442,058", duty="sequencer", chain="delta"),
        ),
        checked=(
            CheckedShown(link="deposit is the op-main tx", value="0x41d0" + "0" * 56 + "77b9",
                         recomputed_from="L1 block hash, log 114, deposit fields",
                         verdict="true", nodes=3),
            CheckedShown(link="escrow holds the value", value="+ 4.50 ETH", verdict="true", nodes=3,
                         recomputed_from="portal balance before and after", detail="exact"),
            CheckedShown(link="hop 2 origin cannot leave", value="0x7d44" + "0" * 56 + "0be3",
                         recomputed_from="op-main block 18,442,058 in a posted batch",
                         verdict="unknown", detail="not yet: in no batch"),
        ),
        facts=(fact(0, "ethereum", BEGAN, height=21_884_323), fact(19, "op-main", BEGAN + 70 * S)),
    )  # fmt: skip
    return msgspec.structs.replace(shown, **changes)


def message(nth: int, value: float, path: tuple[str, str], over: int, **more: Any) -> MessageShown:
    """A message that is overdue by so many seconds behind the incident."""
    told = {"budget": 12 * M, "usual": 6 * M, "kind": "op_stack.withdrawal"} | more
    budget, due = told.pop("budget"), NOW - over * S
    return MessageShown(
        **{
            "id": f"{path[0]}/withdrawal/0x{nth:04x}" + "0" * 56 + f"{nth * 7:04x}",
            "source": path[0],
            "target": path[1],
            "stage": "initiated",
            "fill": "hollow",
            "state": "overdue",
            "sent": due - budget,
            "since": due - budget,
            "value": str(int(value * 100) * ETHER // 100),
            "due": due,
            "eta": NOW + 28 * M,
            "awaited": f"a claim, {path[0]} proposer",
            "duty": "proposer",
            "incident": CAUSE,
        }
        | told
    )


UP_1, UP_2, DOWN_2 = ("op-main", "ethereum"), ("delta", "op-main"), ("op-main", "delta")
SHORT = {"kind": "op_stack.deposit", "budget": 15 * M, "usual": 100 * S, "awaited": "delta origin"}
LISTED = (
    message(31_713, 0, UP_1, 552, token=USDC, amount=str(880_000 * 10**6)),
    message(7_433, 120, UP_1, 470),
    message(43_602, 80, UP_2, 242),
    message(37_068, 61.2, UP_1, 391),
    message(17_656, 0, DOWN_2, 159, token=USDC, amount=str(140_500 * 10**6), **SHORT),
    message(58_907, 14.3, DOWN_2, 178, **SHORT),
    *(message(900 + n, 12 - n / 2, (UP_1, UP_2)[n % 2], 120 - n) for n in range(24)),
    *(message(2000 + n, 0.4, DOWN_2, 40 - n, **SHORT) for n in range(11)),
)


def panel(direction: str, stage: str, fill: str, counts: tuple[int, ...], **more: Any):
    """One stage with a bucket for each count, each reaching 1.4 times as far as the one before."""
    first = more.pop("first", 2 * M)
    budget = more.get("budget")
    buckets = tuple(
        Bucket(until=until, count=count, overdue=budget is not None and until > budget)
        for until, count in ((int(first * 1.4**n), count) for n, count in enumerate(counts))
    )
    up = direction == "child-to-parent"
    return StagePanel(
        source="op-main",
        target="ethereum" if up else "delta",
        kind="op_stack.withdrawal" if up else "op_stack.deposit",
        direction=direction,
        stage=stage,
        fill=fill,
        duty="proposer",
        final=fill == "full",
        count=sum(counts),
        buckets=buckets,
        **more,
    )


PANELS = (
    panel("child-to-parent", "initiated", "hollow", (1, 2, 3, 3, 0, 0, 6, 10, 9, 7), overdue=32,
          usual_low=3 * M, usual_high=6 * M, budget=12 * M),
    panel("child-to-parent", "claimed", "quarter", (3, 6, 12, 9, 6, 3), first=H,
          usual_low=H, usual_high=2 * H, budget=12 * H),
    panel("child-to-parent", "proven", "half", (3, 3, 6, 9, 6), first=2 * DAY,
          usual_low=6 * DAY, usual_high=7 * DAY, budget=8 * DAY),
    panel("child-to-parent", "finalized", "full", (0,)),
    panel("parent-to-child", "initiated", "hollow", (1, 2, 3, 2, 0, 0, 2, 3, 4), overdue=9,
          usual_low=30 * S, usual_high=100 * S, budget=15 * M, first=M),
    panel("parent-to-child", "executed", "full", (0,)),
)  # fmt: skip


def line(kind: str, component: str, chain: str, summary: str, **more: Any) -> LineShown:
    """A symptom that follows from the root unless told otherwise."""
    return LineShown(
        **{
            "key": f"{kind} {component}",
            "parent": "batches-stalled batcher:op-main",
            "role": "symptom",
            "kind": kind,
            "component": component,
            "chain": chain,
            "summary": summary,
            "count": 1,
            "seen": 1,
        }
        | more
    )


SAFE = "safe-stalled chain:op-main"
LINES = (
    line("batches-stalled", "batcher:op-main", "op-main",
         "op-main batcher cannot pay: it holds 0.031 ETH, the next batch costs 0.052 ETH",
         role="root", parent="", since=NOW - 1268 * S,
         proofs=(fact(1, "ethereum", NOW - 1494 * S, "blob-fee-climbs"),
                 fact(2, "op-main", NOW - 1352 * S, "batch-posted"))),
    line("safe-stalled", "chain:op-main", "op-main", "op-main safe head is past its budget of 5 m",
         since=NOW - 1051 * S, way=("op-main needs what op-main's batcher posts",)),
    line("claims-stalled", "proposer:op-main", "op-main", "op-main proposer makes no claim",
         since=NOW - 758 * S, parent=SAFE),
    line("message-overdue", "route:op-main->ethereum", "op-main",
         "op-main → ethereum withdrawals wait in initiated", since=NOW - 552 * S, parent=SAFE,
         count=14, seen=14, messages=14),
    line("safe-stalled", "chain:delta", "delta", "delta safe head is past its budget of 12 m",
         since=NOW - 631 * S),
    line("message-overdue", "route:delta->op-main", "delta",
         "delta → op-main withdrawals wait in initiated", since=NOW - 242 * S,
         parent="safe-stalled chain:delta", count=18, seen=18, messages=18),
    line("message-overdue", "route:op-main->delta", "delta",
         "op-main → delta deposits wait in initiated", since=NOW - 339 * S, parent=SAFE,
         count=9, seen=9, messages=9),
)  # fmt: skip

RUNBOOK = """# batches_stalled

The batcher posts nothing, so nothing becomes safe.

1. Compare its balance with the price of a batch: `layerkeep check`.
2. If it cannot pay, top it up from the operations safe.
3. If it can, look at its log for a nonce that is stuck.
"""


def incident_scene(page: dict[str, Any] | None = None, **changes: Any) -> IncidentPage:
    """Incident 7f3a91; `changes` are of the incident, `page` of its page."""
    shown = IncidentShown(
        id=CAUSE,
        state="acknowledged",
        severity="critical",
        title="op-main batcher cannot pay for its next batches",
        kind="batches-stalled",
        component="batcher:op-main",
        chain="op-main",
        since=NOW - 1268 * S,
        opened=NOW - 1051 * S,
        acknowledged=NOW - 999 * S,
        symptoms=6,
        messages=41,
        users=37,
        value=str(31_842 * ETHER // 100),
        deadline=NOW + 11 * H + 37 * M,
        owner="op-main lead",
    )
    at = {n: NOW - n * S for n in (1051, 999, 631, 242)}
    whole = IncidentPage(
        incident=msgspec.structs.replace(shown, **changes),
        lines=LINES,
        facts=(fact(3, "op-main", NOW - 1268 * S, "balance-read"),),
        timeline=(
            EntryShown(time=at[1051], last=at[1051], what="opened",
                       reason="batches-stalled batcher:op-main"),
            EntryShown(time=at[999], last=at[999], what="acknowledged", by="op-main lead"),
            EntryShown(time=at[631], last=at[631], what="symptom-added",
                       reason="safe-stalled chain:delta"),
            EntryShown(time=at[242], last=at[242], what="symptom-added",
                       reason="message-overdue route:delta->op-main", count=3),
        ),
        chains=("op-main", "delta"),
        routes=("route:op-main->ethereum", "route:op-main->delta", "route:delta->op-main"),
        rule="batches_stalled",
        page=RUNBOOK,
        report="# 7f3a91\n\nop-main batcher could not pay.\n",
    )  # fmt: skip
    return msgspec.structs.replace(whole, **(page or {}))


class Transfers(SceneSource):
    """That morning with its journeys, messages and incident; filters state and ends only.

    What a test puts into `journeys_shown`, `listed`, `page`, `found` or `facts_shown` is shown.
    """

    def __init__(self, **shown: Any) -> None:
        super().__init__(shown.pop("overview", overview_scene()))
        self.journeys_shown = shown.pop("journeys", (journey_scene(),))
        self.listed = shown.pop("listed", LISTED)
        self.page = shown.pop("page", incident_scene())
        self.found = shown.pop("found", ())
        self.facts_shown = shown.pop("facts", {CLAIM: (fact(7, "ethereum", BEGAN, "claimed"),)})
        self.panels_shown = PANELS
        self.searched: list[str] = []
        self.words: list[Any] = []
        assert not shown, shown

    async def journeys(self, name):
        if name == CLAIM:
            return ()
        known = [each for each in self.journeys_shown if each.id == name]
        return tuple(known) or (self.journeys_shown if name in (HOP_1, HOP_2) else ())

    async def facts(self, name):
        if name not in self.facts_shown:
            raise NotKnown("hash", name)
        return self.facts_shown[name]

    async def panels(self, wanted):
        return self.panels_shown

    async def messages(self, wanted: MessageFilter, cursor, count):
        if cursor and not cursor.isdigit():
            raise BadCursor(cursor)
        if wanted.via and wanted.via not in {chain.name for chain in self.shown.chains}:
            raise NotKnown("chain", wanted.via, "op-main")
        every = [each for each in self.listed if _matches(each, wanted)]
        begin = int(cursor or 0)
        more = str(begin + count) if begin + count < len(every) else ""
        ether = sum(int(each.value) for each in every)
        amounts = (Amount(token="", amount=str(ether)),) if every else ()
        items = tuple(every[begin : begin + count])
        return MessagePage(items=items, cursor=more, total=len(every), amounts=amounts)

    async def search(self, text) -> tuple[Found, ...]:
        self.searched.append(text)
        return self.found

    async def incident(self, name):
        if not self.page.incident.id.startswith(name):
            raise NotKnown("incident", name)
        return self.page

    async def operate(self, word):
        self.words.append(word)


def _matches(each: MessageShown, wanted: MessageFilter) -> bool:
    asked = {
        "source": each.source,
        "target": each.target,
        "state": each.state,
        "token": each.token,
        "stage": each.stage,
        "kind": each.kind,
        "incident": each.incident,
    }
    for field, value in asked.items():
        if getattr(wanted, field) not in ("", value):
            return False
    return not wanted.via or wanted.via in (each.source, each.target)


def visited(path: str, source: Any = None, **place: Any) -> tuple[Page, Place]:
    """The page at an address with its query."""
    parts = urlsplit(path)
    start = next((each for each in PATTERNS if parts.path.startswith(each)), "")
    params = {"name": parts.path.removeprefix(start)} if start else {}
    where = Place(parts.path, params, dict(parse_qsl(parts.query)), **place)
    module = pages()[PATTERNS.get(start, parts.path)]
    assert PATTERNS.get(start, parts.path) in PAGES
    return asyncio.run(module(source or Transfers(), where)), where


def drawn(path: str, source: Any = None, **place: Any) -> str:
    """The whole page as HTML."""
    page, where = visited(path, source, **place)
    return RENDERER.page(page, where, Top("devnet", NOW, incidents=2, facts=SECOND))
