"""What a runbook is: a page for people, and steps that a journal of runs can carry out.

A value of a step may hold placeholders such as `{component}` or `{message.id}`; they are filled in
when a run is proposed and stay as they were filled in then. Durations in milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.units import DAY, HOUR, Duration

WORLD_KINDS = ("rpc", "transaction", "http", "host")
"""Kinds of steps that change something outside; layerkeep's edge performs them."""

OWN_KINDS = ("wait", "ask", "note")
"""Kinds that change nothing outside: a condition on the view, a person's answer, words to read."""

KINDS = (*WORLD_KINDS, *OWN_KINDS)

STEP_LIMIT = Duration(HOUR)
"""How long a step may take if its runbook does not say."""

RUN_LIMIT = Duration(DAY)
"""How long a whole run may take if its runbook does not say."""

APPROVAL_VALID = Duration(HOUR)
"""How long an approval counts if its runbook does not say."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something the view can tell: a name of `conditions.CONDITIONS` and what it is about."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One action. `proof` shows by facts that it worked; without one its own outcome counts."""

    name: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    proof: Condition | None = None
    time_limit: Duration = STEP_LIMIT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many people must say yes, with which role or more, and for how long a yes counts."""

    count: int = 1
    role: str = "operator"
    valid_for: Duration = APPROVAL_VALID


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page.

    `rules` are kinds of problems, `components` globs such as `sequencer:*`; a runbook answers an
    incident whose root has one of these kinds on one of these components. `text` is the page
    without its front matter, `digest` the hash of the whole file. `automatic` is true if it may
    run without a person where the policy allows that too.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    components: tuple[str, ...]
    preconditions: tuple[Condition, ...] = ()
    steps: tuple[Step, ...] = ()
    way_back: tuple[Step, ...] = ()
    approvals: Approvals = field(default_factory=Approvals)
    time_limit: Duration = RUN_LIMIT
    automatic: bool = False
    text: str = ""
    digest: str = ""
