"""A message that lives only for a time is near its end, and has not taken effect."""

from layerkeep.core.messages import Message
from layerkeep.core.rules.messages.waiting import (
    LAST_TENTH,
    LOOK_AGAIN,
    TELL_AGAIN,
    component,
    deadline_of,
    expires_soon,
    impact,
    slower_poll,
    unseen,
    why_stuck,
)
from layerkeep.core.rules.problems import CRITICAL, INFO, WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import Duration, Timestamp, duration_text


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    message = ground.view.messages.get(subject)
    lives = deadline_of(message) if message is not None and not message.finished else None
    if message is None or lives is None:
        return Verdict()
    deadline, lifetime = lives
    chains = (message.says.source, message.says.target)
    since = Timestamp(deadline - expires_soon(lifetime))
    expires = Timestamp(since + slower_poll(ground, *chains))
    if now < expires:
        return Verdict(expires)
    lacks = unseen(ground, chains, since, now)
    if lacks:
        return Verdict(Timestamp(now + LOOK_AGAIN), lacks=lacks)
    worse = Timestamp(deadline - lifetime // LAST_TENTH)
    until = worse if now < worse else Timestamp(now + TELL_AGAIN)
    severity = WARNING if now < worse else CRITICAL
    layer = ground.layers.get(message.child)
    if layer is not None and message.token is None and message.says.value < layer.limits.worth_wei:
        severity = INFO  # tickets of little worth are given up every day
    return Verdict(until, (_problem(ground, message, (since, deadline), severity),))


def _problem(
    ground: Ground, message: Message, times: tuple[Timestamp, Timestamp], severity: str
) -> Problem:
    since, deadline = times
    outlook = ground.outlook(message)
    reason, proof = why_stuck(ground, message, outlook)
    left = duration_text(Duration(deadline - since))
    return Problem(
        "message-expiring",
        component(message),
        message.id,
        since,
        severity,
        f"a {message.lifecycle.name} in {outlook.stage.name} has less than {left} left before it is"
        f" lost; awaited: {outlook.awaited or 'its end'}",
        reason,
        (message.sent, *message.facts[-1:], *proof),
        impact(message, deadline),
        exposed=outlook.since,
    )


MESSAGE_EXPIRING = Rule(
    name="message_expiring",
    about="A message that lives only for a time is near its end, and has not taken effect.",
    kinds=("message-expiring",),
    review=_review,
    of_messages=True,
)
"""Needs source and target, asked of messages near their end only, as message_overdue does."""
