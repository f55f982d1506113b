"""The drills' scorecard: how faults that were put on a devnet on purpose were found."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import moment, of
from layerkeep.api.source import Source

PARTS = {"answer": "lists/answer.html", "list": "lists/drills.html"}


async def page(source: Source, _: Place) -> Page:
    """The newest drill of every fault; without any, how to run one."""
    drills, now = await source.drills(), source.now()
    passed = sum(drill.passed for drill in drills)
    state, title, cost = "quiet", "No drill has run here", ""
    if drills:
        state = "quiet" if passed == len(drills) else "cause"
        title = f"{of(passed, len(drills))} drills passed"
        cost = f"The last one ended {moment(max(drill.ended for drill in drills), now)}."
    context = {"now": now, "drills": drills, "state": state, "cost": cost}
    return Page(title, "", "lists/list.html", PARTS, context)
