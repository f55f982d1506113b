"""The operator's pages of rules, in Markdown."""

from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import layerkeep
from layerkeep.core.rules.user_rule import KIND
from layerkeep.core.topology import Topology

CHECKOUT = Path(layerkeep.__file__).parents[2] / "docs" / "rules"
INSTALLED = ("share", "layerkeep", "rules")
"""Where the pages are in a checkout, and where an installation puts them."""


def page_of(rule: str, topology: Topology) -> str:
    """The page of a rule, empty if there is none; an operator's own has his runbook."""
    if not rule.startswith(KIND):
        return _read(rule)
    own = topology.rules.get(rule.removeprefix(KIND))
    if own is None or not own.runbook:
        return ""
    return f"# {rule}\n\nRunbook: {own.runbook}\n"


@cache
def pages_folder() -> Path:
    """The folder of the pages."""
    if CHECKOUT.is_dir():
        return CHECKOUT
    try:
        installed = files("layerkeep") or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        if file.parts[-4:-1] == INSTALLED:
            return Path(str(file.locate())).resolve().parent
    return CHECKOUT


@lru_cache
def _read(rule: str) -> str:
    try:
        return (pages_folder() / f"{rule}.md").read_text(encoding="utf-8")
    except OSError:
        return ""
