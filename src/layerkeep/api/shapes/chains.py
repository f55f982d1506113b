"""Chains with their heads, parts and upstreams."""

from layerkeep.api.shapes import Shown


class HeadShown(Shown, frozen=True, gc=False, kw_only=True):
    """One head of a chain: `tag` is `latest`, `safe` or `finalized`.

    `time` is its block's. `usual_low` and `usual_high` are its usual age (5th to 95th percentile of
    the last seven days) and `budget` the age at which it is overdue, all durations.
    `state` is `usual`, `late` (past usual), `overdue` (past its budget), `blind` or `untold` (the
    chain has no such head).
    """

    tag: str
    height: int | None = None
    time: int | None = None
    usual_low: int | None = None
    usual_high: int | None = None
    budget: int | None = None
    state: str = "untold"


class PartShown(Shown, frozen=True, gc=False, kw_only=True):
    """A component of a chain: its sequencer, batcher, proposer, or its bridge to its parent.

    `component` is its name in the dependency graph. `mark` is `usual`, `cause`, `symptom`, `false`
    or `blind`; `incident` the one that marks it. `detail` says more: an account with its balance.
    """

    component: str
    job: str
    mark: str
    incident: str = ""
    detail: str = ""


class UpstreamShown(Shown, frozen=True, gc=False, kw_only=True):
    """One RPC endpoint: what it said when last looked at, and how it does.

    `behind` counts blocks behind the best of its chain. `requests` were sent to it since the start.
    `lies` are the newest reasons for which its answers were refused.
    """

    name: str
    chain: str
    roles: tuple[str, ...] = ()
    answering: bool = False
    head: int | None = None
    hash: str = ""
    behind: int | None = None
    client: str = ""
    reason: str = ""
    looked: int | None = None
    requests: int = 0
    lies: tuple[str, ...] = ()
    mark: str = "usual"
    incident: str = ""


class ChainShown(Shown, frozen=True, gc=False, kw_only=True):
    """One chain. `depth` is 1 for what settles on nothing. `block_time` is a duration.

    `blind_since` is set while nobody answers for it: then heads are those last seen. `read` is the
    height up to which it was read. `mark` as of a part; `phrase` is its state in a few words.
    """

    name: str
    stack: str
    parent: str = ""
    chain_id: int = 0
    depth: int = 1
    block_time: int = 0
    heads: tuple[HeadShown, ...] = ()
    parts: tuple[PartShown, ...] = ()
    answering: int = 0
    upstreams: int = 0
    looked: int | None = None
    blind_since: int | None = None
    read: int | None = None
    mark: str = "usual"
    incident: str = ""
    phrase: str = ""
    reorgs: int = 0


class SettingShown(Shown, frozen=True, gc=False, kw_only=True):
    """A parameter read from a chain's contracts, and when it was last read."""

    name: str
    value: str
    read: int | None = None


class CellShown(Shown, frozen=True, gc=False, kw_only=True):
    """What one upstream says of one height: `same`, `other`, `behind` or `refuses`."""

    height: int
    state: str


class NodeRow(Shown, frozen=True, gc=False, kw_only=True):
    """An upstream's row in the agreement matrix, with its client and a verdict in words."""

    upstream: str
    client: str
    cells: tuple[CellShown, ...]
    verdict: str
    mark: str


class AgreementShown(Shown, frozen=True, gc=False, kw_only=True):
    """Do the nodes agree? `parted` is the first height at which they differ, if they do."""

    heights: tuple[int, ...] = ()
    rows: tuple[NodeRow, ...] = ()
    parted: int | None = None
    agreeing: int = 0
    looked: int | None = None


class BatchShown(Shown, frozen=True, gc=False, kw_only=True):
    """A batch on the parent. `verdict` is `true`, `false`, `unknown`, or empty: not judged yet."""

    batch: str
    height: int
    tx: str
    time: int
    location: str = ""
    by: str = ""
    verdict: str = ""
    nodes: int = 0
    detail: str = ""


class ClaimShown(Shown, frozen=True, gc=False, kw_only=True):
    """A state claim on the parent. `covers` is the child's height or position that it reaches.

    `status` is `claimed`, `disputed`, `confirmed` or `voided`. `verdict` as of a batch.
    """

    claim: str
    lane: str
    covers: int | None
    root: str
    by: str
    height: int
    tx: str
    time: int
    status: str
    verdict: str = ""
    nodes: int = 0
    detail: str = ""


class ChainPage(Shown, frozen=True, gc=False, kw_only=True):
    """Everything about one chain; batches and claims are the newest, newest first."""

    chain: ChainShown
    children: tuple[str, ...] = ()
    upstreams: tuple[UpstreamShown, ...] = ()
    agreement: AgreementShown = AgreementShown()
    batches: tuple[BatchShown, ...] = ()
    claims: tuple[ClaimShown, ...] = ()
    settings: tuple[SettingShown, ...] = ()
