"""Incidents: those that are open, the gravest first, and those that ended in the last week."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import age, headline, many, moment, sentence
from layerkeep.api.shapes.incidents import IncidentShown
from layerkeep.api.source import Source
from layerkeep.core.units import DAY

PARTS = {
    "answer": "lists/answer.html",
    "list": "lists/incidents.html",
    "ended": "lists/ended.html",
}

LATELY = 7 * DAY
"""How far back ended incidents are listed: Monday looks back on the whole week before it."""

ENDED_MAX = 200
"""Ended incidents on the page: more of them nobody reads, and after a storm there are thousands."""


async def page(source: Source, _: Place) -> Page:
    """All that is open, and what ended lately."""
    now = source.now()
    shown = await source.incidents(open_only=False, since=now - LATELY, ended_max=ENDED_MAX + 1)
    still = [each for each in shown if is_open(each)]
    ended = [each for each in shown if not is_open(each)]
    graph = await source.graph()
    marks = {each.component: each.mark for each in graph.components}
    judging = (await source.overview()).judging
    drawn = {each.id: mark_of(each, marks.get(each.component, "")) for each in still}
    state, title = _answer(still, drawn, judging)
    context = {
        "now": now,
        "open": still,
        "ended": ended[:ENDED_MAX],
        "ended_cut": len(ended) > ENDED_MAX,
        "incident_marks": drawn,
        "state": state,
        "cost": _cost(still, ended, now),
        "judging": judging,
        "action": _action(still),
    }
    return Page(title, "Incidents", "lists/incidents_page.html", PARTS, context)


def is_open(incident: IncidentShown) -> bool:
    """True until it is resolved, or part of another."""
    return incident.resolved is None and not incident.merged_into and incident.state != "merged"


def mark_of(incident: IncidentShown, mark: str) -> str:
    """How the incident's cause is drawn: as its component is, but never as if it were well."""
    if incident.kind == "blind":
        return "blind"
    return "false" if mark == "false" else "cause"


def _answer(still: list[IncidentShown], marks: dict[str, str], judging: bool) -> tuple[str, str]:
    if not still:
        return ("quiet", "No incident is open") if judging else ("blind", "Not judging yet")
    first = still[0]
    rest = f", and {many(len(still) - 1, 'more incident is', 'more incidents are')} open"
    return marks[first.id], sentence(headline(first.title)) + (rest if len(still) > 1 else "")


def _cost(still: list[IncidentShown], ended: list[IncidentShown], now: int) -> str:
    if still:
        opened = age(min(each.since for each in still), now)
        loose = sum(not each.owner for each in still)
        if len(still) == 1:
            return f"It is open for {opened}{', and nobody has it' if loose else ''}."
        owned = f"{many(loose, 'of them has', 'of them have')} no owner." if loose else ""
        return f"The eldest is open for {opened}. {owned}"
    last = max((each.resolved for each in ended if each.resolved is not None), default=None)
    if last is None:
        return "None ended in the last 7 days."
    return f"The last one ended {moment(last, now)}."


def _action(still: list[IncidentShown]) -> dict[str, str] | None:
    if not still:
        return None
    name = still[0].id
    return {"href": f"/incidents/{name}", "says": f"Open incident {name[:6]}"}
