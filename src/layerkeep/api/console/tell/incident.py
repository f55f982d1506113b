"""What is said of one incident: its history in sentences, its symptoms as a tree, its cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.api.console.words import component, duration
from layerkeep.api.shapes.incidents import EntryShown, IncidentPage, IncidentShown, LineShown
from layerkeep.api.shapes.overview import TruthShown
from layerkeep.core.units import HOUR, MINUTE, SECOND

OVER = ("resolved", "merged")
INDENT_MAX = 4

HAPPENED = {
    "opened": ("cause", "bad", "opened: {reason}"),
    "reopened": ("cause", "bad", "opened again: {reason}"),
    "cause-named": ("cause", "bad", "cause named: {reason}"),
    "symptom-added": ("symp", "bad", "{reason} joined as symptom"),
    "symptom-gone": ("fine", "dim3", "{reason} is gone"),
    "severity-raised": ("late", "late", "severity raised: {reason}"),
    "severity-lowered": ("fine", "dim3", "severity lowered: {reason}"),
    "resolving": ("fine", "dim3", "all clear; it ends if nothing comes back"),
    "relapsed": ("symp", "bad", "came back: {reason}"),
    "acknowledged": ("hand", "act", "took it"),
    "noted": ("hand", "act", "noted"),
    "handed-over": ("hand", "act", "handed it to {reason}"),
    "silenced": ("hand", "act", "silenced it"),
    "maintenance": ("hand", "act", "put it under maintenance"),
    "unsilenced": ("hand", "act", "lifted the silence"),
    "merged": ("fine", "dim3", "merged: {reason}"),
    "resolved": ("f4", "", "resolved"),
}
"""What can happen, with its mark, its colour and its sentence."""

SILENCES = (
    (30 * MINUTE, "30 m"),
    (HOUR, "1 h"),
    (4 * HOUR, "4 h"),
    (12 * HOUR, "12 h"),
    (24 * HOUR, "24 h"),
)
"""For how long an incident can be silenced from the page: none without an end, none over a day."""

OUTCOMES = {
    "acknowledge": "You took it. Nobody else is called.",
    "note": "It is noted in the history.",
    "hand-over": "It is handed over. Nobody else is called.",
    "silence": "It is silenced. It stays open, and nobody is called.",
    "unsilence": "It is silenced no longer.",
    "resolve": "You called it resolved. It comes back if its cause is still there.",
}
"""What was done, said once after a form."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history."""

    time: int
    mark: str
    tone: str
    by: str
    says: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree, indented by what it follows from."""

    line: LineShown
    indent: int


def history(entries: Sequence[EntryShown]) -> tuple[Happened, ...]:
    """What happened, newest first."""
    newest = sorted(entries, key=lambda entry: entry.last or entry.time, reverse=True)
    return tuple(_happened(entry) for entry in newest)


def _happened(entry: EntryShown) -> Happened:
    unsaid = ("fine", "dim3", entry.what.replace("-", " ") + (": {reason}" if entry.reason else ""))
    mark, tone, form = HAPPENED.get(entry.what, unsaid)
    says = form.replace("{reason}", _reason(entry.reason))
    if entry.by and entry.reason and "{reason}" not in form:
        says += f": {entry.reason}"
    if entry.count > 1:
        span = f" in {duration(_span(entry))}" if _span(entry) else ""
        says += f", {entry.count:,} times{span}"
    return Happened(entry.last or entry.time, mark, tone, entry.by, says.rstrip(": "))


def _span(entry: EntryShown) -> int:
    return max(0, entry.last - entry.time) // SECOND * SECOND


def _reason(reason: str) -> str:
    """`safe-stalled chain:l2` as `safe stalled, l2`; other text as it stands."""
    words = reason.split(" ")
    if len(words) == 2 and ":" in words[1]:
        return f"{component(words[1])} {words[0].replace('-', ' ')}"
    return reason


def tree(lines: Iterable[LineShown]) -> tuple[Branch, ...]:
    """The cause, then what follows from it, each below what it follows from."""
    children: dict[str, list[LineShown]] = {}
    known = {line.key for line in lines}
    roots = [line for line in lines if line.role == "root"]
    top = roots[0].key if roots else ""
    for line in lines:
        if line in roots:
            continue
        above = line.parent if line.parent in known and line.parent != line.key else top
        children.setdefault(above, []).append(line)
    found = list(_grown(roots, children, 0, set()))
    lost = [line for line in lines if line not in [branch.line for branch in found]]
    return tuple(found) + tuple(Branch(line, 1) for line in lost)


def _grown(
    lines: Sequence[LineShown],
    children: Mapping[str, Sequence[LineShown]],
    indent: int,
    seen: set[str],
) -> Iterator[Branch]:
    for line in sorted(lines, key=lambda each: (each.since, each.key)):
        if line.key not in seen:
            seen.add(line.key)
            yield Branch(line, min(indent, INDENT_MAX))
            yield from _grown(children.get(line.key, ()), children, indent + 1, seen)


def state_words(incident: IncidentShown, now: int) -> str:
    """The incident's state: `open`, `taken`, `silenced until …`, `ended`."""
    if incident.state == "merged":
        return "part of another incident"
    if incident.state == "resolved":
        return "over"
    taken = (
        "taken" if incident.acknowledged is not None or incident.owner else "open, nobody has it"
    )
    if incident.all_clear_at is not None:
        return f"{taken}, all clear"
    if incident.muted_until is not None and incident.muted_until > now:
        return f"{taken}, silenced"
    return taken


def integrity(truths: Iterable[TruthShown], chains: Sequence[str]) -> tuple[str, bool]:
    """What is known of the truth of the chains it touches, and whether any of it is false."""
    mine = [each for each in truths if each.chain in chains]
    wrong = [each for each in mine if each.verdict == "false"]
    if wrong:
        first = wrong[0]
        return f"{first.chain}: {first.check.replace('-', ' ')} is false; value is at risk", True
    right = {each.chain for each in mine if each.verdict == "true"}
    blind = sorted({each.chain for each in mine if each.verdict == "blind"})
    if blind:
        return f"whether {' and '.join(blind)} is true is not known", False
    asked = {each.chain for each in mine}
    if right and all(each.verdict == "true" for each in mine):
        return f"all that {' and '.join(sorted(asked))} claim is true; nothing is lost", False
    if right:
        return f"{' and '.join(sorted(right))}: true as far as recomputed", False
    return "nothing of what it touches was recomputed yet", False


def is_false(page: IncidentPage) -> bool:
    """True if the cause is something that was said and is not true: the loudest of all."""
    return page.incident.kind.endswith(("-false", "-forged"))
