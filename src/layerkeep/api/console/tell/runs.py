"""How runs are told: their states in words with a mark, their steps, what a form came to."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.api.console.words import amount, many, moment, sentence
from layerkeep.api.shapes.runs import RunPage, RunShown, RunStepShown
from layerkeep.core.acting.runs.record import REASONS

ACTORS = ("operator", "admin")
HALTED = "All runs are halted"

STATES: Mapping[str, tuple[str, str, str]] = {
    "proposed": ("wait", "act", "its preconditions are looked at"),
    "preflight": ("wait", "act", "its steps are rehearsed"),
    "awaiting": ("hand", "act", "asks"),
    "approved": ("hand", "act", "approved, waits for start"),
    "executing": ("f2", "", "is carried out"),
    "way-back": ("late", "late", "goes its way back"),
    "done": ("f4", "", "done"),
    "undone": ("f4", "dim3", "undone"),
    "stopped": ("cause", "bad", "stopped, a person must look"),
    "refused": ("fine", "dim3", "refused, nothing was done"),
    "denied": ("fine", "dim3", "denied, nothing was done"),
    "expired": ("fine", "dim3", "expired, nothing was done"),
    "moot": ("fine", "dim3", "moot: its incident was over, nothing was done"),
}
"""Each state with its mark, its colour and its words."""

STEP_STATES: Mapping[str, tuple[str, str, str]] = {
    "pending": ("wait", "dim3", "not begun"),
    "intended": ("f0", "act", "begun"),
    "verifying": ("f2", "act", "done, its proof is awaited"),
    "done": ("f4", "", "done"),
    "already-done": ("f4", "", "needed no doing"),
    "failed": ("cause", "bad", "failed"),
    "unsure": ("seen", "blind", "nobody can tell whether it was done"),
}

HAPPENED: Mapping[str, tuple[str, str, str]] = {
    "proposed": ("hand", "act", "proposed it"),
    "preflight": ("fine", "dim3", "preconditions hold"),
    "rehearsed": ("fine", "dim3", "every step was rehearsed"),
    "agreed": ("hand", "act", "agreed"),
    "approved": ("f4", "", "enough people agreed"),
    "approval-expired": ("late", "late", "an approval no longer counts"),
    "start": ("hand", "act", "said start"),
    "executing": ("f2", "", "it is carried out from here on"),
    "denied": ("hand", "act", "said no"),
    "intended": ("f0", "", "begun: {detail}"),
    "already-done": ("f4", "", "needed no doing: {detail}"),
}
"""What can happen to a run, with its mark, its colour and its sentence; the rest as it stands."""

OUTCOMES = {
    "propose": "It is proposed. Its steps are rehearsed now; nothing is changed before people "
    "agree.",
    "approve": "You agreed.",
    "deny": "You said no. The run is over, and nothing of it was done.",
    "start": "You said start. It is carried out as soon as nothing stands in its way.",
    "answer": "You answered.",
    "halt": "All runs are halted before their next step.",
    "go": "Runs may go on.",
}
"""What was done, said once after a form."""

FAILURES = {
    "invalid": "Not done: the form was not understood.",
    "store-failing": "Not done: the store does not answer. Try again in a few seconds.",
    "not-known": "Not done: nothing has this name.",
    "not-possible": "Not done: it does not count now.",
}
"""Sentences for the stable words of what can go wrong."""

Told = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run's history."""

    time: int
    mark: str
    tone: str
    by: str
    says: str


@dataclass(frozen=True, slots=True)
class Mine:
    """What the reader may do to a run: `asks` is `approve`, `start`, `answer` or nothing.

    `why` says why not, where something is asked of others only; `denies` if they may say no.
    """

    asks: str = ""
    why: str = ""
    denies: bool = False


def state_of(run: RunShown) -> Told:
    """How a run is: its mark, its colour, its words."""
    mark, tone, words = STATES[run.state]
    if run.state == "awaiting":
        words = f"asks: {run.agreed} of {run.needed} agreed"
    if run.rests:
        words = f"rests: {REASONS.get(run.rests, run.rests)}"
    return mark, tone, words


def step_state(step: RunStepShown) -> Told:
    """How a step is."""
    return STEP_STATES[step.state]


def title_of(shown: RunPage) -> str:
    """The sentence of a run's page: what is done, and how that stands."""
    run, step = shown.run, current(shown)
    if run.state == "executing" and step is not None:
        if step.kind == "ask":
            return f"{run.title}: it asks"
        return f"{run.title}: {step.name} is under way"
    if run.state == "awaiting":
        return f"{run.title}: {run.agreed} of {run.needed} agreed"
    return f"{run.title}: {state_of(run)[2]}"


def answer_state(shown: RunPage) -> str:
    """How the sentence looks."""
    run, step = shown.run, current(shown)
    if run.state in ("awaiting", "approved") or (step is not None and step.kind == "ask"):
        return "waits"
    return {"stopped": "cause", "way-back": "late"}.get(run.state, "quiet")


def current(shown: RunPage) -> RunStepShown | None:
    """The step that an acting run is at."""
    if shown.run.state not in ("executing", "way-back"):
        return None
    part = shown.way_back if shown.run.state == "way-back" else shown.steps
    return next((each for each in part if each.name == shown.run.step), None)


def cost_of(run: RunShown, now: int) -> str:
    """The second line: why, or since when."""
    if run.why or run.detail:
        detail = f": {run.detail}" if run.detail else ""
        return sentence((run.why or run.reason) + detail) + "."
    if run.ended is not None:
        return f"Ended {moment(run.ended, now)}."
    return f"Proposed by {run.proposed_by}, {moment(run.proposed_at, now)}."


def mine(shown: RunPage, person: str, role: str, started: bool) -> Mine:
    """What this person may do now."""
    run, step = shown.run, current(shown)
    asks = {"awaiting": "approve", "approved": "" if started else "start"}.get(run.state, "")
    asks = "answer" if step is not None and step.kind == "ask" else asks
    if not asks:
        return Mine()
    if role not in ACTORS:
        return Mine(why="You are reading. It takes the role operator to say anything.")
    if not person:
        return Mine(why="Your token is nobody's: the topology names it at no person.")
    if asks != "approve":
        return Mine(asks)
    if run.role == "admin" and role != "admin":
        return Mine(why="It takes the role admin to agree.", denies=True)
    if person == run.proposed_by:
        return Mine(why="You proposed it, so somebody else has to agree.", denies=True)
    if any(person == each.person for each in shown.approvals):
        return Mine(why="You agreed already; somebody else has to agree, too.", denies=True)
    return Mine(asks)


def is_started(shown: RunPage) -> bool:
    """True if somebody said start after the run was approved last."""
    names = [each.name for each in shown.history if each.name in ("approved", "start")]
    return names[-1:] == ["start"]


def seen_of(run: RunShown) -> str:
    """What a form says of the run it was made for: the server compares it."""
    return f"{run.state} {run.step} {run.agreed}"


def history(shown: RunPage) -> tuple[Line, ...]:
    """What happened, newest first."""
    return tuple(_line(each) for each in reversed(shown.history))


def _line(entry: Any) -> Line:
    words = entry.name.replace("-", " ")
    rest = REASONS.get(entry.name, words) + (": {detail}" if entry.detail else "")
    mark, tone, form = HAPPENED.get(entry.name, ("fine", "dim3", rest))
    says = form.replace("{detail}", entry.detail)
    if entry.by and entry.detail and "{detail}" not in form:
        says += f": {entry.detail}"
    return Line(entry.time, mark, tone, entry.by, says)


def pairs(step: RunStepShown) -> tuple[tuple[str, str], ...]:
    """Exactly what a step does, name by name; arguments that calldata holds stand by themselves."""
    known = {name: value for name, value in step.action.items() if _is_said(value)}
    found = [(name, _worth(name, value)) for name, value in known.items()]
    for name, value in step.evidence.items():
        if name == "arguments" and isinstance(value, list):
            found += list(_arguments(value))
        elif _is_said(value) and known.get(name) != value:
            found.append((name.replace("_", " "), _text(value)))
    return tuple(found)


def _arguments(values: list[Any]) -> Iterator[tuple[str, str]]:
    """The arguments as they were read back out of the calldata."""
    for nth, each in enumerate(values, 1):
        yield f"argument {nth}", f"{each.get('type', '')} {_text(each.get('value'))}".strip()


def _is_said(value: object) -> bool:
    return value not in ("", None) and value != [] and value != {}


def _worth(name: str, value: object) -> str:
    """A value; of wei also how many ETH that is."""
    text = _text(value)
    return f"{text} wei, {amount(text)} ETH" if name == "value" and text.isdigit() else text


def _text(value: object) -> str:
    if isinstance(value, dict) and "is" in value:
        about = ", ".join(f"{key} {_text(each)}" for key, each in value.items() if key != "is")
        return f"{value['is']} ({about})" if about else str(value["is"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def doing(steps: tuple[RunStepShown, ...]) -> str:
    """What a plan does, in a few words."""
    names = [each.name for each in steps if each.kind in ("rpc", "transaction", "http", "host")]
    return ", then ".join(names) if names else f"nothing outside: {many(len(steps), 'step')}"


def outcome_of(query: Mapping[str, str], done: Mapping[str, str]) -> tuple[str, str, str] | None:
    """What became of a form, told on the page it led back to: a state, a sentence, more."""
    word, failed = query.get("done", ""), query.get("failed", "")
    if query.get("first"):
        return "first", "Somebody was first: it stands otherwise than you saw it.", "Look again."
    if word in done:
        return "done", done[word], "It stands in the audit with your name."
    if failed:
        return "err", FAILURES.get(failed, "This did not work."), "Nothing was changed."
    return None
