"""Runs: what is being done, what was done, and the switch that stops all of it."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.runs import ACTORS, HALTED, OUTCOMES, outcome_of, state_of
from layerkeep.api.console.words import age, many
from layerkeep.api.shapes.runs import HaltShown, RunShown
from layerkeep.api.source import Source

PARTS = {"answer": "crew/runs_answer.html", "list": "crew/runs.html", "halt": "crew/halt.html"}
SHOWN = 50


async def page(source: Source, place: Place) -> Page:
    """The newest runs; those that ask for somebody first in the sentence."""
    cursor = place.query.get("cursor", "")
    shown = await source.crew.runs("", cursor, SHOWN, open_only=False)
    now, still = source.now(), [each for each in shown.items if not each.over]
    state, title = _answer(still, shown.halted)
    context = {
        "now": now,
        "still": still,
        "over": [each for each in shown.items if each.over],
        "halted": shown.halted,
        "cursor": shown.cursor,
        "paged": bool(cursor),
        "state": state,
        "cost": _cost(shown.halted, still, now),
        "action": _action(still),
        "told": state_of,
        "may_act": place.role in ACTORS,
        "outcome": outcome_of(place.query, OUTCOMES),
    }
    return Page(title, "Runs", "crew/runs_page.html", PARTS, context)


def _answer(still: list[RunShown], halt: HaltShown) -> tuple[str, str]:
    asking = [each for each in still if each.state in ("awaiting", "approved")]
    if halt.on:
        return "late", f"{HALTED}, says {halt.by}"
    if asking:
        return "waits", f"{many(len(asking), 'run asks', 'runs ask')} for somebody"
    if still:
        return "quiet", f"{many(len(still), 'run is', 'runs are')} under way"
    return "quiet", "Nothing is being done"


def _cost(halt: HaltShown, still: list[RunShown], now: int) -> str:
    if halt.on:
        since = f"for {age(halt.time, now)}. " if halt.time is not None else ""
        return f"{since}{halt.reason or 'No reason was given'}".strip().capitalize()
    if still:
        return "A run acts only after people agreed and somebody said start."
    return "Runbooks are proposed on the page of an incident."


def _action(still: list[RunShown]) -> dict[str, str] | None:
    asking = [each for each in still if each.state in ("awaiting", "approved")]
    if not asking:
        return None
    return {"href": f"/runs/{asking[-1].id}", "says": f"Open {asking[-1].id[:6]}"}
