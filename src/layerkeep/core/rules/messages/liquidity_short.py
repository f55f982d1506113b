"""The bridge holds less than the withdrawals that may be paid out of it now."""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import ClaimMoved, Fact, Measured, Reached
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.problems import WARNING, Impact, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Timestamp

BALANCE = "bridge_balance_wei"


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.parent is not None]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Measured):
        return (says.child,) if says.name == BALANCE else ()
    assert isinstance(says, Reached | ClaimMoved)
    claim = ground.view.claims.by_id.get(says.claim) if isinstance(says, ClaimMoved) else None
    lane = claim.lane if claim is not None else says.key if isinstance(says, Reached) else ""
    child = lane.split("/", 1)[0]
    return (child,) if child in ground.layers and not _is_down(ground, says) else ()


def _is_down(ground: Ground, says: Reached | ClaimMoved) -> bool:
    """True if the message comes from the parent: nothing is paid out for it."""
    if not isinstance(says, Reached):
        return False
    message = ground.view.messages.get(ground.view.by_key.get(says.key, ""))
    return message is not None and message.says.target == message.child


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    layer = ground.layers.get(ChainName(subject))
    return (subject, layer.parent) if layer is not None and layer.parent is not None else ()


def _review(ground: Ground, subject: str, _now: Timestamp) -> Verdict:
    balance = ground.sightings.latest(subject, BALANCE)
    if balance is None:
        return Verdict()
    owed = ground.sightings.resting.owed.get(subject)
    if owed is None or owed.total <= balance.value:
        return Verdict()
    senders = {ground.view.messages[name].says.sender for name in owed.values}
    problem = Problem(
        "liquidity-short",
        bridge_of(subject),
        subject,
        balance.time,
        WARNING,
        f"the bridge of {subject} holds {balance.value} wei, and withdrawals of {owed.total} wei"
        " may be paid out of it",
        "out-of-liquidity",
        (balance.fact,),
        Impact(len(owed.values), len(senders), owed.total),
    )
    return Verdict(None, (ground.lasting(problem),))


LIQUIDITY_SHORT = Rule(
    name="liquidity_short",
    about="The bridge holds less than the withdrawals that may be paid out of it now.",
    kinds=("liquidity-short",),
    review=_review,
    causes=("message-overdue",),
    wakes=(Measured, Reached, ClaimMoved),
    touched=_touched,
    subjects=_chains,
    needs=_needs,
)
