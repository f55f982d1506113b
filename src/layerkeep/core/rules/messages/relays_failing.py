"""Many messages of one route failed on their target lately, and can be tried again."""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import Fact, Reached, Sent
from layerkeep.core.network.graph import route_of
from layerkeep.core.rules.problems import WARNING, Impact, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import Timestamp, duration_text

PROOFS = 8
"""Facts shown as proof; the rest is alike."""

ROUTE = "route:"


def _routes(ground: Ground) -> Iterable[str]:
    return list(ground.sightings.resting.failed)


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    """The route of a message that failed at some time, or that is no more."""
    says, view = fact.says, ground.view
    if isinstance(says, Sent):
        return () if says.message in view.messages else (f"{says.source}->{says.target}",)
    assert isinstance(says, Reached)
    message = view.messages.get(view.by_key.get(says.key, ""))
    if message is None:
        return ()
    told = [says.stage, *(f.says.stage for f in message.facts if isinstance(f.says, Reached))]
    has_failed = any(message.lifecycle.stage(name).failed for name in told)
    return (message.route,) if has_failed else ()


def _needs(_ground: Ground, subject: str) -> Sequence[str]:
    return subject.split("->")


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    source, target = subject.split("->")
    component = route_of(source, target)
    child = ground.graph.chain(component)
    failed = ground.sightings.resting.failed.get(subject, {})
    if child is None:
        return Verdict()
    limits = ground.layers[child].limits
    most, within = limits.failures_max, limits.failures_within
    if len(failed) <= most:
        return Verdict()
    recent = sorted((time, message) for message, time in failed.items() if now - time <= within)
    if len(recent) <= most:
        return Verdict()
    expires = Timestamp(recent[-1 - most][0] + within + 1)
    problem = ground.lasting(_problem(ground, component, subject, recent))
    return Verdict(expires, (problem,))


def _problem(
    ground: Ground, component: str, subject: str, failed: list[tuple[Timestamp, str]]
) -> Problem:
    messages = [ground.view.messages[message] for _, message in failed]
    child = ground.layers[messages[-1].child]
    within = child.limits.failures_within
    impact = Impact(
        len(messages),
        len({message.says.sender for message in messages}),
        sum(message.says.value for message in messages),
    )
    return Problem(
        "relays-failing",
        component,
        subject,
        failed[0][0],
        WARNING,
        f"{len(messages)} messages failed on {messages[-1].says.target} within"
        f" {duration_text(within)} and wait to be tried again",
        "target-reverts",
        tuple(fact for message in messages[-PROOFS:] for fact in message.facts[-1:]),
        impact,
    )


RELAYS_FAILING = Rule(
    name="relays_failing",
    about="More messages of a route failed lately than the chain's limit.",
    kinds=("relays-failing",),
    review=_review,
    causes=("message-overdue", "message-expiring"),
    wakes=(Sent, Reached),
    touched=_touched,
    subjects=_routes,
    needs=_needs,
    limits=("failures_max",),
)
