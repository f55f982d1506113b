"""The runbooks of a simulated house: those that come with layerkeep, and the operator's own.

Both are read by the real reader. Nobody looks at a simulated chain as often as at a real one, so no
time limit is shorter than what so few samples can tell.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from layerkeep.core.acting.runbooks.model import Runbook, Step
from layerkeep.core.acting.runbooks.read import Page, read_runbook
from layerkeep.core.errors import Fault as Mistake
from layerkeep.core.network.layers import Layers
from layerkeep.core.units import DAY, HOUR, Duration
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.network import MEASURE_EVERY

SLOW = ("problem-gone", "batch-posted", "bridge-open", "bridge-paused", "message-in-stage")
"""Conditions that hold only once the network has gone on for a while."""

GOES_ON = 8 * HOUR
OWN_ONE_IN = 2
"""Of so many kinds of fault the operator has a runbook of their own for one."""


def draw_runbooks(
    builtin: Mapping[str, Runbook], layers: Layers, chance: Random
) -> dict[str, Runbook]:
    """Every runbook of a seed by name."""
    poll = max(layer.poll_every for layer in layers.values())
    own = [_own(kind, chance) for kind in FAULTS if chance.randrange(OWN_ONE_IN) == 0]
    found = {**builtin, **{each.name: each for each in own}}
    return {name: _patient(each, poll) for name, each in found.items()}


def _patient(runbook: Runbook, poll: Duration) -> Runbook:
    """The same with time for so few looks."""
    more = 4 * poll + MEASURE_EVERY
    slow = sum(_is_slow(each) for each in (*runbook.steps, *runbook.way_back))
    steps = len(runbook.steps) + len(runbook.way_back)
    limit = Duration(runbook.time_limit + steps * more + slow * GOES_ON)
    return replace(
        runbook,
        steps=tuple(_longer(each, more) for each in runbook.steps),
        way_back=tuple(_longer(each, more) for each in runbook.way_back),
        time_limit=limit,
    )


def _longer(step: Step, more: int) -> Step:
    extra = more + (GOES_ON if _is_slow(step) else 0)
    return replace(step, time_limit=Duration(step.time_limit + extra))


def _is_slow(step: Step) -> bool:
    name = step.proof.name if step.proof is not None else step.params.get("until", {}).get("is")
    return name in SLOW


def _own(kind: str, chance: Random) -> Runbook:
    """One of the operator's own: it prepares, it mends, and on its way back it takes both back."""
    ready = {"is": "answers", "endpoint": "{component}", "method": "net_listening"}
    gone = {"is": "problem-gone", "problem": kind, "on": "{component}"}
    mend = _host("mend", gone)
    steps = [_host("prepare", {**ready, "expect": True}), mend]
    if chance.random() < 0.3:
        steps.insert(0, {"name": "look", "kind": "note", "note": "look at {component}"})
    automatic = chance.random() < 0.5
    if not automatic and chance.random() < 0.3:
        steps.insert(0, {"name": "sure", "kind": "ask", "question": "Is it {kind}?"})
    if chance.random() < 0.3:
        steps.append({"name": "over", "kind": "wait", "until": gone})
    count = chance.choice((1, 1, 2))
    table: dict[str, Any] = {
        "title": f"Mend {kind}",
        "rules": [kind],
        "automatic": automatic,
        "time_limit": "12h",
        "approvals": {"count": count, "role": chance.choice(("operator", "admin"))},
        "preconditions": [{"is": "problem-there", "problem": kind, "on": "{component}"}],
        "steps": steps,
    }
    table["approvals"]["valid_for"] = chance.choice(("30m", "1h", "3h"))
    if chance.random() < 0.7:
        table["way_back"] = [_host("put-back", {**ready, "expect": False})]
    faults: list[Mistake] = []
    page = Page(f"own-{kind}", f"own-{kind}.md", table, f"{table}")
    runbook = read_runbook(page, faults)
    assert runbook is not None, [str(fault) for fault in faults]
    return runbook


def _host(command: str, proof: Mapping[str, Any]) -> dict[str, Any]:
    step = {"name": command, "kind": "host", "runner": "host", "command": command}
    return {**step, "time_limit": "20m", "proof": dict(proof)}


def mends(steps: Iterable[tuple[str, bool]]) -> str:
    """The step that mends: the last one that acts; each is its name and if it acts."""
    acting = [name for name, acts in steps if acts]
    return acting[-1] if acting else ""


PATIENCE = 4 * DAY
"""A fault that nobody mends is over by itself after so long more than in a world without runs."""
