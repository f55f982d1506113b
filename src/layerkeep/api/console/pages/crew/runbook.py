"""One runbook: its steps as they are before an incident fills them in, and its page."""

from layerkeep.api.console.markdown import markdown
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.runs import pairs
from layerkeep.api.source import Source

PARTS = {"answer": "crew/runs_answer.html", "list": "crew/runbook.html"}


async def page(source: Source, place: Place) -> Page:
    """Everything about one runbook."""
    shown = await source.crew.runbook(place.params["name"])
    context = {
        "shown": shown,
        "runbook": shown.runbook,
        "now": source.now(),
        "pairs": pairs,
        "text": markdown(shown.text),
        "state": "quiet",
        "cost": "It is proposed on the page of an incident that it answers.",
    }
    return Page(shown.runbook.title, "Runs", "crew/list.html", PARTS, context)
