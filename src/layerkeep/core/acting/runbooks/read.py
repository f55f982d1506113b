"""From a page's front matter, already read into a table, to a runbook; every fault at its spot.

A step that changes something outside needs a proof: after a crash it is verified, never repeated,
and without a proof nobody could tell.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.acting.runbooks.conditions import CONDITIONS, READING
from layerkeep.core.acting.runbooks.kinds import KIND_FIELDS, LOG_FIELDS
from layerkeep.core.acting.runbooks.model import (
    KINDS,
    RUN_LIMIT,
    STEP_LIMIT,
    WORLD_KINDS,
    Approvals,
    Condition,
    Runbook,
    Step,
)
from layerkeep.core.acting.runbooks.placeholders import FAMILIES, NAMES, is_known, names_in
from layerkeep.core.errors import Fault
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.rules import RULES
from layerkeep.core.rules.user_rule import KIND
from layerkeep.core.topology.access import ROLES
from layerkeep.core.topology.spot import (
    Field,
    Spot,
    close_match,
    one_of,
    read_duration,
    read_known,
    read_table,
    read_word,
    require,
    shown,
)
from layerkeep.core.units import Duration

FENCE = "+++"
"""The line before and the line after the front matter."""

STEP_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

APPROVERS = tuple(role for role in ROLES if role != "viewer")
"""Who may only look decides nothing."""

PAGE_FIELDS: Mapping[str, Field] = {
    "title": Field(str, "what it does, in one line", required=True),
    "rules": Field(list, "the kinds of problem it answers", required=True),
    "components": Field(list, "globs of the components it is for, such as `sequencer:*`"),
    "preconditions": Field(list, "what must hold before anything is done"),
    "steps": Field(list, "what to do, in order", required=True),
    "way_back": Field(list, "how to undo it"),
    "approvals": Field(dict, "how many people must agree, with which role, for how long"),
    "time_limit": Field(str, "how long all of it may take"),
}

STEP_FIELDS: Mapping[str, Field] = {
    "name": Field(str, "the step's name", required=True),
    "kind": Field(str, "one of " + ", ".join(KINDS), required=True),
    "note": Field(str, "what a person should know"),
    "proof": Field(dict, "the condition that shows it worked"),
    "time_limit": Field(str, "how long it may take, and how long its proof may"),
}

APPROVAL_FIELDS: Mapping[str, Field] = {
    "count": Field(int, "so many people", least=1),
    "role": Field(str, "one of " + ", ".join(APPROVERS)),
    "valid_for": Field(str, "how long a yes counts"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it lies on disk, its front matter read into a table."""

    name: str
    file: str
    table: Mapping[str, Any]
    source: str

    @property
    def text(self) -> str:
        """The page behind its front matter."""
        return self.source.split(f"\n{FENCE}\n", 1)[-1].strip() + "\n"


def problem_kinds() -> tuple[str, ...]:
    """Every kind of problem that a rule of layerkeep finds."""
    return tuple(sorted({kind for rule in RULES for kind in rule.kinds}))


def read_runbook(page: Page, faults: list[Fault]) -> Runbook | None:
    """The runbook, if it has no fault."""
    before, spot = len(faults), Spot(page.file, "", faults)
    table = {key: value for key, value in page.table.items() if key != "automatic"}
    values = read_table(table, PAGE_FIELDS, spot)
    automatic = _flag(page.table.get("automatic", False), spot.at("automatic"))
    steps = _steps(values.get("steps", []), spot.at("steps"))
    way_back = _steps(values.get("way_back", []), spot.at("way_back"))
    if "steps" in values and not steps and len(faults) == before:
        spot.at("steps").fault("an empty list", "at least one step")
    _check_names([*steps, *way_back], spot)
    if automatic and any(step.kind == "ask" for step in (*steps, *way_back)):
        spot.at("automatic").fault("true", "false: one of its steps asks a person")
    runbook = Runbook(
        name=page.name,
        title=values.get("title", ""),
        rules=_rules(values.get("rules", []), spot.at("rules")),
        components=_globs(values.get("components", ["*"]), spot.at("components")),
        preconditions=_conditions(values.get("preconditions", []), spot.at("preconditions")),
        steps=steps,
        way_back=way_back,
        approvals=_approvals(values.get("approvals", {}), spot.at("approvals")),
        time_limit=_duration(values, "time_limit", RUN_LIMIT, spot),
        automatic=automatic,
        text=page.text,
        digest=keccak_hex(page.source.encode())[2:18],
    )
    return runbook if len(faults) == before else None


def _rules(found: list[Any], spot: Spot) -> tuple[str, ...]:
    known = problem_kinds()
    rules = []
    for index, kind in enumerate(found):
        if isinstance(kind, str) and kind.startswith(KIND):
            rules.append(kind)
        elif (word := read_word(kind, known, spot.at(index))) is not None:
            rules.append(word)
    return tuple(rules)


def _globs(found: list[Any], spot: Spot) -> tuple[str, ...]:
    for index, glob in enumerate(found):
        if not isinstance(glob, str) or not glob:
            spot.at(index).fault(shown(glob), "a component, or a glob such as `sequencer:*`")
    return tuple(glob for glob in found if isinstance(glob, str))


def _steps(found: list[Any], spot: Spot) -> tuple[Step, ...]:
    steps = [_step(entry, spot.at(index)) for index, entry in enumerate(found)]
    return tuple(step for step in steps if step is not None)


def _step(entry: object, spot: Spot) -> Step | None:
    if not isinstance(entry, dict):
        spot.fault(shown(entry), "a table")
        return None
    require(entry, STEP_FIELDS, spot)
    own = read_known({k: v for k, v in entry.items() if k in STEP_FIELDS}, STEP_FIELDS, spot)
    kind = read_word(own["kind"], KINDS, spot.at("kind")) if "kind" in own else None
    name = own.get("name", "")
    if name and not STEP_NAME.fullmatch(name):
        spot.at("name").fault(shown(name), "a name of lower-case letters, digits and -")
    if kind is None:
        return None
    rest = {key: value for key, value in entry.items() if key not in STEP_FIELDS}
    params = _params(kind, rest, spot)
    proof = _condition(own["proof"], spot.at("proof")) if "proof" in own else None
    if kind in WORLD_KINDS and "proof" not in own:
        expected = "a condition: without one nobody can tell after a crash whether it was done"
        spot.at("proof").fault("nothing", expected)
    if kind not in WORLD_KINDS and "proof" in own:
        spot.at("proof").fault("a proof", f"none: a step of kind {kind} changes nothing")
    limit = _duration(own, "time_limit", STEP_LIMIT, spot)
    return Step(name, kind, params, proof, limit, own.get("note", ""))


def _params(kind: str, rest: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
    """The parameters of a step of this kind."""
    values = read_table(dict(rest), KIND_FIELDS[kind], spot)
    _check_placeholders(values, spot)
    if "until" in values:
        condition = _condition(values["until"], spot.at("until"))
        values["until"] = {"is": condition.name, **condition.params} if condition else {}
    for name, log in values.get("logs", {}).items():
        read_table(log, LOG_FIELDS, spot.at("logs").at(name))
    if kind == "host":
        named = [key for key in ("command", "restart", "stop", "start") if key in values]
        if len(named) != 1:
            found = " and ".join(named) or "nothing to do"
            spot.fault(found, one_of(("command", "restart", "stop", "start")))
    return values


def _conditions(found: list[Any], spot: Spot) -> tuple[Condition, ...]:
    read = [_condition(entry, spot.at(index)) for index, entry in enumerate(found)]
    return tuple(each for each in read if each is not None)


def _condition(entry: object, spot: Spot) -> Condition | None:
    if not isinstance(entry, dict) or "is" not in entry:
        spot.fault(shown(entry), "a table with `is`, the condition's name")
        return None
    name = read_word(entry["is"], CONDITIONS, spot.at("is"))
    if name is None:
        return None
    rest = {key: value for key, value in entry.items() if key != "is"}
    plain = {k: v for k, v in rest.items() if not (name == "answers" and k == "expect")}
    values = read_table(plain, CONDITIONS[name], spot)
    if name == "answers":
        if "expect" not in rest:
            spot.at("expect").fault("nothing", "what it must answer")
        values["expect"] = rest.get("expect")
        read_word(values.get("method", READING[0]), READING, spot.at("method"))
    if "problem" in values and not names_in(values["problem"]):
        read_word(values["problem"], problem_kinds(), spot.at("problem"))
    _check_placeholders(values, spot)
    return Condition(name, values)


def _check_placeholders(values: Mapping[str, Any], spot: Spot) -> None:
    for key, value in values.items():
        for name in names_in(value):
            if not is_known(name):
                expected = "a placeholder that can be filled in: " + ", ".join([*NAMES, *FAMILIES])
                spot.at(key).fault(f"{{{name}}}", expected, close_match(name, NAMES))


def _check_names(steps: Iterable[Step], spot: Spot) -> None:
    """One name, one step: its key is made of it."""
    seen: set[str] = set()
    for step in steps:
        if step.name in seen:
            spot.at("steps").fault(f"a second {step.name!r}", "a name of its own for each step")
        seen.add(step.name)


def _approvals(table: Mapping[str, Any], spot: Spot) -> Approvals:
    values = read_table(table, APPROVAL_FIELDS, spot)
    usual = Approvals()
    role = values.get("role", usual.role)
    read_word(role, APPROVERS, spot.at("role"))
    valid_for = _duration(values, "valid_for", usual.valid_for, spot)
    return Approvals(values.get("count", usual.count), role, valid_for)


def _duration(values: Mapping[str, Any], key: str, usual: Duration, spot: Spot) -> Duration:
    if key not in values:
        return usual
    return read_duration(values[key], spot.at(key)) or usual


def _flag(value: object, spot: Spot) -> bool:
    if not isinstance(value, bool):
        spot.fault(shown(value), "true or false")
    return value is True
