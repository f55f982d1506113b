"""The whole story behind a hash: every stage of every hop, what proves it, what is awaited.

A story is not kept anywhere: the facts around the hash are read from the store and a fresh engine
is fed with them, so what is shown is what the facts say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layerkeep.core.adapter import Adapter
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, HeadSeen
from layerkeep.core.journeys import Journey, journeys_through
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.messages import Message, Step, steps
from layerkeep.core.outlook import Experience, Outlook, Terms, outlook
from layerkeep.core.topology import Topology
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.core.view import View
from layerkeep.edge.store.family import story_of
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import mentioned
from layerkeep.edge.store.reading import facts_mentioning, named_facts


@dataclass(frozen=True, slots=True)
class StageTold:
    """One stage of one message: where, when, by which transaction, what proves it."""

    stage: str
    chain: str
    height: int
    block: str
    time: int
    tx: str
    proof: str
    detail: str
    counts: bool


@dataclass(frozen=True, slots=True)
class MessageTold:
    """One message of a journey, told stage by stage. Times in milliseconds, amounts in units."""

    id: str
    lifecycle: str
    source: str
    target: str
    stage: str
    finished: bool
    failed: bool
    sender: str
    recipient: str
    value_wei: int
    token: str
    amount: int
    keys: tuple[str, ...]
    stages: tuple[StageTold, ...]
    awaited: str
    duty: str
    since: int
    due: int | None
    why: str
    eta: int | None
    deadline: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """A journey from its first transaction to its last, or to where it is now."""

    id: str
    path: tuple[str, ...]
    finished: bool
    where: str
    eta: int | None
    messages: tuple[MessageTold, ...]


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling needs besides facts: the stacks' lifecycles and what a topology sets."""

    adapters: Mapping[str, Adapter]
    topology: Topology | None
    experience: Experience

    @property
    def lifecycles(self) -> list[Lifecycle]:
        """The lifecycles of every stack."""
        return [each for adapter in self.adapters.values() for each in adapter.lifecycles]

    def tell(self, view: View, journey: Journey) -> Story:
        """A journey in words and figures."""
        told = tuple(self._message(view, message) for message in journey.messages)
        return Story(
            id=journey.id,
            path=journey.path,
            finished=journey.finished,
            where=_where(told[-1]),
            eta=told[-1].eta,
            messages=told,
        )

    def outlook(self, view: View, message: Message) -> Outlook:
        """What a message waits for, by this network's budgets."""
        return outlook(view, message, self.experience, self.terms(message.child))

    def terms(self, child: ChainName) -> Terms:
        """A child's budgets, and the pace of the blocks that its contracts on the parent count."""
        if self.topology is None or child not in self.topology.chains:
            return Terms({})
        chains = self.topology.chains
        counted = chains[child].settles_on
        while counted is not None and not self.adapters[chains[counted].stack].counts_own_blocks:
            counted = chains[counted].settles_on
        pace = chains[counted].block_time if counted is not None else None
        return Terms(chains[child].budgets, pace)

    def _message(self, view: View, message: Message) -> MessageTold:
        says, token = message.says, message.token
        ahead = self.outlook(view, message)
        return MessageTold(
            id=message.id,
            lifecycle=message.lifecycle.name,
            source=says.source,
            target=says.target,
            stage=message.stage,
            finished=message.finished,
            failed=ahead.stage.failed,
            sender=says.sender,
            recipient=says.recipient,
            value_wei=says.value,
            token=token.address if token else "",
            amount=token.amount if token else 0,
            keys=tuple(message.keys),
            stages=tuple(map(stage_told, steps(message))),
            awaited=ahead.awaited,
            duty=ahead.duty,
            since=ahead.since,
            due=ahead.due,
            why=ahead.why,
            eta=ahead.eta,
            deadline=ahead.deadline,
        )


async def trace(store: Store, teller: Teller, name: str) -> list[Story]:
    """Every journey that this transaction, message or withdrawal hash belongs to."""
    view, journeys = await journeys_of(store, teller, name)
    return [teller.tell(view, journey) for journey in journeys]


async def journeys_of(store: Store, teller: Teller, name: str) -> tuple[View, list[Journey]]:
    """The journeys that a hash belongs to, and the view that the facts around them give."""
    named = name.strip().lower()
    facts = await story_of(store, [named])
    if not facts:
        return believed((), teller.lifecycles), []
    facts |= await named_facts(store)
    view = believed([facts[seq] for seq in sorted(facts)], teller.lifecycles)
    found: dict[tuple[str, ...], Journey] = {}
    for message in view.messages.values():
        if any(_mentions(fact, named) for fact in message.all_facts()):
            for journey in journeys_through(view, message):
                found[tuple(each.id for each in journey.messages)] = journey
    return view, list(found.values())


def _mentions(fact: Fact, name: str) -> bool:
    return any(other.rsplit("/", 1)[-1] == name for other in mentioned(fact))


async def facts_about(store: Store, name: str) -> list[Fact]:
    """The facts in which a hash occurs, for what is part of no message: a claim, a batch."""
    facts = await facts_mentioning(store, [name.strip().lower()])
    return [facts[seq] for seq in sorted(facts)]


def believed(facts: Iterable[Fact], lifecycles: Iterable[Lifecycle]) -> View:
    """The view that these facts alone give, nothing let go."""
    engine = Engine(lifecycles)
    for fact in facts:
        if not isinstance(fact.says, HeadSeen):
            engine.observe(fact, Timestamp(fact.anchor.time))
    return engine.view


def stage_told(step: Step) -> StageTold:
    """A step with what proves it."""
    anchor = step.anchor
    proof = f"claim {step.claim}" if step.claim else "receipt"
    if not step.claim and anchor.log_index < 1 << 30:
        proof = f"log {anchor.log_index}"
    return StageTold(
        stage=step.stage.name,
        chain=anchor.chain,
        height=anchor.height,
        block=anchor.block,
        time=anchor.time,
        tx=anchor.tx,
        proof=proof,
        detail=step.detail,
        counts=step.counts,
    )


def _where(message: MessageTold) -> str:
    """Where it is now, in one line."""
    if message.finished:
        return f"{message.stage} on {message.target}"
    return f"{message.stage}, between {message.source} and {message.target}"
