"""A draft of the review after an incident, in Markdown: what is known is filled in."""

from datetime import UTC, datetime

from layerkeep.api.shapes.incidents import EntryShown, IncidentShown, LineShown
from layerkeep.core.incidents.explanation import component_text
from layerkeep.core.rules.problems import Impact
from layerkeep.core.units import duration_text

DEFINITIONS = (
    ("time to detect", "from when the cause began until the incident was opened"),
    ("time to acknowledge", "from opened until somebody took it"),
    ("time to resolve", "from when the cause began until it was resolved"),
)

NOT_YET = "not yet"


def report_of(
    incident: IncidentShown,
    lines: tuple[LineShown, ...],
    timeline: tuple[EntryShown, ...],
    worst: Impact,
) -> str:
    """The draft; what people have to add has a heading and no text."""
    parts = [
        f"# {_line(incident.title)}",
        f"Incident {incident.id}, {incident.severity}, {incident.state}.",
        "## Times",
        _times(incident),
        "## Impact at its worst",
        _impact(worst),
        "## Cause",
        "\n".join(_told(line) for line in lines if line.role == "root"),
        "## Symptoms",
        "\n".join(_told(line) for line in lines if line.role != "root") or "None.",
        "## Timeline",
        "\n".join(map(_entry, timeline)),
        "## What was done",
        "\n".join(_entry(entry) for entry in timeline if entry.by) or "Nobody did anything here.",
        "## Follow-ups",
        "| what | who | until |\n|---|---|---|\n| | | |",
    ]
    return "\n\n".join(parts) + "\n"


def _times(incident: IncidentShown) -> str:
    """When it began, was opened, taken and resolved, and the spans between, each as defined."""
    moments = (
        ("began", incident.since),
        ("opened", incident.opened),
        ("acknowledged", incident.acknowledged),
        ("resolved", incident.resolved),
    )
    spans = (
        incident.opened - incident.since,
        _span(incident.opened, incident.acknowledged),
        _span(incident.since, incident.resolved),
    )
    told = [f"- {name}: {_moment(at)}" for name, at in moments]
    for (name, meaning), span in zip(DEFINITIONS, spans, strict=True):
        figure = NOT_YET if span is None else duration_text(span)
        told.append(f"- {name} ({meaning}): {figure}")
    return "\n".join(told)


def _impact(worst: Impact) -> str:
    told = [
        f"- messages: {worst.messages}",
        f"- users: {worst.users}",
        f"- value: {worst.value} wei",
    ]
    if worst.deadline is not None:
        told.append(f"- nearest deadline: {_moment(worst.deadline)}")
    return "\n".join(told)


def _told(line: LineShown) -> str:
    reason = f" ({line.reason})" if line.reason else ""
    times = f", {line.seen} in all" if line.seen > 1 else ""
    when = f" from {_moment(line.since)}"
    return f"- {line.kind} of {component_text(line.component)}{times}{when}: " + (
        _line(line.summary) + reason
    )


def _entry(entry: EntryShown) -> str:
    by = f" by {_line(entry.by)}" if entry.by else ""
    times = f", {entry.count} times until {_moment(entry.last)}" if entry.count > 1 else ""
    reason = f": {_line(entry.reason)}" if entry.reason else ""
    return f"- {_moment(entry.time)} {entry.what}{by}{times}{reason}"


def _span(start: int, end: int | None) -> int | None:
    return None if end is None else end - start


def _moment(at: int | None) -> str:
    if at is None:
        return NOT_YET
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _line(text: str) -> str:
    """Text from outside in one line."""
    return " ".join(text.split())
