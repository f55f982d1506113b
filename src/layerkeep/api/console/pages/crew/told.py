"""Who was told what, by which channel, and what became of it."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many
from layerkeep.api.source import Source

PARTS = {"answer": "crew/runs_answer.html", "list": "crew/told.html"}
SHOWN = 50


async def page(source: Source, place: Place) -> Page:
    """The newest notices; those that did not arrive are said first."""
    cursor = place.query.get("cursor", "")
    shown = await source.crew.notices("", cursor, SHOWN)
    failed = sum(each.state == "failed" for each in shown.items)
    unsure = sum(each.state == "unsure" for each in shown.items)
    if failed:
        state, title = "cause", f"{many(failed, 'notice')} reached nobody"
    elif unsure:
        state, title = "blind", f"Of {many(unsure, 'notice')} nobody can tell whether it arrived"
    elif any(each.state in ("planned", "sending") for each in shown.items):
        state, title = "quiet", "Notices are on their way"
    elif shown.items and not any(each.state == "sent" for each in shown.items):
        state, title = "quiet", "No notice arrived before it was needed no more"
    elif shown.items:
        state, title = "quiet", "Every notice that was needed was taken by its channel"
    else:
        state, title = "quiet", "Nobody was told anything"
    cost = f"Of the {many(len(shown.items), 'notice')} below." if shown.items else ""
    context = {
        "now": source.now(),
        "shown": shown,
        "paged": bool(cursor),
        "state": state,
        "cost": cost,
    }
    return Page(title, "On call", "crew/list.html", PARTS, context)
