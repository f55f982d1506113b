"""Messages, and what they are counted by."""

from layerkeep.api.shapes import Shown

FILLS = ("hollow", "quarter", "half", "full")
"""How final a stage is: it may still vanish, is claimed, is bound, cannot leave."""


class MessageShown(Shown, frozen=True, gc=False, kw_only=True):
    """One message. `kind` is its lifecycle, `fill` how final its stage is.

    `since` is when it reached its stage, `usual` how long it rests there usually (a duration),
    `due` when that is overdue, `eta` when it should be done, `deadline` when it is lost. `state` is
    `usual`, `late`, `overdue`, `finished` or `failed`. `reason` says why it is stuck, if that is
    known. `incident` is the one it stands behind. `value` is wei; `amount` of `token`, in its
    smallest units. `symbol` and `decimals` are the token's, None where nobody said them.
    """

    id: str
    kind: str
    source: str
    target: str
    stage: str
    fill: str
    state: str
    sent: int
    since: int
    sender: str = ""
    recipient: str = ""
    value: str = "0"
    token: str = ""
    amount: str = "0"
    symbol: str = ""
    decimals: int | None = None
    usual: int | None = None
    due: int | None = None
    eta: int | None = None
    deadline: int | None = None
    awaited: str = ""
    duty: str = ""
    reason: str = ""
    incident: str = ""
    previous: str = ""


class Bucket(Shown, frozen=True, gc=False, kw_only=True):
    """So many messages rest in the stage for up to `until` (a duration), longer than before."""

    until: int
    count: int
    overdue: bool = False


class StagePanel(Shown, frozen=True, gc=False, kw_only=True):
    """One stage of one kind of message on one route; open messages, unless the stage is final.

    `usual_low`, `usual_high` and `budget` are durations. `oldest` is since when the one that has
    rested longest rests there. If `more`, at least `count` match: not all were looked at.
    """

    source: str
    target: str
    kind: str
    direction: str
    stage: str
    fill: str
    duty: str
    final: bool
    count: int
    late: int = 0
    overdue: int = 0
    oldest: int | None = None
    usual_low: int | None = None
    usual_high: int | None = None
    budget: int | None = None
    buckets: tuple[Bucket, ...] = ()
    more: bool = False


class RouteShown(Shown, frozen=True, gc=False, kw_only=True):
    """One direction between two chains: its stages in the order in which messages pass them.

    `open` and `overdue` count messages; `finished_per_hour` is the flow of the last hour; `eta` is
    how long the whole way usually takes (a duration).
    """

    source: str
    target: str
    direction: str
    stages: tuple[StagePanel, ...] = ()
    open: int = 0
    overdue: int = 0
    finished: int = 0
    finished_per_hour: int = 0
    slowest: str = ""
    eta: int | None = None
    mark: str = "usual"
    incident: str = ""


class Amount(Shown, frozen=True, gc=False, kw_only=True):
    """A sum of one token in its smallest units; the empty token is the chain's own.

    `symbol` and `decimals` are the token's, None where nobody said them.
    """

    token: str
    amount: str
    symbol: str = ""
    decimals: int | None = None


class MessageFilter(Shown, frozen=True, gc=False, kw_only=True):
    """Which messages, by what they must be; empty or None asks for nothing.

    `via` is a chain at either end. `state` is `open`, `late`, `overdue`, `finished` or `failed`.
    `older` is a duration in the stage. `value_min` is in wei. `sort` is `sent`, `-sent`, `value`,
    `-value`, `due` or `-due`; a minus puts the greatest first.
    """

    source: str = ""
    target: str = ""
    via: str = ""
    kind: str = ""
    stage: str = ""
    state: str = ""
    token: str = ""
    sender: str = ""
    recipient: str = ""
    reason: str = ""
    incident: str = ""
    older: int | None = None
    value_min: str = ""
    sort: str = "-sent"


class MessagePage(Shown, frozen=True, gc=False, kw_only=True):
    """Messages; `cursor` asks for those behind them and is empty at the end.

    `total` counts all that match, `amounts` is what they carry, where that was counted.
    """

    items: tuple[MessageShown, ...]
    cursor: str = ""
    total: int | None = None
    amounts: tuple[Amount, ...] = ()
