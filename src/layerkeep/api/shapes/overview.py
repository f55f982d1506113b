"""The whole network at a glance, and how its components stand on each other."""

from layerkeep.api.shapes import Shown
from layerkeep.api.shapes.chains import ChainShown
from layerkeep.api.shapes.incidents import IncidentShown
from layerkeep.api.shapes.messages import MessageShown, RouteShown


class TruthShown(Shown, frozen=True, gc=False, kw_only=True):
    """One kind of check of what one chain claims, against our own nodes.

    `verdict` is `true` (the newest was recomputed and equal on `nodes` of `asked`), `false` (any
    stands that is not), `unknown` (no node can tell), `blind` (nobody answers) or `never` (nothing
    was checked yet). `right` and `wrong` count since the start. `time` is the newest check's.
    """

    check: str
    chain: str
    verdict: str
    nodes: int = 0
    asked: int = 0
    right: int = 0
    wrong: int = 0
    subject: str = ""
    height: int | None = None
    time: int | None = None
    detail: str = ""


class LimitShown(Shown, frozen=True, gc=False, kw_only=True):
    """Something that happens at `at` unless something is done: a deadline, an expiry."""

    at: int
    what: str
    component: str = ""
    incident: str = ""
    message: str = ""


class Overview(Shown, frozen=True, gc=False, kw_only=True):
    """Everything at a glance. `incidents` are open, the gravest first; `waiting` the messages that
    are overdue or late, those worth most first; `limits` the next, nearest first.

    `moment` is the engine's own; `behind` how late it is, or was at worst in the last quarter of a
    minute (a duration); `judging` false until enough is known after a start. `gaps` counts what
    could not be judged when last looked at.
    """

    network: str
    moment: int
    behind: int
    judging: bool
    chains: tuple[ChainShown, ...]
    routes: tuple[RouteShown, ...]
    truth: tuple[TruthShown, ...]
    incidents: tuple[IncidentShown, ...]
    waiting: tuple[MessageShown, ...]
    limits: tuple[LimitShown, ...]
    open: int
    overdue: int
    late: int
    gaps: int


class EdgeShown(Shown, frozen=True, gc=False, kw_only=True):
    """One component stands on another: `how` is the edge's name."""

    component: str
    how: str
    on: str


class ComponentShown(Shown, frozen=True, gc=False, kw_only=True):
    """A component of the network and how it does; `mark` as of a part."""

    component: str
    chain: str
    mark: str
    incident: str = ""


class GraphShown(Shown, frozen=True, gc=False, kw_only=True):
    """The dependency graph."""

    components: tuple[ComponentShown, ...]
    edges: tuple[EdgeShown, ...]
