"""Journeys: message B continues message A when B was sent in the very transaction that executed A.

A link is never guessed. Where one transaction executes several messages, B belongs to the one whose
execution encloses B's own log; if none or more than one does, there is no link.
"""

from dataclasses import dataclass

from layerkeep.core.facts import Fact, Reached
from layerkeep.core.messages import Message
from layerkeep.core.view import Place, View


@dataclass(frozen=True, slots=True)
class Journey:
    """Messages in the order in which they continue each other; the first one started it."""

    messages: tuple[Message, ...]

    @property
    def id(self) -> str:
        """The id of the message that started it."""
        return self.messages[0].id

    @property
    def path(self) -> tuple[str, ...]:
        """The chains it crosses, in order, for example `("l1", "l2", "l3")`."""
        first = self.messages[0].says
        return (first.source, *(message.says.target for message in self.messages))

    @property
    def finished(self) -> bool:
        """True if its last message is finished."""
        return self.messages[-1].finished


def previous(view: View, message: Message) -> Message | None:
    """The message that this one continues, if there is one without any doubt."""
    anchor = message.sent.anchor
    if not anchor.tx:
        return None
    executions = _by_message(view, (anchor.chain, anchor.tx))
    found = list(executions)
    if len(found) > 1:
        found = [name for name in found if _encloses(executions[name], anchor.log_index)]
    if len(found) != 1 or found[0] == message.id:
        return None
    return view.messages.get(found[0])


def following(view: View, message: Message) -> list[Message]:
    """The messages that continue this one."""
    found: dict[str, Message] = {}
    for fact in message.executions():
        for other_id in view.initiated.get((fact.anchor.chain, fact.anchor.tx), ()):
            other = view.messages[other_id]
            if previous(view, other) is message:
                found[other_id] = other
    return list(found.values())


def related(view: View, message: Message) -> list[Message]:
    """All that must stay in memory for this message's links: what continues it or it continues.

    Whatever else was executed in the transaction that sent it is among them: without those the
    link would no longer be in doubt.
    """
    anchor = message.sent.anchor
    beside = _by_message(view, (anchor.chain, anchor.tx)) if anchor.tx else {}
    names = [name for name in beside if name in view.messages]
    for fact in message.executions():
        names += view.initiated.get((fact.anchor.chain, fact.anchor.tx), ())
    return [view.messages[name] for name in names]


def journeys_through(view: View, message: Message) -> list[Journey]:
    """Every journey that the message is part of; one that stays alone is a journey of one."""
    first = message
    seen = {message.id}
    while (before := previous(view, first)) is not None and before.id not in seen:
        first = before
        seen.add(first.id)
    return [journey for journey in _from(view, (first,)) if message in journey.messages]


def all_journeys(view: View) -> list[Journey]:
    """Every journey of more than one message among those in memory."""
    found: list[Journey] = []
    for message in view.messages.values():
        if previous(view, message) is None:
            found += [j for j in _from(view, (message,)) if len(j.messages) > 1]
    return found


def _from(view: View, path: tuple[Message, ...]) -> list[Journey]:
    onward = [m for m in following(view, path[-1]) if m not in path]
    if not onward:
        return [Journey(path)]
    return [journey for message in onward for journey in _from(view, (*path, message))]


def _by_message(view: View, place: Place) -> dict[str, list[Fact]]:
    """What tells of each message's execution in a transaction: a receipt and a log both may."""
    found: dict[str, list[Fact]] = {}
    for fact in view.executed.get(place, ()):
        assert isinstance(fact.says, Reached)
        found.setdefault(view.by_key.get(fact.says.key, fact.says.key), []).append(fact)
    return found


def _encloses(facts: list[Fact], log_index: int) -> bool:
    return any(
        isinstance(fact.says, Reached) and fact.says.first_log <= log_index <= fact.says.last_log
        for fact in facts
    )
