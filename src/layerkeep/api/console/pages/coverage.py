"""What is watched and what is not, and why: a gap is never said to be well."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import count, many
from layerkeep.api.source import Source

PARTS = {"answer": "lists/answer.html", "list": "lists/coverage.html"}


async def page(source: Source, _: Place) -> Page:
    """All gaps: first those that were watched and cannot be judged now, then those left out."""
    shown = await source.coverage()
    unjudged = [gap for gap in shown.gaps if gap.since is not None]
    left_out = [gap for gap in shown.gaps if gap.since is None]
    if not shown.judging:
        state, title = "blind", "Not judging yet: not enough is known after the start"
    elif shown.lacking:
        subjects = many(shown.lacking, "subject")
        state, title = "blind", f"{subjects} cannot be judged now"
    else:
        state, title = "quiet", "All that is watched can be judged"
    cost = f"{count(shown.watched)} subjects are watched by {many(len(shown.rules), 'rule')}."
    if left_out:
        cost += f" {many(len(left_out), 'thing is', 'things are')} not watched at all."
    context = {
        "now": source.now(),
        "shown": shown,
        "unjudged": unjudged,
        "left_out": left_out,
        "state": state,
        "cost": cost,
    }
    return Page(title, "", "lists/list.html", PARTS, context)
