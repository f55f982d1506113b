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
    if len(executions) > 1:
        executions = {
            key: fact for key, fact in executions.items() if _encloses(fact, anchor.log_index)
        }
    if len(executions) != 1:
        return None
    (fact,) = executions.values()
    assert isinstance(fact.says, Reached)
    found = view.by_key.get(fact.says.key)
    return view.messages.get(found) if found and found != message.id else None


def following(view: View, message: Message) -> list[Message]:
    """The messages that continue this one."""
    found: dict[str, Message] = {}
    for fact in message.executions():
        for other_id in view.initiated.get((fact.anchor.chain, fact.anchor.tx), ()):
            other = view.messages[other_id]
            if previous(view, other) is message:
                found[other_id] = other
    return list(found.values())


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


def _by_message(view: View, place: Place) -> dict[str, Fact]:
    """One execution per message: a receipt and a log may both tell of the same one."""
    found: dict[str, Fact] = {}
    for fact in view.executed.get(place, ()):
        assert isinstance(fact.says, Reached)
        message = view.by_key.get(fact.says.key, fact.says.key)
        known = found.get(message)
        if known is None or _first_log(known) < 0:
            found[message] = fact
    return found


def _first_log(fact: Fact) -> int:
    assert isinstance(fact.says, Reached)
    return fact.says.first_log


def _encloses(fact: Fact, log_index: int) -> bool:
    says = fact.says
    assert isinstance(says, Reached)
    return says.first_log <= log_index <= says.last_log
