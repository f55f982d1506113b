"""Messages by what they must be."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.queries import asked
from layerkeep.api.http.routes import reads
from layerkeep.api.http.routes.chains import NUMBER_MAX
from layerkeep.api.shapes.messages import MessageFilter, MessagePage, StagePanel

NAME_MAX = 200

State = Literal["", "open", "late", "overdue", "finished", "failed"]
Sort = Literal["sent", "-sent", "value", "-value", "due", "-due"]


def _named(about: str) -> Meta:
    return Meta(max_length=NAME_MAX, description=about)


class FilterQuery(msgspec.Struct, frozen=True):
    """What messages must be; what is left out or empty asks for nothing."""

    source: Annotated[str, _named("the chain they come from")] = ""
    target: Annotated[str, _named("the chain they go to")] = ""
    via: Annotated[str, _named("a chain at either end")] = ""
    kind: Annotated[str, _named("their lifecycle, for example op_stack.withdrawal")] = ""
    stage: Annotated[str, _named("the stage they rest in")] = ""
    state: Annotated[State, Meta(description="how they do")] = ""
    token: Annotated[str, _named("the token they carry")] = ""
    sender: Annotated[str, _named("who sent them")] = ""
    recipient: Annotated[str, _named("whom they are for")] = ""
    reason: Annotated[str, _named("why they are stuck")] = ""
    incident: Annotated[str, _named("the incident they stand behind")] = ""
    older: (
        Annotated[
            int, Meta(ge=0, le=NUMBER_MAX, description="milliseconds in their stage, at least")
        ]
        | None
    ) = None
    value_min: Annotated[
        str,
        Meta(pattern="^[0-9]*$", max_length=78, description="the least value in wei, in digits"),
    ] = ""
    sort: Annotated[Sort, Meta(description="the order; a minus puts the greatest first")] = "-sent"


class MessageQuery(FilterQuery, frozen=True):
    """Which messages, and how many of them."""

    cursor: Annotated[str, Meta(max_length=500, description="of the page before this one")] = ""
    limit: Annotated[int, Meta(ge=1, le=500, description="the most there may be")] = 100


@reads("/messages", "messages", query=MessageQuery)
async def list_messages(request: Incoming) -> MessagePage:
    """Messages that match, page by page; pages stay right while messages arrive."""
    wanted = asked(request, MessageQuery)
    source = desk(request).source
    return await source.messages(_filter(wanted), wanted.cursor, wanted.limit)


@reads("/messages/stages", "messages", query=FilterQuery, aged=True)
async def list_stages(request: Incoming) -> tuple[StagePanel, ...]:
    """The messages that match, counted by stage, with how long they have rested there."""
    return await desk(request).source.panels(_filter(asked(request, FilterQuery)))


def _filter(wanted: FilterQuery) -> MessageFilter:
    names = MessageFilter.__struct_fields__
    return MessageFilter(**{name: getattr(wanted, name) for name in names})


ROUTES = (list_messages, list_stages)
