"""The overview: is it moving, is it true, who waits, what is being done, what comes next."""

from layerkeep.api.console.answers import also, answer
from layerkeep.api.console.draw.bands import band
from layerkeep.api.console.draw.gauge import GRID
from layerkeep.api.console.draw.layers import draw_layers
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.tell.worth import worth
from layerkeep.api.console.truths import truth_table
from layerkeep.api.shapes.overview import Overview
from layerkeep.api.source import Source

WAITING_MAX = 5
LIMITS_MAX = 5
ALSO_MAX = 4
"""More further incidents are counted in one line: the drawing stays on the first screen."""

_BADGES = {"cause": "▲ ", "false": "■ ", "blind": "▨ ", "late": "◆ "}


async def page(source: Source, place: Place) -> Page:
    """The page at `/`."""
    del place
    shown, now = await source.overview(), source.now()
    said, drawing = answer(shown, now), draw_layers(shown)
    others = also(shown, now)
    bands = {
        cell.chain.name: band(cell.chain, shown.routes)
        for cell in drawing.cells
        if cell.chain.parent
    }
    return Page(
        title=said.title,
        nav="Overview",
        template="overview/overview.html",
        parts=_parts(shown),
        context={
            "shown": shown,
            "now": now,
            "badge": _BADGES.get(said.state, ""),
            "said": said,
            "others": others[:ALSO_MAX],
            "uncounted": max(0, len(others) - ALSO_MAX),
            "drawing": drawing,
            "cells": {cell.chain.name: cell for cell in drawing.cells},
            "bands": bands,
            "grid": GRID,
            "truth": truth_table(shown.truth, shown.chains),
            "waiting": [(message, worth(message)) for message in shown.waiting[:WAITING_MAX]],
            "limits": [limit for limit in shown.limits if limit.at > now][:LIMITS_MAX],
        },
    )


def _parts(shown: Overview) -> dict[str, str]:
    parts = {
        "answer": "overview/answer.html",
        "also": "overview/also.html",
        "blast": "overview/blast.html",
        "integrity": "overview/integrity.html",
        "doing": "overview/doing.html",
        "waits": "overview/waits.html",
        "next": "overview/next.html",
    }
    for chain in shown.chains:
        parts[f"chain-{chain.name}"] = "overview/slab.html"
        if chain.parent:
            parts[f"route-{chain.name}"] = "overview/band.html"
    return parts
