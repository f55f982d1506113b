"""A message and the fold that gives its stage: see lifecycle.py for the rules of the fold."""

from dataclasses import dataclass, field

from layerkeep.core.claims import CONFIRMED, Claim, Lane
from layerkeep.core.facts import Anchor, Described, Fact, Reached, Sent, Token
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.units import ChainName, Key


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that was reached: where, and by which statement (a claim's, where a claim covers)."""

    stage: Stage
    anchor: Anchor
    detail: str = ""
    claim: str = ""
    counts: bool = True
    deadline: int = 0


@dataclass(slots=True)
class Message:
    """One cross-layer message: the fact that sent it and every later fact about it.

    `says` is the statement that sent it, `id` the stack's own hash for it, `route` is
    `source->target`; `lane` holds the claims that can cover it, None if its kind has none;
    `finished` is true if nothing more is awaited.
    """

    sent: Fact
    lifecycle: Lifecycle
    child: ChainName
    lane: Lane | None = None
    facts: list[Fact] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    stage: str = ""
    finished: bool = False
    says: Sent = field(init=False)
    id: str = field(init=False)
    route: str = field(init=False)

    def __post_init__(self) -> None:
        assert isinstance(self.sent.says, Sent)
        self.says = self.sent.says
        self.id = self.says.message
        self.route = f"{self.says.source}->{self.says.target}"

    @property
    def token(self) -> Token | None:
        """The token carried, from whichever statement knows."""
        for fact in (self.sent, *self.facts):
            if isinstance(fact.says, Sent | Described) and fact.says.token is not None:
                return fact.says.token
        return None

    def all_facts(self) -> list[Fact]:
        """Every fact about it; the one that sent it first."""
        return [self.sent, *self.facts]

    def executions(self) -> list[Fact]:
        """The facts that say in which transactions it took effect."""
        return [f for f in self.facts if isinstance(f.says, Reached) and f.says.executes]


def current_stage(message: Message) -> Stage:
    """The stage a message is in: the last word of each chain, the highest rank across chains."""
    stages, position = message.lifecycle.stages, message.says.position
    best = max(_last_words(message), default=0)
    if message.lane is None or position is None:
        return stages[best]
    for rank in range(best + 1, len(stages)):
        claim = stages[rank].claim
        if claim and message.lane.reaches(position, claim):
            best = rank
    return stages[best]


def _last_words(message: Message) -> list[int]:
    """The rank of the last stage that each chain tells of."""
    lifecycle, lane = message.lifecycle, message.lane
    reached = [told for told in _reached(message) if claim_counts(told[1], lane)]
    if len(reached) < 2:
        return [lifecycle.rank(says.stage) for _, says in reached]
    last: dict[str, tuple[tuple[int, int, int, int], int]] = {}
    for fact, says in _transactions_first(reached):
        word, chain = (fact.order, lifecycle.rank(says.stage)), fact.anchor.chain
        known = last.get(chain)
        if known is not None and not fact.anchor.tx and lifecycle.stages[known[1]].final:
            continue  # what was read from state takes back no end that a transaction proves
        if known is None or known < word:
            last[chain] = word
    return [rank for _, rank in last.values()]


def claim_counts(says: Reached, lane: Lane | None) -> bool:
    """False if the step relies on a claim that is known and no longer counts."""
    if not says.claim or lane is None:
        return True
    claim = lane.claims.get(says.claim)
    return claim is None or lane.counts(claim)


def steps(message: Message) -> list[Step]:
    """Everything that happened to a message, in order of time, claims that cover it included."""
    lane = message.lane
    first = message.lifecycle.stage(message.lifecycle.happy[0])
    found = [Step(first, message.sent.anchor, message.says.detail)]
    found += _reached_steps(message, lane)
    position = message.says.position
    if lane is not None and position is not None:
        for stage in message.lifecycle.stages:
            claim = lane.covering(position, stage.claim) if stage.claim else None
            if claim is not None:
                found.append(_claimed(stage, claim))
    rank = message.lifecycle.rank
    return _without_repeats(
        sorted(found, key=lambda s: (s.anchor.time, rank(s.stage.name), s.anchor.order))
    )


def _reached(message: Message) -> list[tuple[Fact, Reached]]:
    """What was said of its stages; where an answer tells the claim relied on, together with it.

    Such an answer speaks of what its question was put for, and has its place: the state that it
    was read from may be of a block in which the message was long past that stage.
    """
    reached = [(fact, fact.says) for fact in message.facts if isinstance(fact.says, Reached)]
    if len(reached) < 2:
        return reached
    answers = {fact.answers: says for fact, says in reached if fact.answers and says.claim}
    if not answers:
        return reached
    merged: set[str] = set()
    for place, (fact, says) in enumerate(reached):
        for ask in says.asks:
            answer = answers.get(ask.id)
            if answer is not None and answer.stage == says.stage:
                reached[place] = fact, answer
                merged.add(ask.id)
    return [(fact, says) for fact, says in reached if fact.answers not in merged]


def _transactions_first(reached: list[tuple[Fact, Reached]]) -> list[tuple[Fact, Reached]]:
    """What transactions prove, then what was only read from state."""
    if all(fact.anchor.tx for fact, _ in reached):
        return reached
    return sorted(reached, key=lambda one: not one[0].anchor.tx)


def _reached_steps(message: Message, lane: Lane | None) -> list[Step]:
    """A step for each statement of a stage."""
    told: list[Step] = []
    for fact, says in _reached(message):
        counts = claim_counts(says, lane)
        stage = message.lifecycle.stage(says.stage)
        told.append(Step(stage, fact.anchor, says.detail, says.claim, counts, says.deadline))
    return told


def _claimed(stage: Stage, claim: Claim) -> Step:
    proof = claim.move if claim.move is not None and stage.claim == CONFIRMED else claim.made
    return Step(stage, proof.anchor, claim=claim.id)


def _without_repeats(found: list[Step]) -> list[Step]:
    """The same stage proven twice by one transaction is one step, told by whoever says more."""
    kept: list[Step] = []
    for step in found:
        twin = next(
            (
                index
                for index, other in enumerate(kept)
                if other.stage is step.stage
                and other.anchor.tx == step.anchor.tx
                and other.anchor.chain == step.anchor.chain
            ),
            None,
        )
        if twin is None:
            kept.append(step)
        elif not kept[twin].claim and step.claim:
            kept[twin] = step
    return kept
