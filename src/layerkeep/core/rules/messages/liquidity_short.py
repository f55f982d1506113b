"""The bridge holds less than the withdrawals that may be paid out of it now."""

from collections.abc import Iterable, Sequence

from layerkeep.core.claims import CONFIRMED
from layerkeep.core.facts import Fact, Measured
from layerkeep.core.messages import Message
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.problems import WARNING, Impact, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import MINUTE, ChainName, Timestamp

BALANCE = "bridge_balance_wei"

LOOK_EVERY = MINUTE
"""Between two samples of a balance more may have been proven; sums change slowly."""


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.parent is not None]


def _touched(_ground: Ground, fact: Fact) -> Iterable[str]:
    says = fact.says
    return (says.child,) if isinstance(says, Measured) and says.name == BALANCE else ()


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    layer = ground.layers.get(ChainName(subject))
    return (subject, layer.parent) if layer is not None and layer.parent is not None else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    balance = ground.sightings.latest(subject, BALANCE)
    if balance is None:
        return Verdict()
    owed = [message for message in _waiting(ground, subject) if _is_owed(message)]
    total = sum(message.says.value for message in owed)
    until = Timestamp(now + LOOK_EVERY)
    if total <= balance.value:
        return Verdict(until)
    problem = Problem(
        "liquidity-short",
        bridge_of(subject),
        subject,
        balance.time,
        WARNING,
        f"the bridge of {subject} holds {balance.value} wei, and withdrawals of {total} wei may be"
        " paid out of it",
        "out-of-liquidity",
        (balance.fact,),
        Impact(len(owed), len({message.says.sender for message in owed}), total),
    )
    return Verdict(until, (ground.lasting(problem),))


def _waiting(ground: Ground, child: str) -> list[Message]:
    """The open messages up from a child that a claim can cover."""
    lanes = ground.view.claims.lanes.items()
    names = [
        message
        for name, lane in lanes
        if name.split("/", 1)[0] == child
        for message in lane.all_waiting()
    ]
    messages = map(ground.view.messages.__getitem__, names)
    return [message for message in messages if message.says.source == child]


def _is_owed(message: Message) -> bool:
    """True if the bridge may be asked for the money now: proven, or covered by a sure claim."""
    stage = message.lifecycle.stage(message.stage)
    payable = stage.on_target or stage.claim == CONFIRMED
    return payable and not stage.final and not stage.failed


LIQUIDITY_SHORT = Rule(
    name="liquidity_short",
    about="The bridge holds less than the withdrawals that may be paid out of it now.",
    kinds=("liquidity-short",),
    review=_review,
    causes=("message-overdue",),
    wakes=(Measured,),
    touched=_touched,
    subjects=_chains,
    needs=_needs,
)
