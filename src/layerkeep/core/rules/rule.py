"""What a rule is: which facts wake it, which subjects it reviews, and what it looks at.

Nothing polls: a subject is reviewed when a fact touches it or when its verdict expires.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerkeep.core.facts import Fact, Statement
from layerkeep.core.messages import Message
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import Layer, Layers
from layerkeep.core.network.sightings import Sightings
from layerkeep.core.outlook import Experience, Outlook, Terms, outlook
from layerkeep.core.rules.problems import Problem, Verdict
from layerkeep.core.units import ChainName, Duration, Timestamp
from layerkeep.core.view import View

NEVER = Timestamp(0)

NEAR = 64
"""Questions are put only this near to the newest block: nodes keep the state of 128 blocks."""

CATCHING_UP = 3
"""Polls: one sees the chain, the next carries the questions, one to spare."""


@dataclass(slots=True)
class Ground:
    """Everything a rule may look at.

    `standing` are the problems found so far, by id. `started` is when the watch began to look.
    """

    layers: Layers
    graph: Graph
    view: View
    sightings: Sightings
    experience: Experience
    standing: dict[str, Problem] = field(default_factory=dict)
    started: Timestamp = NEVER
    patience: dict[str, Duration] = field(init=False)

    def __post_init__(self) -> None:
        self.patience = {layer.name: patience(layer) for layer in self.layers.values()}

    def outlook(self, message: Message) -> Outlook:
        """What a message waits for, until when, with its chain's own budgets."""
        layer = self.layers.get(message.child)
        return outlook(self.view, message, self.experience, self._terms(layer))

    def children(self, parent: str) -> list[Layer]:
        """The layers that settle on a chain."""
        return [layer for layer in self.layers.values() if layer.parent == parent]

    def blind_since(self, chain: str, now: Timestamp) -> Timestamp | None:
        """Since when nobody answers for this chain; None while somebody does.

        A chain never heard of is blind since ever (0). A sample may be two polls old.
        """
        seen, most = self.sightings.heard_at.get(chain), self.patience.get(chain)
        if seen is None or most is None:
            return Timestamp(0)
        return seen if now - seen > most else None

    def is_behind(self, chain: str) -> bool:
        """True while much of a chain is still to be read: questions wait for the end of it."""
        told = self.sightings.progress.told.get(chain)
        return told is not None and told.latest - self.sightings.progress.read[chain] > NEAR

    def catching_up(self, chain: str) -> Duration:
        """So soon after a chain is seen again, what is asked about it has been answered anew."""
        return Duration(CATCHING_UP * self.layers[ChainName(chain)].poll_every)

    def lasting(self, problem: Problem) -> Problem:
        """The problem as it stands already, unless a person would want to know what has changed.

        Newer facts that prove the same are no change, and it began when it was first seen to.
        """
        known = self.standing.get(problem.id)
        if known is None:
            return problem
        since = min(known.since, problem.since)
        if replace(problem, since=since, proof=known.proof) == replace(known, since=since):
            return known
        return replace(problem, since=since)

    def _terms(self, layer: Layer | None) -> Terms:
        if layer is None:
            return Terms({})
        parent = self.layers.get(layer.parent) if layer.parent else None
        return Terms(layer.budgets, (parent or layer).block_time)


def patience(layer: Layer) -> Duration:
    """How old a sample of a chain may be before nothing is known of it any more."""
    return Duration(2 * layer.poll_every + layer.limits.silent_after)


Subjects = Callable[[Ground], Iterable[str]]
Touched = Callable[[Ground, Fact], Collection[str]]
Review = Callable[[Ground, str, Timestamp], Verdict]
Needs = Callable[[Ground, str], Sequence[str]]
PutsOff = Callable[[Ground, Fact], bool]


def nothing(_ground: Ground) -> Iterable[str]:
    """No subject exists before a fact speaks of it."""
    return ()


def needs_nothing(_ground: Ground, _subject: str) -> Sequence[str]:
    """The rule judges whether or not anybody answers."""
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name is its file's and its page's.

    `kinds` are the kinds of problem it can find; `causes` the kinds of problem, on components that
    stand on this one or on the same, that they can bring about; `causes_of` says it by kind where
    its kinds differ, and what is also in `elsewhere` they never bring about on the same component.
    `wakes` are the statements that may touch a subject, `touched` says which. With `of_messages`
    the subjects are message ids, touched whenever a message moves. `subjects` are those that exist
    from the start. `needs` are the chains that must be seen for a verdict on a subject: while one
    is blind, what was found before stands.
    `puts_off` is true of a fact that can only put trouble off, or that can bring none about before
    a healthy verdict of before it expires: such a fact wakes no subject that is well and is to be
    looked at again anyway. So a chain that goes on is judged once a limit, not once a block.
    `limits` are the limits of a chain that it follows, by the names that a topology sets them by.
    """

    name: str
    about: str
    kinds: tuple[str, ...]
    review: Review
    causes: tuple[str, ...] = ()
    causes_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    wakes: tuple[type[Statement], ...] = ()
    touched: Touched | None = None
    subjects: Subjects = nothing
    needs: Needs = needs_nothing
    of_messages: bool = False
    puts_off: PutsOff | None = None
    limits: tuple[str, ...] = ()
