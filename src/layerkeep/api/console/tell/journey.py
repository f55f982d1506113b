"""What is said of one journey: how far over it is, whether it is sound, what can be done."""

from dataclasses import dataclass

from layerkeep.api.console.tell.worth import worth
from layerkeep.api.console.words import duration, incident_id, sentence, stage
from layerkeep.api.shapes.journeys import JourneyShown
from layerkeep.api.shapes.messages import MessageShown
from layerkeep.core.units import SECOND

FAILED, FINISHED = "failed", "finished"


@dataclass(frozen=True, slots=True)
class Answer:
    """`state` as of the answer macro, `says` the sentence, `sound` whether its links hold."""

    state: str
    says: str
    sound: str
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that can be done, `mark` as in the sprite; `href` leads there."""

    mark: str
    tone: str
    what: str
    why: str
    href: str = ""


def current(journey: JourneyShown) -> MessageShown | None:
    """The message on which the journey rests now: the first that is not over, else the last."""
    messages = [hop.message for hop in journey.hops]
    ahead = [each for each in messages if each.state != FINISHED]
    return next(iter(ahead or messages[-1:]), None)


def at_chain(journey: JourneyShown) -> str:
    """The chain on which the newest step that counts was taken."""
    steps = [step for hop in journey.hops for step in hop.steps if step.counts]
    reached = [step.chain for step in steps if step.time is not None]
    return reached[-1] if reached else journey.path[0]


def answer(journey: JourneyShown, now: int) -> Answer:
    """The first thing a reader has to know."""
    message = current(journey)
    carried = str(worth(message)) if message is not None else ""
    carried = carried or "A message without value"
    state, says = _state(journey, message, carried, now)
    if any(each.verdict == "false" for each in journey.checked):
        state = "false"
    return Answer(state, says, _sound(journey), tuple(_rest(journey, message, now)))


def _state(
    journey: JourneyShown, message: MessageShown | None, carried: str, now: int
) -> tuple[str, str]:
    chain, target = at_chain(journey), journey.path[-1]
    if journey.state == FAILED:
        return "cause", f"{carried} failed on {chain}"
    if journey.state == FINISHED:
        took = _whole((journey.ended or now) - journey.began)
        when = f"after {duration(took)}" if took else "within a second"
        return "quiet", f"{carried} arrived on {target} {when}"
    over = _over(message, now)
    if journey.state == "overdue":
        mark = "symptom" if journey.incident else "cause"
        told = f", {duration(over)} past its budget" if over else ", past its budget"
        return mark, f"{carried} waits on {chain}{told}"
    if journey.state == "late":
        late = now - message.since - (message.usual or 0) if message is not None else 0
        return "late", f"{carried} waits on {chain}, {duration(_whole(late))} late"
    return "quiet", f"{carried} is on its way to {target}, inside usual"


def _over(message: MessageShown | None, now: int) -> int:
    if message is None or message.due is None:
        return 0
    return _whole(now - message.due)


def _sound(journey: JourneyShown) -> str:
    """Whether the links of the story hold, by what was recomputed of them."""
    verdicts = [each.verdict for each in journey.checked]
    if "false" in verdicts:
        wrong = next(each for each in journey.checked if each.verdict == "false")
        return f"This is false: {wrong.link}."
    if "true" in verdicts:
        return "The transfer itself is sound."
    if journey.state == FAILED:
        return "Nothing more happens by itself."
    return "No link of it was recomputed yet."


def _rest(journey: JourneyShown, message: MessageShown | None, now: int) -> list[str]:
    told = []
    hops = len(journey.hops)
    if message is not None and journey.incident and journey.state != FINISHED:
        nth = [hop.message.id for hop in journey.hops].index(message.id) + 1
        which = f"Hop {nth} of {hops}" if hops > 1 else "It"
        told.append(f"{which} stands behind {incident_id(journey.incident)}.")
    if any(each.verdict == "true" and "escrow" in each.link for each in journey.checked):
        told.append("Its value is in escrow.")
    if journey.state == FAILED and message is not None:
        told.append(f"It rests in {stage(message.stage)}{_because(message)}.")
    if message is not None and message.deadline is not None and journey.state != FINISHED:
        left = message.deadline - now
        when = f"in {duration(_whole(left))}" if left > 0 else "now"
        told.append(f"It is lost {when} unless it is executed." if left > 0 else "It has expired.")
    return told


def _because(message: MessageShown) -> str:
    return f": {message.reason.replace('-', ' ')}" if message.reason else ""


def remedies(journey: JourneyShown) -> tuple[Remedy, ...]:
    """What can be done, by whom, in the order in which one would do it."""
    message = current(journey)
    if journey.state == FINISHED or message is None:
        nothing = Remedy("fine", "dim3", "Nothing", "this transfer is over; its value has arrived")
        return (nothing,)
    found = []
    if journey.incident:
        short_id = incident_id(journey.incident)
        href = f"/incidents/{journey.incident}"
        why = "this transfer waits behind it and goes on by itself when it ends"
        found.append(Remedy("cause", "bad", f"See to incident {short_id}", why, href))
    if message.duty == "user":
        what = sentence(message.awaited) if message.awaited else "Somebody has to act"
        why = "it is the turn of the sender or the recipient; nobody else will do it"
        found.append(Remedy("hand", "act", what, why))
    else:
        what = "Nothing on this transfer itself"
        turn = (
            f"it is the turn of the {message.duty}; " if message.duty not in ("", "nobody") else ""
        )
        found.append(Remedy("fine", "dim3", what, f"{turn}the sender need not act"))
    return tuple(found)


def _whole(ms: int) -> int:
    return max(0, ms) // SECOND * SECOND
