"""Journeys: one transfer over all its hops, with what proves each step."""

from layerkeep.api.shapes import Shown
from layerkeep.api.shapes.messages import MessageShown


class ProofShown(Shown, frozen=True, gc=False, kw_only=True):
    """A fact as a reader checks it: what it says, where it stands, who told it, and its body."""

    says: str
    chain: str
    height: int
    block: str
    time: int
    tx: str = ""
    log: int | None = None
    via: str = ""
    body: str = ""


class StepShown(Shown, frozen=True, gc=False, kw_only=True):
    """A step of one hop: reached at `time`, or not begun (None) and `expected` then.

    `took` is how long the message rested before it left this stage (a duration, until now if it
    rests there), `usual` and `budget` are durations. `duty` is whose turn it is. `mark` is `usual`,
    `late`, `overdue`, `failed` or `not-begun`. `counts` is false for a step that was undone.
    """

    stage: str
    chain: str
    fill: str
    duty: str
    mark: str
    time: int | None = None
    height: int | None = None
    block: str = ""
    tx: str = ""
    proof: str = ""
    detail: str = ""
    took: int | None = None
    usual: int | None = None
    budget: int | None = None
    expected: int | None = None
    counts: bool = True


class AwaitedShown(Shown, frozen=True, gc=False, kw_only=True):
    """What must happen next: by whom, until when (None: no limit), and why so."""

    what: str
    duty: str
    until: int | None = None
    why: str = ""
    chain: str = ""


class CheckedShown(Shown, frozen=True, gc=False, kw_only=True):
    """One link of the story that was recomputed: `verdict` is `true`, `false` or `unknown`."""

    link: str
    recomputed_from: str
    value: str
    verdict: str
    nodes: int = 0
    time: int | None = None
    detail: str = ""


class HopShown(Shown, frozen=True, gc=False, kw_only=True):
    """One message of a journey with its steps, those passed and those that lie ahead."""

    message: MessageShown
    steps: tuple[StepShown, ...]
    keys: tuple[str, ...] = ()


class JourneyShown(Shown, frozen=True, gc=False, kw_only=True):
    """One transfer. `state` as of a message; `where` says in one line where it is now.

    `usual` is how long the whole journey usually takes (a duration); `eta` when it should be done.
    """

    id: str
    path: tuple[str, ...]
    state: str
    where: str
    began: int
    ended: int | None = None
    eta: int | None = None
    usual: int | None = None
    incident: str = ""
    hops: tuple[HopShown, ...] = ()
    awaited: tuple[AwaitedShown, ...] = ()
    checked: tuple[CheckedShown, ...] = ()
    facts: tuple[ProofShown, ...] = ()


class Found(Shown, frozen=True, gc=False, kw_only=True):
    """What a search found: `kind` is `journey`, `chain`, `incident`, `upstream`, `rule`, `claim`,
    `component`, `messages` or `facts`.

    `name` is its id, `title` a line for people, `matched` what in it matched. A claim and a
    component are of a `chain`; a claim stands at a `height` of its parent. Of `messages` the name
    is an address, and what matched the field that has it: `sender`, `recipient` or `token`.
    """

    kind: str
    name: str
    title: str
    matched: str = ""
    chain: str = ""
    height: int | None = None
