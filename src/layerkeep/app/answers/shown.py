"""One message as it is shown, from its row and from what is known of its future."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from layerkeep.api.shapes.journeys import JourneyShown
from layerkeep.api.shapes.messages import Amount, MessagePage, MessageShown
from layerkeep.app.answers.listing import FAILED, FINISHED
from layerkeep.app.answers.marks import USUAL
from layerkeep.app.answers.stages import fill_of
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.outlook import Outlook
from layerkeep.core.topology.tokens import TokenName
from layerkeep.edge.store.listing import LATE, OVERDUE
from layerkeep.edge.store.records import MessageRow

Names = Mapping[str, TokenName]
"""By address in lower case."""

Paid = TypeVar("Paid", MessageShown, Amount)


def message_shown(
    row: MessageRow,
    lifecycle: Lifecycle,
    ahead: Outlook | None,
    now: int,
    trouble: tuple[str, str],
) -> MessageShown:
    """A message; `ahead` is None where nothing is known of it but its row.

    `trouble` is why it is stuck and the incident behind which it stands, empty where not known.
    """
    stage = lifecycle.stage(row.stage)
    return MessageShown(
        id=row.id,
        kind=row.lifecycle,
        source=row.source,
        target=row.target,
        stage=row.stage,
        fill=fill_of(lifecycle, row.stage),
        state=FAILED if stage.failed else state_of(row, now),
        sent=row.sent,
        since=row.since,
        sender=row.sender,
        recipient=row.recipient,
        value=str(row.value),
        token=row.token,
        amount=str(row.amount),
        usual=None if row.late_at is None else row.late_at - row.since,
        due=row.due,
        eta=None if ahead is None else ahead.eta,
        deadline=None if ahead is None else ahead.deadline,
        awaited=stage.awaited,
        duty=stage.duty,
        reason=trouble[0],
        incident=trouble[1],
        previous=row.previous or "",
    )


def state_of(row: MessageRow, now: int) -> str:
    """How a message does by the clock."""
    if row.finished:
        return FINISHED
    if row.due is not None and row.due < now:
        return OVERDUE
    return LATE if row.late_at is not None and row.late_at < now else USUAL


def named(paid: Paid, names: Names) -> Paid:
    """The same with its token's symbol and decimals, if they are known."""
    name = names.get(paid.token.lower())
    return paid if name is None else replace(paid, symbol=name.symbol, decimals=name.decimals)


def named_page(page: MessagePage, names: Names) -> MessagePage:
    """A page whose messages and sums say what their tokens are called."""
    if not names:
        return page
    items = tuple(named(each, names) for each in page.items)
    return replace(page, items=items, amounts=tuple(named(each, names) for each in page.amounts))


def named_journey(journey: JourneyShown, names: Names) -> JourneyShown:
    """A journey whose hops say what their tokens are called."""
    if not names:
        return journey
    hops = tuple(replace(hop, message=named(hop.message, names)) for hop in journey.hops)
    return replace(journey, hops=hops)
