"""Every runbook: what can be done, and who must agree to it."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many
from layerkeep.api.source import Source

PARTS = {"answer": "crew/runs_answer.html", "list": "crew/runbooks.html"}


async def page(source: Source, _: Place) -> Page:
    """All runbooks by name."""
    found = await source.crew.runbooks()
    alone = sum(each.allowed and each.automatic for each in found)
    by_itself = f"{many(alone, 'of them may', 'of them may')} run without a person here."
    context = {
        "runbooks": found,
        "state": "quiet",
        "cost": by_itself if alone else "None of them runs without a person here.",
    }
    title = f"{many(len(found), 'runbook is', 'runbooks are')} at hand"
    return Page(title, "Runs", "crew/list.html", PARTS, context)
