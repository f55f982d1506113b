"""The page of one rule: what it finds, what it lacks, and what to do when it speaks."""

from difflib import get_close_matches

from layerkeep.api.console.markdown import markdown
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many
from layerkeep.api.source import NotKnown, Source

PARTS = {"answer": "lists/answer.html", "list": "lists/rule.html"}


async def page(source: Source, place: Place) -> Page:
    """One rule with its operator's page, its gaps, and the open incidents of its kinds."""
    name = place.params["name"]
    rules = {rule.name: rule for rule in await source.rules()}
    if name not in rules:
        near = get_close_matches(name, list(rules), 1)
        raise NotKnown("rule", name, near[0] if near else "")
    rule = rules[name]
    running = await source.incidents(open_only=True, since=0)
    coverage = await source.coverage()
    found = many(rule.problems, "problem") if rule.problems else "nothing"
    open_now = [incident for incident in running if incident.kind in rule.kinds]
    context = {
        "now": source.now(),
        "rule": rule,
        "incidents": open_now,
        "gaps": [gap for gap in coverage.gaps if gap.rule == rule.name],
        "text": markdown(rule.page) if rule.page else "",
        "state": "cause" if open_now else "blind" if rule.lacking else "quiet",
        "cost": rule.about,
    }
    title = f"{rule.name.replace('_', ' ')} finds {found} now"
    return Page(title, "", "lists/list.html", PARTS, context)
