"""Every endpoint that is read from: does it answer, how far is it, what runs there, has it lied?"""

from itertools import groupby

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many, of
from layerkeep.api.source import Source

PARTS = {"answer": "lists/answer.html", "list": "lists/upstreams.html"}


async def page(source: Source, _: Place) -> Page:
    """All upstreams, by chain."""
    shown = await source.upstreams()
    asked = [each for each in shown if each.looked is not None]
    silent = [each for each in asked if not each.answering]
    marked = [each for each in shown if each.mark in ("cause", "false")]
    groups = [(name, list(found)) for name, found in groupby(shown, key=lambda each: each.chain)]
    blind = [name for name, found in groups if not any(each.answering for each in found)]
    if any(each.mark == "false" for each in marked):
        liars = [each.name for each in marked if each.mark == "false"]
        state, title = "false", f"{', '.join(liars)} told something that is false"
    elif blind:
        state, title = "blind", f"Nobody answers for {', '.join(blind)}"
    elif silent:
        state = "cause" if marked else "quiet"
        title = f"{of(len(silent), len(asked))} upstreams {'give' if len(silent) > 1 else 'gives'}"
        title += " no answer"
    elif marked:
        state, title = "cause", f"{many(len(marked), 'upstream is', 'upstreams are')} unfit"
    else:
        state, title = "quiet", f"All {many(len(asked), 'upstream')} that were asked answer"
    context = {
        "now": source.now(),
        "groups": groups,
        "blind": blind,
        "state": state if shown else "blind",
        "cost": "" if shown else "No chain names an upstream, so nothing can be seen.",
    }
    return Page(title if shown else "Not known", "Chains", "lists/list.html", PARTS, context)
