"""A bridge's contracts are paused: nothing is proven or paid out until somebody resumes them."""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import Fact, Measured, Switched
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Timestamp

PAUSED = "paused"
"""What a switch of this kind is called, alone or behind what is paused (`inbox-paused`)."""


def paused_by(ground: Ground, child: str) -> Fact | None:
    """The fact by which a bridge of this child is paused now, None while none is."""
    for (known, name), facts in ground.view.named.items():
        if known == child and _is_pause(name):
            last = max(facts, key=lambda fact: fact.order)
            if _is_on(last):
                return last
    return None


def _touched(_ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Switched):
        return (says.child,) if _is_pause(says.switch) else ()
    assert isinstance(says, Measured)
    return (says.child,) if _is_pause(says.name) else ()


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    layer = ground.layers.get(ChainName(subject))
    return (layer.parent,) if layer is not None and layer.parent is not None else ()


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.parent is not None]


def _review(ground: Ground, subject: str, _now: Timestamp) -> Verdict:
    fact = paused_by(ground, subject)
    if fact is None:
        return Verdict()
    says = fact.says
    name = says.switch if isinstance(says, Switched) else PAUSED
    detail = f" ({says.detail})" if isinstance(says, Switched) and says.detail else ""
    problem = Problem(
        "bridge-paused",
        bridge_of(subject),
        subject,
        Timestamp(fact.anchor.time),
        CRITICAL,
        f"the bridge of {subject} is {name.replace('-', ' ')}{detail}",
        name,
        (fact,),
    )
    return Verdict(None, (problem,))


def _is_pause(name: str) -> bool:
    return name == PAUSED or name.endswith(f"-{PAUSED}")


def _is_on(fact: Fact) -> bool:
    says = fact.says
    if isinstance(says, Switched):
        return says.on
    assert isinstance(says, Measured)
    return says.value == 1


BRIDGE_PAUSED = Rule(
    name="bridge_paused",
    about="A bridge's contracts are paused.",
    kinds=("bridge-paused",),
    review=_review,
    causes=("message-overdue", "message-expiring", "relays-failing", "claims-stalled"),
    wakes=(Switched, Measured),
    touched=_touched,
    subjects=_chains,
    needs=_needs,
)
