"""Search: a hash, a chain, a name. One result is gone to; several are listed; none is calm."""

import re
from urllib.parse import quote, urlencode

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many
from layerkeep.api.shapes.journeys import Found
from layerkeep.api.source import NotKnown, Source

ADDRESSES = {
    "journey": "/journeys/{}",
    "facts": "/journeys/{}",
    "chain": "/chains/{}",
    "incident": "/incidents/{}",
    "upstream": "/upstreams#{}",
}
TEMPLATE = "find.html"
TYPED_MAX = 200
BARE_HEX = re.compile(r"[0-9a-f]{40,64}")


async def page(source: Source, place: Place) -> Page:
    """What was typed may mean."""
    typed = place.query.get("q", "")
    asked = plain(typed)
    if not asked:
        context = {"typed": "", "found": (), "chains": (), "now": source.now(), "href": href}
        return Page("Find a hash, chain or message", "", TEMPLATE, {}, context)
    found = await _search(source, asked)
    if len(found) == 1:
        return Page(found[0].title, "", TEMPLATE, {}, {}, 303, location=href(found[0]))
    context = {
        "typed": typed[:TYPED_MAX],
        "found": found,
        "chains": await source.chains() if not found else (),
        "now": source.now(),
        "href": href,
    }
    said = many(len(found), "result") if found else "Nothing is found"
    return Page(said, "", TEMPLATE, {}, context, 200 if found else 404)


def plain(typed: str) -> str:
    """What was meant: no spaces, quotes or commas around it or in a hash, lower case, `0x` added.

    A shortened hash such as `0x7be1…30ca` is left as it is shown.
    """
    words = typed[:TYPED_MAX].strip().strip("\"'`,;()[]<>").strip().lower()
    joined = re.sub(r"\s+", "", words)
    if joined.startswith("0x"):
        return joined
    return f"0x{joined}" if BARE_HEX.fullmatch(joined) else words


def href(found: Found) -> str:
    """Where a result stands."""
    if found.kind == "claim":
        query = urlencode({"claim": found.name, "until": found.height})
        return f"/chains/{quote(found.chain, safe='')}?{query}#claims"
    if found.kind == "component":
        return f"/chains/{quote(found.chain, safe='')}#parts"
    if found.kind == "messages":
        return f"/messages?{urlencode({found.matched: found.name})}"
    return ADDRESSES.get(found.kind, "/find?q={}").format(quote(found.name, safe=""))


async def _search(source: Source, asked: str) -> tuple[Found, ...]:
    try:
        return await source.search(asked)
    except NotKnown:
        return ()
