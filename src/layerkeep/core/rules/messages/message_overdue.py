"""A message has rested in a stage for longer than the stage's budget allows."""

from layerkeep.core.messages import Message
from layerkeep.core.outlook import Outlook
from layerkeep.core.rules.messages.waiting import (
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
from layerkeep.core.units import Timestamp, duration_text

MUCH = 100 * 10**18
"""Wei; a message that carries so much is worth a call at night."""


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    """Before the earliest moment at which it could be overdue, nothing else is looked at."""
    message = ground.view.messages.get(subject)
    if message is None or message.finished:
        return Verdict()
    stage, layer = message.lifecycle.stage(message.stage), ground.layers.get(message.child)
    budgets = layer.budgets if layer is not None else {}
    budget = budgets.get(f"{message.lifecycle.name}.{stage.name}", stage.budget)
    if budget is None:
        return Verdict()
    chains = (message.says.source, message.says.target)
    poll = slower_poll(ground, *chains)
    earliest = Timestamp(message.sent.anchor.time + budget + poll)
    if now < earliest:
        return Verdict(earliest)
    outlook = ground.outlook(message)
    assert outlook.due is not None
    expires = Timestamp(outlook.due + poll)
    if now < expires:
        return Verdict(expires)
    lacks = unseen(ground, chains, outlook.due, now)
    if lacks:
        return Verdict(Timestamp(now + LOOK_AGAIN), lacks=lacks)
    problem = _problem(ground, message, outlook, now)
    return Verdict(Timestamp(now + TELL_AGAIN), (problem,))


def _problem(ground: Ground, message: Message, outlook: Outlook, now: Timestamp) -> Problem:
    reason, proof = why_stuck(ground, message, outlook)
    assert outlook.due is not None
    rested = duration_text(outlook.due - outlook.since)
    return Problem(
        "message-overdue",
        component(message),
        message.id,
        outlook.due,
        _severity(message, outlook, reason, now),
        f"a {message.lifecycle.name} has been in {outlook.stage.name} for more than {rested};"
        f" awaited: {outlook.awaited or 'its end'}",
        reason,
        (message.sent, *message.facts[-1:], *proof),
        impact(message, outlook.deadline),
        exposed=outlook.since,
    )


def _severity(message: Message, outlook: Outlook, reason: str, now: Timestamp) -> str:
    """What its user has to do calls nobody; much money and a near end do."""
    if outlook.duty == "user" or reason == "waiting-for-user":
        return INFO
    lives = deadline_of(message)
    ends = lives is not None and now >= lives[0] - expires_soon(lives[1])
    return CRITICAL if ends or message.says.value >= MUCH else WARNING


MESSAGE_OVERDUE = Rule(
    name="message_overdue",
    about="A message has rested in a stage for longer than the stage's budget allows.",
    kinds=("message-overdue",),
    review=_review,
    of_messages=True,
    limits=("budgets",),
)
"""Needs source and target, but asks whether they are seen only of a message that is due: most never
are, and a chain nobody sees must not cost a look at every message each few seconds."""
