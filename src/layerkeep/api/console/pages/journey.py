"""The page of one transfer, or of whatever else a hash is known by."""

from collections.abc import Mapping, Sequence

from layerkeep.api.console.draw.waterfall import Row, waterfall
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.journey import answer, current, remedies
from layerkeep.api.console.tell.trim import TRIM
from layerkeep.api.console.tell.worth import worth
from layerkeep.api.console.words import many, short
from layerkeep.api.shapes.journeys import JourneyShown, ProofShown
from layerkeep.api.source import NotKnown, Source

PARTS = {
    "answer": "journey/answer.html",
    "waterfall": "journey/waterfall.html",
    "await": "journey/await.html",
    "remedies": "journey/remedies.html",
    "proof": "journey/proof.html",
}
NAV = "Messages"


async def page(source: Source, place: Place) -> Page:
    """One journey; a list where the hash is in several; else its facts, or what was searched."""
    name = place.params["name"].strip()
    journeys = await _journeys(source, name)
    exact = [each for each in journeys if each.id == name]
    if len(journeys) == 1 or exact:
        return await _one(source, (exact or list(journeys))[0])
    if journeys:
        said = f"{short(name)} is in {many(len(journeys), 'journey')}"
        context = {"journeys": journeys, "name": name, "now": source.now(), "worth": _worth_of}
        return Page(said, NAV, "journey/several.html", {}, context)
    facts = await _facts(source, name)
    if facts:
        return _known_by_facts(source, name, facts)
    context = {"name": name, "chains": await source.chains(), "now": source.now()}
    return Page(f"{short(name)} is not known", NAV, "journey/not_known.html", {}, context, 404)


async def _one(source: Source, journey: JourneyShown) -> Page:
    now = source.now()
    layers = {chain.name: f"L{chain.depth}" for chain in await source.chains()}
    told = answer(journey, now)
    drawing = waterfall(journey, now, layers)
    context = {
        **TRIM,
        "journey": journey,
        "now": now,
        "told": told,
        "message": current(journey),
        "drawing": drawing,
        "remedies": remedies(journey),
        "worth": worth,
        "fact_of": _fact_places(journey, drawing.rows),
        "facts": journey.facts,
    }
    return Page(told.says, NAV, "journey.html", PARTS, context)


def _fact_places(journey: JourneyShown, rows: Sequence[Row]) -> Mapping[int, int]:
    """For each row the number of the fact that proves its step, where one is shown."""
    numbered = {(f.chain, f.height, f.tx): n for n, f in enumerate(journey.facts, 1)}
    found = {}
    for nth, row in enumerate(rows):
        at = (row.step.chain, row.step.height or 0, row.step.tx)
        if row.step.time is not None and at in numbered:
            found[nth] = numbered[at]
    return found


def _known_by_facts(source: Source, name: str, facts: Sequence[ProofShown]) -> Page:
    said = f"{short(name)} is in {many(len(facts), 'fact')} and in no transfer"
    context = {**TRIM, "name": name, "facts": facts, "now": source.now()}
    return Page(said, NAV, "journey/facts_only.html", {}, context)


def _worth_of(journey: JourneyShown) -> str:
    message = current(journey)
    return str(worth(message)) if message is not None else ""


async def _journeys(source: Source, name: str) -> tuple[JourneyShown, ...]:
    try:
        return await source.journeys(name)
    except NotKnown:
        return ()


async def _facts(source: Source, name: str) -> tuple[ProofShown, ...]:
    try:
        return await source.facts(name)
    except NotKnown:
        return ()
