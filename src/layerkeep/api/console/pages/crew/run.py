"""The page of one run: what it does, who agreed, how far it is, and what came of it."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.runs import (
    OUTCOMES,
    answer_state,
    cost_of,
    current,
    doing,
    history,
    is_started,
    mine,
    outcome_of,
    pairs,
    seen_of,
    step_state,
    title_of,
)
from layerkeep.api.source import Source

PARTS = {
    "answer": "crew/run_answer.html",
    "approval": "crew/approval.html",
    "steps": "crew/steps.html",
    "back": "crew/back.html",
    "about": "crew/about.html",
    "log": "crew/log.html",
}


async def page(source: Source, place: Place) -> Page:
    """Everything about one run; its buttons only for the person who may press them."""
    shown = await source.crew.run(place.params["name"])
    run, now, halted = shown.run, source.now(), await source.crew.halted()
    person, started = source.crew.person(place.who), is_started(shown)
    context = {
        "shown": shown,
        "run": run,
        "now": now,
        "halted": halted,
        "person": person,
        "mine": mine(shown, person, place.role, started),
        "started": started,
        "step": current(shown),
        "seen": seen_of(run),
        "state": answer_state(shown),
        "cost": cost_of(run, now),
        "history": history(shown),
        "does": doing(shown.steps),
        "undoes": doing(shown.way_back) if shown.way_back else "",
        "rehearsals": [each for each in shown.steps if each.rehearsed],
        "pairs": pairs,
        "told": step_state,
        "outcome": outcome_of(place.query, OUTCOMES),
    }
    return Page(title_of(shown), "Runs", "crew/run_page.html", PARTS, context)
