"""One chain: does it move, has it settled, is what it posted true, and what is it made of?"""

from collections.abc import Iterable
from dataclasses import dataclass

from layerkeep.api.console.draw.agreement import matrix
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.pages.chain_answer import answer_of
from layerkeep.api.console.words import count, duration, moment, short
from layerkeep.api.shapes.chains import ChainPage, ChainShown, ClaimShown, HeadShown
from layerkeep.api.shapes.incidents import IncidentPage, LineShown
from layerkeep.api.source import NotKnown, Source
from layerkeep.core.units import SECOND

PARTS = {
    "answer": "chain/answer.html",
    "heads": "chain/heads.html",
    "agree": "chain/agree.html",
    "batches": "chain/batches.html",
    "claims": "chain/claims.html",
    "checks": "chain/checks.html",
    "parts": "chain/parts.html",
    "params": "chain/params.html",
    "versions": "chain/versions.html",
}

MOMENTS_FROM = 1_000_000_000
"""Seconds: a contract's number as large as this is a moment, since none waits for thirty years."""

CLAIMS_SHOWN = 20
HEIGHT_DIGITS_MAX = 15
"""Digits of a height: more than any chain will have, fewer than a store's numbers."""

UNPOSTED = "batches-stalled"
UNCLAIMED = "claims-stalled"


@dataclass(frozen=True, slots=True)
class Due:
    """What should have been posted and was not, since then; `role` is `root` or `symptom`."""

    role: str
    since: int
    says: str
    waiting: int | None


async def page(source: Source, place: Place) -> Page:
    """The chain of this name; NotKnown if there is none."""
    name = place.params["name"]
    shown = await source.chain(name)
    chain, now = shown.chain, source.now()
    behind = await _incidents(source, chain)
    truth = tuple(each for each in await source.truth() if each.chain == name)
    answer = answer_of(shown, truth, behind.get(chain.incident), now)
    lines = [line for each in behind.values() for line in each.lines if line.chain == name]
    chains = {each.name: each for each in await source.chains()}
    claims = await _claims(source, shown, place)
    context = {
        "now": now,
        "shown": shown,
        "chain": chain,
        "spoken": answer,
        "matrix": matrix(shown.agreement),
        "heads": heads_of(chain),
        "claims": claims,
        "picked": place.query.get("claim", "") if claims is not shown.claims else "",
        "unposted": _due(lines, UNPOSTED, chain),
        "unclaimed": _due(lines, UNCLAIMED, chain),
        "truth": truth,
        "routes": [each for each in await source.routes() if name in (each.source, each.target)],
        "children": [chains[each] for each in shown.children if each in chains],
        "clients": clients_of(shown),
        "settings": settings_of(shown, now),
        "versions": versions_of(shown),
    }
    return Page(answer.sentence, "Chains", "chain.html", _parts(shown), context)


async def _claims(source: Source, shown: ChainPage, place: Place) -> tuple[ClaimShown, ...]:
    """The newest claims; where the address names one by its height, that one and those below it."""
    until = place.query.get("until", "")
    if not (until.isascii() and until.isdigit() and len(until) <= HEIGHT_DIGITS_MAX):
        return shown.claims
    return await source.claims(shown.chain.name, int(until) + 1, CLAIMS_SHOWN)


def _parts(shown: ChainPage) -> dict[str, str]:
    """A chain that settles on nothing posts nothing and has no contracts that set it."""
    if shown.chain.parent:
        return PARTS
    childs = ("batches", "claims", "checks", "params")
    return {name: template for name, template in PARTS.items() if name not in childs}


async def _incidents(source: Source, chain: ChainShown) -> dict[str, IncidentPage]:
    """Those that mark the chain or a part of it; one that ended meanwhile is left out."""
    names = dict.fromkeys((chain.incident, *(part.incident for part in chain.parts)))
    found = {}
    for name in filter(None, names):
        try:
            found[name] = await source.incident(name)
        except NotKnown:
            continue
    return found


def _due(lines: Iterable[LineShown], kind: str, chain: ChainShown) -> Due | None:
    line = next((each for each in lines if each.kind == kind and each.count), None)
    if line is None:
        return None
    heights = {head.tag: head.height for head in chain.heads}
    latest, safe = heights.get("latest"), heights.get("safe")
    waiting = max(0, latest - safe) if latest is not None and safe is not None else None
    return Due(line.role, line.since, line.summary, waiting)


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A head as a row of figures: `behind` counts blocks behind latest, None if that is not known.

    `met` is true of a finalized head that has met the safe one, which both are behind latest.
    """

    head: HeadShown
    behind: int | None
    met: bool


def heads_of(chain: ChainShown) -> tuple[HeadRow, ...]:
    """Every head with its distance to the latest."""
    heights = {head.tag: head.height for head in chain.heads}
    latest, safe = heights.get("latest"), heights.get("safe")
    rows = []
    for head in chain.heads:
        behind = None
        if latest is not None and head.height is not None:
            behind = max(0, latest - head.height)
        met = head.tag == "finalized" and head.height is not None and head.height == safe
        rows.append(HeadRow(head, behind, met and bool(behind)))
    return tuple(rows)


def clients_of(shown: ChainPage) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Client versions as the nodes tell them, each with the upstreams that run it."""
    found: dict[str, list[str]] = {}
    for upstream in shown.upstreams:
        found.setdefault(upstream.client, []).append(upstream.name)
    return tuple((client, tuple(names)) for client, names in found.items())


def settings_of(shown: ChainPage, now: int) -> tuple[tuple[str, str], ...]:
    """What the contracts say, in words; versions are told with what runs."""
    settings = [each for each in shown.settings if not each.name.endswith("_version")]
    return tuple((_named(each.name), _valued(each.name, each.value, now)) for each in settings)


def versions_of(shown: ChainPage) -> tuple[tuple[str, str], ...]:
    """The versions that contracts tell of themselves, by role."""
    found = [each for each in shown.settings if each.name.endswith("_version")]
    return tuple((_named(each.name.removesuffix("_version")), each.value) for each in found)


def _named(name: str) -> str:
    return name.removesuffix("_s").replace("_", " ")


def _valued(name: str, value: str, now: int) -> str:
    """A number of seconds is a duration, one as large as a moment is a moment."""
    if not value.isascii() or not value.isdigit():
        return short(value)
    number = int(value)
    if not name.endswith("_s"):
        return count(number)
    return duration(number * SECOND) if number < MOMENTS_FROM else moment(number * SECOND, now)
