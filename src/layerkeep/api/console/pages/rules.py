"""Every rule: how much it watches, what it finds, and what it lacks."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many
from layerkeep.api.source import Source

PARTS = {"answer": "lists/answer.html", "list": "lists/rules.html"}


async def page(source: Source, _: Place) -> Page:
    """All rules, the operators' own behind ours."""
    rules = await source.rules()
    problems = sum(rule.problems for rule in rules)
    lacking = [rule for rule in rules if rule.lacking]
    title = f"{many(len(rules), 'rule')} watch, {many(problems, 'problem')} found now"
    cost = ""
    if lacking:
        found = many(len(lacking), "rule lacks", "rules lack")
        cost = f"{found} something to judge by. What cannot be judged is not known to be well."
    context = {
        "now": source.now(),
        "rules": rules,
        "state": "blind" if lacking else "quiet",
        "cost": cost,
    }
    return Page(title, "", "lists/list.html", PARTS, context)
