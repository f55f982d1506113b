"""Which runbooks answer a problem."""

import re
from collections.abc import Iterable

from layerkeep.core.acting.runbooks.model import Runbook


def answers(runbook: Runbook, kind: str, component: str) -> bool:
    """True if a runbook is for this kind of problem on this component."""
    return kind in runbook.rules and any(matches(glob, component) for glob in runbook.components)


def matches(glob: str, text: str) -> bool:
    """True if a text fits a glob; `*` stands for any letters."""
    pattern = ".*".join(re.escape(part) for part in glob.split("*"))
    return re.fullmatch(pattern, text) is not None


def answering(runbooks: Iterable[Runbook], kind: str, component: str) -> list[Runbook]:
    """The runbooks for a problem: those that may act first, then by name."""
    found = [runbook for runbook in runbooks if answers(runbook, kind, component)]
    return sorted(found, key=lambda each: (not each.automatic, each.name))
