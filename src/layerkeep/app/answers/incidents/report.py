"""A draft of the review after an incident, in Markdown: what is known is filled in."""

from collections.abc import Iterator
from datetime import UTC, datetime

from layerkeep.api.shapes.incidents import EntryShown, IncidentShown, LineShown
from layerkeep.app.answers.incidents.aftermath import Aftermath, Means
from layerkeep.core.acting.paging.model import CALLS, FAILED, UNSURE
from layerkeep.core.acting.runs.record import DENIED, DONE, FINAL
from layerkeep.core.incidents.explanation import component_text
from layerkeep.core.rules.problems import Impact
from layerkeep.core.units import MINUTE, SECOND, duration_text

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
    after: Aftermath,
) -> str:
    """The draft; what people have to add has a heading and no text."""
    parts = [
        f"# {_line(incident.title)}",
        f"Incident {incident.id}, {incident.severity}, {incident.state}.",
        "## Times",
        _times(incident),
        _means(after.means),
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
        "## Who was told",
        "\n".join(_told_to(after)) or "Nobody was told anything of it.",
        "## What was tried",
        "\n".join(_tried(after)) or "No runbook was run for it.",
        "## Follow-ups",
        "\n".join(["| what | who | until |", "|---|---|---|", *_follow_ups(incident, after)]),
    ]
    return "\n\n".join(parts) + "\n"


def _times(incident: IncidentShown) -> str:
    """When it began, was opened, taken and resolved, and the spans between, each as defined."""
    began = incident.since if incident.began is None else incident.began
    moments = (
        ("began", began),
        ("opened", incident.opened),
        ("acknowledged", incident.acknowledged),
        ("resolved", incident.resolved),
    )
    spans = (
        incident.opened - began,
        _span(incident.opened, incident.acknowledged),
        _span(began, incident.resolved),
    )
    told = [f"- {name}: {_moment(at)}" for name, at in moments]
    for (name, meaning), span in zip(DEFINITIONS, spans, strict=True):
        figure = NOT_YET if span is None else duration_text(span)
        told.append(f"- {name} ({meaning}): {figure}")
    return "\n".join(told)


def _means(means: Means) -> str:
    """The means over incidents that are over, each with over how many."""
    if not means.count:
        return "MTTD, MTTA and MTTR: no incident ended here in the last 90 days."
    figures = (
        ("MTTD", "mean time to detect", means.detect, means.count),
        ("MTTA", "mean time to acknowledge, of those that somebody took", *means.acknowledge),
        ("MTTR", "mean time to resolve", means.resolve, means.count),
    )
    lines = [
        f"- {short} ({meaning}): "
        + (f"{_about(mean)} over {count} incidents" if count else "nobody took any")
        for short, meaning, mean, count in figures
    ]
    limit = "the newest " if means.cut else ""
    head = f"Means over {limit}{means.count} incidents that ended in the last 90 days:"
    return "\n".join([head, "", *lines])


def _told_to(after: Aftermath) -> Iterator[str]:
    """Each notice with its outcome, the first one first."""
    for each in reversed(after.notices):
        whom = f"{each.person or 'nobody'} by {each.channel or 'no channel'}"
        detail = f" ({_line(each.detail)})" if each.detail else ""
        yield f"- {_moment(each.time)} {each.kind} to {whom}: {each.state}{detail}"


def _tried(after: Aftermath) -> Iterator[str]:
    """Each run with who proposed it, who agreed and what came of it, the first one first."""
    for run in reversed(after.runs):
        why = f", {run.why or run.reason}" if run.reason else ""
        detail = f": {_line(run.detail)}" if run.detail else ""
        acted = "" if run.began else ", nothing was done"
        agreed = "by policy" if run.automatic else f"{run.agreed} of {run.needed} agreed"
        yield (
            f"- {_moment(run.proposed_at)} {run.runbook} (run {run.id[:6]}), proposed by "
            f"{_line(run.proposed_by)}, {agreed}: {run.state}{why}{detail}{acted}"
        )


def _follow_ups(incident: IncidentShown, after: Aftermath) -> Iterator[str]:
    """What the facts ask for; a row is left for what people know."""
    place = component_text(incident.component)
    if not after.owner:
        yield f"| name an owner of {place}: nobody owns it | | |"
    if any(each.state in (FAILED, UNSURE) for each in after.notices):
        ways = sorted({each.channel for each in after.notices if each.state in (FAILED, UNSURE)})
        yield f"| find out why notices did not arrive: {', '.join(filter(None, ways))} | | |"
    if incident.acknowledged is None and any(each.kind in CALLS for each in after.notices):
        yield "| find out why nobody took it though people were called | | |"
    for run in after.runs:
        if run.state in FINAL and run.state not in (DONE, DENIED):
            yield f"| mend the runbook {run.runbook}: its run ended {run.state} | | |"
    if not after.runs:
        yield f"| write down what helped against {incident.kind} as a runbook | | |"
    yield "| | | |"


def _about(mean: float) -> str:
    """A mean, to the second, of long ones to the minute."""
    step = MINUTE if mean >= 100 * MINUTE else SECOND
    return duration_text(int(mean) // step * step)


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
