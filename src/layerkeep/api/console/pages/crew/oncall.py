"""Who is on call now, the next handovers, and when nobody is or two are."""

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many, moment
from layerkeep.api.shapes.people import CoverPage, OncallPage
from layerkeep.api.source import Source
from layerkeep.core.units import DAY

PARTS = {"answer": "crew/runs_answer.html", "list": "crew/oncall.html"}

AHEAD = 28 * DAY
FINDINGS_SHOWN = 30

WHY = {
    "clocks": "the clocks of its zones change apart",
    "not-started": "the rotation has not begun",
    "declared": "it is declared so",
    "": "",
}


async def page(source: Source, _: Place) -> Page:
    """Whoever is on call; what is missing comes first in the sentence."""
    now = source.now()
    shown = await source.crew.oncall(now)
    cover = await source.crew.cover(now, now + AHEAD)
    state, title = _answer(shown)
    context = {
        "now": now,
        "shown": shown,
        "cover": cover,
        "shown_max": FINDINGS_SHOWN,
        "why": WHY,
        "state": state,
        "cost": _cost(cover, now),
    }
    return Page(title, "On call", "crew/list.html", PARTS, context)


def _answer(shown: OncallPage) -> tuple[str, str]:
    if not shown.teams:
        return "quiet", "Nobody is declared, so nobody is on call"
    empty = [each.title or each.name for each in shown.teams if not each.on_call]
    if empty:
        return "cause", f"Nobody is on call for {' and '.join(empty)}"
    people = list(dict.fromkeys(who for each in shown.teams for who in each.on_call))
    return "quiet", f"{', '.join(people)} {'is' if len(people) == 1 else 'are'} on call"


def _cost(cover: CoverPage, now: int) -> str:
    gaps = [each for each in cover.findings if each.kind == "gap" and each.until > now]
    if gaps:
        first = max(gaps[0].since, now)
        return (
            f"{many(len(gaps), 'gap')} in the next four weeks, the first from {moment(first, now)}."
        )
    return "No gap in the next four weeks." if cover.rotations else "No rotation is declared."
