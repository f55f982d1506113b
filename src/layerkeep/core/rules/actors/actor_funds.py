"""A batcher's or proposer's account runs out of ether, or has run out.

How long the rest lasts is projected from what was spent lately: all that the balance fell by, one
dear transaction counted like a few usual ones. Between two samples there may be several payments:
the median alone would tell too slow a pace.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import median_low

from layerkeep.core.facts import Fact, Measured
from layerkeep.core.network.accounts import accounts_every
from layerkeep.core.network.layers import Layer
from layerkeep.core.network.sightings import Sample
from layerkeep.core.rules.actors.actor_stuck import (
    actor_layer,
    actor_touched,
    on_parent,
    paying_actors,
)
from layerkeep.core.rules.problems import CRITICAL, WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import DAY, HOUR, Duration, Timestamp, duration_text

LOW, OUT = "funds-low", "funds-out"
CAUSED_BY_OUT = (
    "batches-stalled",
    "claims-stalled",
    "nonce-stuck",
    "safe-stalled",
    "finalized-stalled",
    "message-overdue",
)
SPENDS_MIN = 3
SPENDS_ENOUGH = 10
"""Fewer spends tell no pace; so many tell one before an hour has passed."""

HEADROOM = 4
"""A transaction is refused if its sender could not pay for all its gas at the highest price it
offers, several times what it will cost."""

EMPTIED = 100
"""An account that holds less than this part of what it held lately was emptied, not used up. It
counts as out of funds when its actor has sent nothing for two samples."""

DEAR = 3
"""A spend counts for so many median ones at most."""

STEPS = (*(Duration(n * DAY) for n in (30, 14, 7, 3, 2, 1)), *(n * HOUR for n in (12, 6, 3, 1)))
"""How long the rest lasts is said in these steps, so that not every sample is news."""


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    return actor_touched(ground, fact, ("balance_wei",))


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    job, layer = actor_layer(ground, subject)
    samples = list(ground.sightings.samples.get((layer.name, f"{job}.balance_wei"), ()))
    if not samples:
        return Verdict(lacks=f"the balance of the {job} of {layer.name} was not measured")
    balance = samples[-1]
    spends = [one.value - other.value for one, other in pairwise(samples)]
    spends = [spend for spend in spends if spend > 0]
    if balance.value < _needed(spends):
        summary = f"the {job} of {layer.name} has hardly enough left to pay for another transaction"
        return Verdict(None, (_problem(ground, (OUT, subject, CRITICAL), summary, balance),))
    emptied = _emptied(ground, layer, job, samples)
    if emptied is not None and now >= emptied:
        summary = (
            f"the account of the {job} of {layer.name} was emptied, and nothing was sent since"
        )
        return Verdict(None, (_problem(ground, (OUT, subject, CRITICAL), summary, balance),))
    if emptied is not None:
        return Verdict(emptied)
    lasts = _runway(samples, spends, now)
    least = layer.limits.runway_min
    if f"{LOW} {subject} {subject}" in ground.standing:
        least = Duration(least * 5 // 4)
    if lasts is None or lasts >= least:
        return Verdict()
    summary = (
        f"at its usual pace the {job} of {layer.name} runs out of funds within"
        f" {_step(layer, lasts)}"
    )
    return Verdict(None, (_problem(ground, (LOW, subject, WARNING), summary, balance),))


def _needed(spends: Sequence[int]) -> int:
    """What an account must hold to send anything: all its gas, at the highest price offered."""
    return HEADROOM * median_low(spends) if len(spends) >= SPENDS_MIN else 1


def _emptied(ground: Ground, layer: Layer, job: str, samples: Sequence[Sample]) -> Timestamp | None:
    """When an account that lost nearly all it had counts as empty; None if it did not, or works."""
    last = samples[-1]
    if EMPTIED * last.value > max(sample.value for sample in samples):
        return None
    if ground.sightings.progress.acted.get((layer.name, f"{job}.nonce"), 0) > last.time:
        return None
    assert layer.parent is not None, "an actor's account is on a parent"
    return Timestamp(last.time + 2 * accounts_every(ground.layers[layer.parent].block_time))


def _runway(samples: Sequence[Sample], spends: Sequence[int], now: Timestamp) -> Duration | None:
    """How long the balance lasts; None where too little was spent to tell."""
    span = now - samples[0].time
    least = SPENDS_MIN if span >= HOUR else SPENDS_ENOUGH
    if len(spends) < least or span <= 0:
        return None
    most = DEAR * median_low(spends)
    return Duration(samples[-1].value * span // sum(min(spend, most) for spend in spends))


def _step(layer: Layer, lasts: Duration) -> str:
    """The smallest step that the rest does not outlast."""
    longer = [step for step in (layer.limits.runway_min, *STEPS) if step > lasts]
    return duration_text(min(longer, default=layer.limits.runway_min))


def _problem(ground: Ground, what: tuple[str, str, str], summary: str, balance: Sample) -> Problem:
    kind, subject, severity = what
    problem = Problem(
        kind, subject, subject, balance.time, severity, summary, proof=(balance.fact,)
    )
    return ground.lasting(problem)


ACTOR_FUNDS = Rule(
    name="actor_funds",
    about="An actor's account cannot pay for its next transaction, or soon will not.",
    kinds=(LOW, OUT),
    review=_review,
    causes_of={OUT: CAUSED_BY_OUT},
    wakes=(Measured,),
    touched=_touched,
    subjects=paying_actors,
    needs=on_parent,
)
