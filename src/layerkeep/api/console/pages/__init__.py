"""The console's pages: which module draws what stands at which address."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from layerkeep.api.console.page import PageOf

PAGES: Mapping[str, str] = {
    "/": "overview",
    "/incidents": "incidents",
    "/incidents/{name}": "incident",
    "/messages": "messages",
    "/journeys/{name}": "journey",
    "/chains": "chains",
    "/chains/{name}": "chain",
    "/upstreams": "upstreams",
    "/rules": "rules",
    "/rules/{name}": "rule",
    "/coverage": "coverage",
    "/drills": "drills",
    "/runs": "crew.runs",
    "/runs/{name}": "crew.run",
    "/runbooks": "crew.runbooks",
    "/runbooks/{name}": "crew.runbook",
    "/oncall": "crew.oncall",
    "/owners": "crew.owners",
    "/pages": "crew.told",
    "/find": "find",
}
"""Pattern of an address and the module in this folder whose `page` draws it."""


def pages() -> dict[str, PageOf]:
    """Every page by its pattern."""
    found = {}
    for pattern, noun in PAGES.items():
        module = f"{__name__}.{noun}"
        if find_spec(module) is not None:
            found[pattern] = import_module(module).page
    return found
