"""The operator's pages of rules, in Markdown."""

from functools import lru_cache
from pathlib import Path

import layerkeep
from layerkeep.core.rules.user_rule import KIND
from layerkeep.core.topology import Topology

PAGES = Path(layerkeep.__file__).parents[2] / "docs" / "rules"
"""Where the pages are in a checkout; an installed package has none."""


def page_of(rule: str, topology: Topology) -> str:
    """The page of a rule, empty if there is none; an operator's own has his runbook."""
    if not rule.startswith(KIND):
        return _read(rule)
    own = topology.rules.get(rule.removeprefix(KIND))
    if own is None or not own.runbook:
        return ""
    return f"# {rule}\n\nRunbook: {own.runbook}\n"


@lru_cache
def _read(rule: str) -> str:
    try:
        return (PAGES / f"{rule}.md").read_text(encoding="utf-8")
    except OSError:
        return ""
