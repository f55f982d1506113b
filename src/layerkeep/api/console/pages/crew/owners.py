"""The responsibility matrix: who owns what, and what nobody owns."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many
from layerkeep.api.source import Source

PARTS = {"answer": "crew/runs_answer.html", "list": "crew/owners.html"}


async def page(source: Source, _: Place) -> Page:
    """Orphans are said first."""
    shown = await source.crew.owners()
    orphans = len(shown.orphans)
    if orphans:
        state = "cause"
        title = f"{many(orphans, 'component has', 'components have')} rules that nobody owns"
    else:
        state, title = "quiet", "Everything has an owner"
    mend = many(len(shown.concerns), "thing is", "things are")
    context = {
        "now": source.now(),
        "shown": shown,
        "state": state,
        "cost": f"{mend} to be mended." if shown.concerns else "Nothing is to be mended.",
    }
    return Page(title, "On call", "crew/list.html", PARTS, context)
