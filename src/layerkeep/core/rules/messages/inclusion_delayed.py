"""A message sent down has not been taken in, and the time to force it in comes near.

One problem per chain, about the message that waits longest: the censorship clock.
"""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, Fact, Reached, Sent
from layerkeep.core.network.graph import actor_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.messages.waiting import LOOK_AGAIN, impact, slower_poll, unseen
from layerkeep.core.rules.problems import CRITICAL, WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Duration, Timestamp, duration_text

STEPS = 16
"""While nothing is late, a chain is looked at so often within its limit: a time that moved with
every message would be planned anew with every message."""


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.limits.inclusion_max]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Sent):
        child = says.keys[0].split("/", 1)[0]
    elif isinstance(says, Reached):
        child = says.key.split("/", 1)[0]
    else:
        assert isinstance(says, Claimed | ClaimCovers | ClaimMoved)
        claim = ground.view.claims.by_id.get(says.claim)
        child = claim.lane.split("/", 1)[0] if claim is not None else ""
    return (child,) if child in ground.sightings.resting.queues else ()


def _puts_off(_ground: Ground, fact: Fact) -> bool:
    """No word on a message that was sent makes one wait for longer: only another one sent may."""
    return not isinstance(fact.says, Sent)


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    parent = ground.layers[ChainName(subject)].parent
    return (subject, parent) if parent is not None else (subject,)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers.get(ChainName(subject))
    oldest = ground.sightings.resting.oldest(subject)
    most = layer.limits.inclusion_max if layer is not None else None
    if layer is None or layer.parent is None or most is None:
        return Verdict()
    step = max(1, most // STEPS)
    sooner = Timestamp((now // step + 1) * step)
    if oldest is None:
        return Verdict(sooner)
    sent = oldest[0]
    late, worse = Timestamp(sent + most // 2), Timestamp(sent + most * 4 // 5)
    expires = Timestamp(late + slower_poll(ground, layer.name, layer.parent))
    if now < expires:
        return Verdict(min(expires, sooner))
    lacks = unseen(ground, (layer.name, layer.parent), late, now)
    if lacks:
        return Verdict(Timestamp(now + LOOK_AGAIN), lacks=lacks)
    severity, until = (WARNING, worse) if now < worse else (CRITICAL, None)
    return Verdict(until, (ground.lasting(_problem(ground, layer, oldest, severity)),))


def _problem(ground: Ground, layer: Layer, oldest: tuple[Timestamp, str], severity: str) -> Problem:
    (sent, name), most = oldest, layer.limits.inclusion_max
    assert most is not None
    message = ground.view.messages[name]
    return Problem(
        "inclusion-delayed",
        actor_of("sequencer", layer.name),
        layer.name,
        sent,
        severity,
        f"{layer.name} has not taken in a {message.lifecycle.name} for more than"
        f" {duration_text(Duration(most // 2))}; after {duration_text(most)} it may be forced in",
        "not-included",
        (message.sent,),
        impact(message, Timestamp(sent + most)),
    )


INCLUSION_DELAYED = Rule(
    name="inclusion_delayed",
    about="A message sent down waits for longer than half of the time within which it must be in.",
    kinds=("inclusion-delayed",),
    review=_review,
    causes=("message-overdue", "message-expiring"),
    wakes=(Sent, Reached, Claimed, ClaimCovers, ClaimMoved),
    touched=_touched,
    subjects=_chains,
    needs=_needs,
    puts_off=_puts_off,
    limits=("inclusion_max",),
)
