"""Incidents with their explanation, and the rules that find them."""

from layerkeep.api.shapes import Shown
from layerkeep.api.shapes.journeys import ProofShown


class IncidentShown(Shown, frozen=True, gc=False, kw_only=True):
    """One incident in one line; `kind` and `component` are its cause, which began at `since`.

    Causes of one kind on one component follow each other: the first of them began at `began`.

    `symptoms` counts what follows from it now, `messages`, `users` and `value` (wei) what it
    touches. `pages` is true while somebody has to be told.
    """

    id: str
    state: str
    severity: str
    title: str
    kind: str
    component: str
    chain: str
    since: int
    opened: int
    began: int | None = None
    resolved: int | None = None
    acknowledged: int | None = None
    symptoms: int = 0
    messages: int = 0
    users: int = 0
    value: str = "0"
    deadline: int | None = None
    owner: str = ""
    muted_until: int | None = None
    all_clear_at: int | None = None
    merged_into: str = ""
    pages: bool = False


class LineShown(Shown, frozen=True, gc=False, kw_only=True):
    """The root, or one kind of symptom on one component: `role` is `root` or `symptom`.

    `way` tells how the component stands on the root's, `after` how much later than the root it
    began (a duration, negative if earlier). `parent` is the line it follows from: its `key`.
    `count` are there now, `seen` ever were. `messages` counts those it touches.
    """

    key: str
    parent: str
    role: str
    kind: str
    component: str
    chain: str
    summary: str
    reason: str = ""
    count: int = 0
    seen: int = 0
    messages: int = 0
    since: int = 0
    after: int = 0
    way: tuple[str, ...] = ()
    proofs: tuple[ProofShown, ...] = ()


class EntryShown(Shown, frozen=True, gc=False, kw_only=True):
    """One entry of an incident's history; it happened `count` times from `time` to `last`."""

    time: int
    last: int
    what: str
    reason: str = ""
    by: str = ""
    count: int = 1


class IncidentPage(Shown, frozen=True, gc=False, kw_only=True):
    """Everything about one incident. `chains` and `routes` are those it touches: its blast radius.

    `page` is the operator's page of the rule that found it, in Markdown; `report` a draft of the
    review after it, in Markdown.
    """

    incident: IncidentShown
    lines: tuple[LineShown, ...] = ()
    text: tuple[str, ...] = ()
    facts: tuple[ProofShown, ...] = ()
    timeline: tuple[EntryShown, ...] = ()
    chains: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    rule: str = ""
    page: str = ""
    report: str = ""


class RuleShown(Shown, frozen=True, gc=False, kw_only=True):
    """A rule: the kinds of problem it finds, how many subjects it watches, and what it lacks now.

    `judged` is when it last had all it needed, `page` its operator's page in Markdown.
    """

    name: str
    about: str
    kinds: tuple[str, ...]
    own: bool = False
    subjects: int = 0
    problems: int = 0
    lacking: int = 0
    judged: int | None = None
    page: str = ""


class GapShown(Shown, frozen=True, gc=False, kw_only=True):
    """Something that is not watched, or could not be judged when last looked at, and why.

    `since` is since when, where that is known.
    """

    rule: str
    subject: str
    chain: str
    lacks: str
    since: int | None = None


class CoverageShown(Shown, frozen=True, gc=False, kw_only=True):
    """What is and what is not watched. `judging` is false until enough is known after a start."""

    judging: bool
    rules: tuple[RuleShown, ...]
    gaps: tuple[GapShown, ...]
    watched: int
    lacking: int


class Operation(Shown, frozen=True, gc=False, kw_only=True):
    """An operator's word: `acknowledge`, `note`, `hand-over`, `silence`, `unsilence`, `maintain`
    or `resolve`.

    `target` is an incident's id or what `layerkeep maintenance` takes, `until` a moment (0: none).
    `to` is whom an incident is handed to.
    """

    action: str
    target: str
    by: str
    until: int = 0
    reason: str = ""
    to: str = ""
