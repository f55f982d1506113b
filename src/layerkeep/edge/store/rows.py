"""From messages in memory to the rows that lists show."""

from collections.abc import Callable, Iterable, Mapping

from layerkeep.core.facts import Reached
from layerkeep.core.journeys import following, previous
from layerkeep.core.messages import Message
from layerkeep.core.outlook import Experience, Outlook, Terms, outlook
from layerkeep.core.view import View
from layerkeep.edge.store.records import MessageRow

Ahead = Callable[[View, Message], Outlook]
"""What a message waits for, and until when."""


def plain_outlook(view: View, message: Message) -> Outlook:
    """What a message waits for where neither a topology nor earlier messages are known."""
    return outlook(view, message, Experience(), Terms({}))


def rows_of(
    view: View, moved: Iterable[Message], seqs: Mapping[str, int], ahead: Ahead = plain_outlook
) -> list[MessageRow]:
    """The rows of messages that moved, and of those that continue them.

    `seqs` tells under which number each message's first fact was logged.
    """
    found: dict[str, MessageRow] = {}
    for message in moved:
        for each in (message, *following(view, message)):
            waits = None if each.finished else ahead(view, each)
            found[each.id] = row_of(view, each, seqs[each.id], waits)
    return list(found.values())


def row_of(view: View, message: Message, seq: int, ahead: Outlook | None) -> MessageRow:
    """The row of one message; one that is finished waits for nothing."""
    before, token = previous(view, message), message.token
    moved = max(_reached_at(message))
    usual = ahead.usual if ahead is not None else None
    since = ahead.since if ahead is not None else moved
    return MessageRow(
        id=message.id,
        seq=seq,
        lifecycle=message.lifecycle.name,
        source=message.says.source,
        target=message.says.target,
        stage=message.stage,
        finished=message.finished,
        sent=message.sent.anchor.time,
        moved=moved,
        previous=before.id if before is not None else None,
        value=message.says.value,
        token=token.address if token is not None else "",
        amount=token.amount if token is not None else 0,
        sender=message.says.sender,
        recipient=message.says.recipient,
        since=since,
        late_at=None if usual is None else since + usual,
        due=ahead.due if ahead is not None else None,
    )


def _reached_at(message: Message) -> list[int]:
    """When it was sent, and when anything was said of its stage."""
    reached = [fact.anchor.time for fact in message.facts if isinstance(fact.says, Reached)]
    return [message.sent.anchor.time, *reached]
