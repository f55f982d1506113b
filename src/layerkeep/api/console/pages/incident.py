"""The page of one incident: why it is, what follows from it, what it costs, what can be done."""

from layerkeep.api.console.draw.fall import fall
from layerkeep.api.console.markdown import markdown
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.incident import (
    OUTCOMES,
    OVER,
    SILENCES,
    history,
    integrity,
    is_false,
    state_words,
    tree,
)
from layerkeep.api.console.tell.runs import state_of
from layerkeep.api.console.tell.trim import TRIM
from layerkeep.api.console.words import headline, incident_id
from layerkeep.api.shapes.incidents import IncidentPage
from layerkeep.api.shapes.journeys import ProofShown
from layerkeep.api.source import Source

PARTS = {
    "answer": "incident/answer.html",
    "why": "incident/why.html",
    "symptoms": "incident/symptoms.html",
    "impact": "incident/impact.html",
    "told": "incident/told.html",
    "crew": "incident/crew.html",
    "doing": "incident/doing.html",
    "log": "incident/log.html",
}
LOG_SHOWN = 8
ACTORS = ("operator", "admin")


async def page(source: Source, place: Place) -> Page:
    """Everything about one incident; the forms only for those who may use them."""
    found = await source.incident(place.params["name"])
    incident, now = found.incident, source.now()
    chains = await source.chains()
    routes = await source.routes()
    told, at_risk = integrity(await source.truth(), found.chains)
    facts = _facts(found)
    context = {
        **TRIM,
        "crew": await source.crew.of_incident(incident.id),
        "run_state": state_of,
        "found": found,
        "incident": incident,
        "now": now,
        "over": incident.state in OVER,
        "root_mark": "false" if is_false(found) else "cause",
        "state": state_words(incident, now),
        "drawing": fall(found, now, [chain.name for chain in chains]),
        "branches": tree(found.lines),
        "facts": facts,
        "history": history(found.timeline),
        "log_shown": LOG_SHOWN,
        "integrity": told,
        "at_risk": at_risk,
        "chains_all": len(chains),
        "routes_all": len(routes),
        "open_all": sum(route.open for route in routes),
        "runbook": markdown(found.page) if found.page else "",
        "may_act": place.role in ACTORS and incident.state not in OVER,
        "silences": SILENCES,
        "outcome": _outcome(place, found),
    }
    title = f"{headline(incident.title)} · {incident_id(incident.id)}"
    return Page(title, "Incidents", "incident.html", PARTS, context)


def _facts(found: IncidentPage) -> tuple[ProofShown, ...]:
    """Each fact once: those of the incident, then those that prove single lines."""
    every = [*found.facts, *(proof for line in found.lines for proof in line.proofs)]
    return tuple(dict.fromkeys(every))


def _outcome(place: Place, found: IncidentPage) -> tuple[str, str, str] | None:
    """What became of a form, told on the page it led back to: a state, a sentence, more."""
    done, failed = place.query.get("done", ""), place.query.get("failed", "")
    if place.query.get("first"):
        who = found.incident.owner or "somebody else"
        ended = found.incident.state in OVER
        says = "This incident is over already." if ended else f"{who} has already taken it."
        return "first", says, "You need not do anything."
    if done in OUTCOMES:
        return "done", OUTCOMES[done], "The engine heeds it within a second."
    if failed:
        says = FAILURES.get(failed, "This did not work.")
        return "err", says, "Nothing was changed."
    return None


FAILURES = {
    "invalid": "Not done: the form was not understood.",
    "store-failing": "Not done: the store does not answer. Try again in a few seconds.",
    "not-known": "Not done: no incident or runbook has this name.",
    "not-possible": "Not done: it cannot be proposed now. The audit says why.",
}
"""Sentences for the stable words of what can go wrong."""
