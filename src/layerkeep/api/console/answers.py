"""The answer of the overview: one sentence that says what is wrong, or that all is well.

Calm is said only where it was checked: what is blind, late or was never checked is said before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layerkeep.api.console.words import (
    GAP,
    age,
    amount,
    aside,
    duration,
    headline,
    incident_id,
    many,
    sentence,
)
from layerkeep.api.shapes.chains import ChainShown
from layerkeep.api.shapes.incidents import IncidentShown
from layerkeep.api.shapes.overview import Overview, TruthShown
from layerkeep.core.units import SECOND

BEHIND = 5 * SECOND
NAMED_MAX = 3
"""So many names are said; the others are counted."""


@dataclass(frozen=True, slots=True)
class Action:
    """The next thing a person can do: its effect in words, and where."""

    href: str
    says: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said first. `state` is `false`, `cause`, `blind`, `late`, `quiet` or `calm`; only
    `calm` has a tick. `lead` is the cost in a few words, `cost` the rest of the second line."""

    state: str
    title: str
    lead: str = ""
    cost: str = ""
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Also:
    """A further incident in one line: its mark, what it is, how long, and who has it."""

    state: str
    title: str
    more: str
    owner: str
    id: str


def answer(shown: Overview, now: int) -> Answer:
    """The one sentence, its cost, and what to do next."""
    if shown.incidents:
        return _of_incident(shown, now)
    for wrong in _wrongs(shown, now):
        return wrong
    return _of_calm(shown)


def also(shown: Overview, now: int) -> tuple[Also, ...]:
    """The incidents behind the first."""
    return tuple(
        Also(
            state=incident_state(shown, each),
            title=_opening(each.title, shown),
            more=f"for {age(each.since, now)}" + _touches(each),
            owner=each.owner,
            id=each.id,
        )
        for each in shown.incidents[1:]
    )


def incident_state(shown: Overview, incident: IncidentShown) -> str:
    """How an incident looks: `false` and `blind` outrank a cause."""
    marks = {chain.mark for chain in shown.chains if chain.incident == incident.id}
    marks |= {
        part.mark for chain in shown.chains for part in chain.parts if part.incident == incident.id
    }
    blind = any(
        chain.name == incident.chain and chain.blind_since is not None for chain in shown.chains
    )
    if "false" in marks:
        return "false"
    return "blind" if blind and "cause" not in marks - {"blind"} else "cause"


def _of_incident(shown: Overview, now: int) -> Answer:
    first = shown.incidents[0]
    cost = [aside(first.title)] if aside(first.title) else []
    if first.symptoms:
        cost.append(f"{many(first.symptoms, 'symptom')} {_stand(first.symptoms)} behind it.")
    limits = [limit.at for limit in shown.limits if limit.incident == first.id]
    limits += [first.deadline] if first.deadline is not None else []
    nearest = min((at for at in limits if at > now), default=None)
    if nearest is not None:
        cost.append(f"First hard limit in {duration(nearest - now)}.")
    cost.append(f"{first.owner} has it." if first.owner else "No owner.")
    return Answer(
        state=incident_state(shown, first),
        title=_since(shown, now),
        lead=_lead(first),
        cost=" ".join(cost),
        action=Action(f"/incidents/{first.id}", f"Open {incident_id(first.id)}"),
    )


def _opening(title: str, shown: Overview) -> str:
    """A sentence begins with a capital, unless it begins with the name of a chain."""
    title = headline(title)
    first = title.split(" ", 1)[0].rstrip(":,")
    return title if first in {chain.name for chain in shown.chains} else sentence(title)


def _since(shown: Overview, now: int) -> str:
    """The sentence with how long it has been so; a sentence has one such figure only."""
    first = shown.incidents[0]
    title, long = _opening(first.title, shown), age(first.since, now)
    return f"{title} ({long} now)" if " for " in title else f"{title}, for {long}"


def _lead(incident: IncidentShown) -> str:
    if not incident.messages:
        return "No message stands behind it."
    value = f", {amount(incident.value)}{GAP}ETH" if int(incident.value) else ""
    users = f" of {many(incident.users, 'user')}" if incident.users else ""
    return (
        f"{many(incident.messages, 'message')}{users} {_stand(incident.messages)} behind it{value}."
    )


def _stand(n: int) -> str:
    return "stands" if n == 1 else "stand"


def _touches(incident: IncidentShown) -> str:
    return f", {many(incident.messages, 'message')} behind it" if incident.messages else ""


def _wrongs(shown: Overview, now: int) -> Iterator[Answer]:
    """What is not inside usual though no incident tells of it, the gravest first."""
    false = [each for each in shown.truth if each.verdict == "false"]
    if false:
        names = _names({each.chain for each in false}, shown.chains)
        yield Answer("false", f"What {names} claims is false", false[0].detail)
    if shown.behind >= BEHIND:
        late = duration(shown.behind // SECOND * SECOND)
        yield Answer("late", f"The engine answers {late} late", cost="Ages are kept, not guessed.")
    blind = [chain for chain in shown.chains if chain.blind_since is not None]
    if blind:
        yield _of_blind(blind, now)
    if not shown.judging:
        yield Answer(
            "quiet",
            "Nothing is judged yet: too little is known since the start",
            cost="What is drawn below is seen, but not yet compared with what is usual.",
        )
    yield from _of_delays(shown)


def _of_blind(blind: list[ChainShown], now: int) -> Answer:
    first = min(blind, key=lambda chain: chain.blind_since or 0)
    assert first.blind_since is not None, "only blind chains come here"
    others = f", and {many(len(blind) - 1, 'more chain')}" if len(blind) > 1 else ""
    return Answer(
        "blind",
        f"{first.name} is blind for {age(first.blind_since, now)}{others}",
        f"{first.answering} of {first.upstreams} upstreams answer.",
        "What happens there is not known, and nothing is said of it.",
    )


def _of_delays(shown: Overview) -> Iterator[Answer]:
    for state in ("overdue", "late"):
        chains = {c.name for c in shown.chains if any(h.state == state for h in c.heads)}
        messages = shown.overdue if state == "overdue" else shown.late
        if not chains and not messages:
            continue
        mark = "cause" if state == "overdue" else "late"
        told = f"{many(messages, 'message')} {'is' if messages == 1 else 'are'} {state}"
        if chains:
            title = f"{_names(chains, shown.chains)}: a head is {state}"
            yield Answer(mark, title, f"{told}." if messages else "")
        else:
            query = f"/messages?state={state}"
            yield Answer(mark, told, action=Action(query, f"Show {many(messages, 'message')}"))


def _of_calm(shown: Overview) -> Answer:
    chains = len(shown.chains)
    moving = f"All {chains} chains move" if chains > 1 else "The chain moves"
    on_way = (
        f"{many(shown.open, 'message')} on {'its' if shown.open == 1 else 'their'} way, none late."
    )
    unchecked = _unchecked(shown.truth)
    if unchecked or shown.gaps:
        said = []
        if unchecked:
            said.append(f"{_checks(unchecked)} of {len(shown.truth)} {_were(unchecked)} not made.")
        if shown.gaps:
            said.append(f"{many(shown.gaps, 'thing')} could not be judged when last looked at.")
        return Answer(
            "quiet",
            f"{moving} inside usual; not all that they claim is checked",
            " ".join(said),
            on_way,
            Action("/coverage", "Show what is not watched"),
        )
    if not shown.truth:
        return Answer("quiet", f"{moving} inside usual; nothing to check is claimed", cost=on_way)
    seen = min((chain.answering for chain in shown.chains), default=0)
    return Answer(
        "calm",
        f"{moving} inside usual, and all that they claim is true",
        cost=f"{on_way} No incident is open. Every chain is seen by at least "
        f"{many(seen, 'upstream')}.",
    )


def _unchecked(truth: Iterable[TruthShown]) -> list[TruthShown]:
    return [each for each in truth if each.verdict != "true"]


def _checks(unchecked: list[TruthShown]) -> str:
    return many(len(unchecked), "check")


def _were(unchecked: list[TruthShown]) -> str:
    return "was" if len(unchecked) == 1 else "were"


def _names(names: set[str], chains: Iterable[ChainShown]) -> str:
    """Names in the topology's order: `a, b, c and 4 more`."""
    ordered = [chain.name for chain in chains if chain.name in names]
    said, more = ordered[:NAMED_MAX], len(ordered) - NAMED_MAX
    if more > 0:
        return f"{', '.join(said)} and {more} more"
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
