"""The page of messages: the address is the filter, stages stand above the rows."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.filters import Asked, asked
from layerkeep.api.console.tell.message import (
    FILL_MARKS,
    carried,
    directions,
    row,
    sentence_of,
    shared_incident,
)
from layerkeep.api.console.tell.trim import TRIM
from layerkeep.api.console.words import many
from layerkeep.api.shapes.messages import MessageFilter, MessagePage
from layerkeep.api.source import BadCursor, NotKnown, Source

PARTS = {
    "totals": "messages/totals.html",
    "stages": "messages/stages.html",
    "list": "messages/list.html",
}
ROWS = 25
DROPS_TRIED = 6
"""Filters of which one is tried to be left out when nothing matches."""


async def page(source: Source, place: Place) -> Page:
    """Messages that match the address, 25 at a time."""
    ask = asked(place.query)
    if place.query.get("add") and not ask.faults:
        return Page("Messages", "Messages", "messages.html", {}, {}, 303, location=ask.address())
    now = source.now()
    cursor = place.query.get("cursor", "")
    stale = False
    try:
        found = await source.messages(ask.wanted, cursor, ROWS)
    except BadCursor:
        stale = True
        found = await source.messages(ask.wanted, "", ROWS)
    except NotKnown as error:
        return _unknown(ask, error, now)
    title = sentence_of(ask, found)
    context = {
        **TRIM,
        "ask": ask,
        "now": now,
        "says": title,
        "carries": carried(found),
        "behind": await _behind(source, ask, found),
        "directions": directions(await source.panels(ask.wanted), ask),
        "rows": [row(message, now) for message in found.items],
        "found": found,
        "stale": stale,
        "later": bool(cursor) and not stale,
        "fills": FILL_MARKS,
        "nothing": await _empty(source, ask) if not found.items else None,
        "next": ask.address(cursor=found.cursor) if found.cursor else "",
    }
    return Page(title, "Messages", "messages.html", PARTS, context)


def _unknown(ask: Asked, error: NotKnown, now: int) -> Page:
    """A filter names what is not there: calm, with the nearest name."""
    said = f"No {error.what} is named {error.name}"
    near = [token for token in ask.tokens if token.value == error.name]
    href = ask.address(**{near[0].field: error.near}) if near and error.near else ""
    context = {
        **TRIM, "ask": ask, "now": now, "says": said, "near": error.near, "href": href,
    }  # fmt: skip
    return Page(said, "Messages", "messages/unknown.html", {}, context, 404)


async def _behind(source: Source, ask: Asked, found: MessagePage) -> str:
    """The one incident behind which all that match stand, empty if there is no such one."""
    shared = shared_incident(found.items)
    if not shared or not found.cursor or found.total is None:
        return shared
    same = await _total(source, ask.wanted, incident=shared)
    return shared if same == found.total else ""


async def _empty(source: Source, ask: Asked) -> dict[str, object]:
    """Why nothing is there: it cannot be seen, a filter is too narrow, or all is well."""
    chains = await source.chains()
    named = {ask.wanted.source, ask.wanted.target, ask.wanted.via} - {""}
    blind = [
        chain
        for chain in chains
        if chain.blind_since is not None and (not named or chain.name in named)
    ]
    if blind:
        return {"kind": "blind", "blind": blind}
    narrowing = [token for token in ask.tokens if token.field != "sort"]
    if ask.wanted.state == "overdue" and len(narrowing) == 1:
        return {"kind": "good", "says": await _all_well(source)}
    for token in reversed(narrowing[-DROPS_TRIED:]):
        without = MessageFilter(
            **{
                name: getattr(ask.wanted, name)
                for name in ask.wanted.__struct_fields__
                if name != token.field
            }
        )
        left = (await source.messages(without, "", 1)).total
        if left:
            return {"kind": "filter", "token": token, "left": many(left, "message")}
    return {"kind": "filter", "token": None, "left": ""} if narrowing else {"kind": "none"}


async def _all_well(source: Source) -> str:
    seen = await source.overview()
    finished = sum(route.finished for route in seen.routes)
    usual = " and inside usual" if not seen.late else f", {seen.late:,} of them late"
    verb = "is" if seen.open == 1 else "are"
    return f"{seen.open:,} {verb} open{usual}; {finished:,} have finished."


async def _total(source: Source, wanted: MessageFilter, **changed: str) -> int | None:
    fields = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
    return (await source.messages(MessageFilter(**{**fields, **changed}), "", 1)).total
