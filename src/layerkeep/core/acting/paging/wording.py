"""The words of a notice: what, since when, why, whom it touches, what is being done, what to do.

The subject fits into an SMS; the body is plain text that reads the same everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerkeep.core.acting.oncall.walltime import Date, shown_at
from layerkeep.core.acting.paging.model import AGAIN, OVER, SUMMARY
from layerkeep.core.incidents.explanation import explanation_text
from layerkeep.core.incidents.incident import MERGED, Incident
from layerkeep.core.network.graph import Graph
from layerkeep.core.units import MINUTE, SECOND, Timestamp, duration_text

SUBJECT_MAX = 140
"""Letters: one SMS with room for a name."""

LISTED_MAX = 20
"""Incidents named in one notice; the rest is counted."""

CAUSES_MAX = 6
WEI_DIGITS = 18


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one incident besides itself.

    `first_step` is the first step of its runbook, `doing` what is already being done, `link` where
    to read more and `take` where to take it.
    """

    incident: Incident
    first_step: str = ""
    doing: Sequence[str] = ()
    link: str = ""
    take: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as people read it; `fields` say the same for programs."""

    subject: str
    body: str
    link: str = ""
    take: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)


def words_of(kind: str, about: Sequence[About], graph: Graph, now: int) -> Words:
    """What somebody is told of these incidents at `now`, in milliseconds."""
    one = about[0]
    if len(about) == 1:
        body = _over(one, now) if kind == OVER else _page(kind, one, graph, now)
        subject = _subject(kind, one.incident)
    else:
        subject = f"{_mark(kind, about)} {len(about)} incidents, first: {one.incident.title}"
        lines = [_line(kind, each, now) for each in about[:LISTED_MAX]]
        more = len(about) - LISTED_MAX
        body = "\n".join([*lines, f"and {more} more"] if more > 0 else lines)
    return Words(_cut(subject), body, one.link, one.take, _fields(kind, one.incident))


def _subject(kind: str, incident: Incident) -> str:
    word = "RESOLVED" if kind == OVER else incident.severity.upper()
    again = ", still open" if kind == AGAIN else ""
    return f"[{word}{again}] {incident.title}"


def _mark(kind: str, about: Sequence[About]) -> str:
    if kind == OVER:
        return "[RESOLVED]"
    grave = {each.incident.severity for each in about}
    worst = "CRITICAL" if "critical" in grave else "WARNING"
    return f"[{worst}, summary]" if kind == SUMMARY else f"[{worst}]"


def _page(kind: str, about: About, graph: Graph, now: int) -> str:
    incident = about.incident
    lines = [
        f"What: {incident.title}",
        f"Since: {moment(incident.cause_since)}, for {_span(now - incident.cause_since)}",
        f"Cause: {incident.root.kind} on {incident.root.component}",
        *(f"  {line}" for line in _follows(incident, graph)),
        f"Touches: {_impact(incident, now)}",
        *(f"Being done: {each}" for each in about.doing or ("nothing yet",)),
    ]
    if about.first_step:
        lines.append(f"First step: {about.first_step}")
    if kind == AGAIN:
        lines.append("Nobody has taken it since you were last called.")
    return "\n".join(lines + _links(about))


def _follows(incident: Incident, graph: Graph) -> list[str]:
    """What follows from the cause, a few lines of it."""
    told = explanation_text(incident, graph)
    return [line for line in told if line.startswith("symptom: ")][:CAUSES_MAX]


def _over(about: About, now: int) -> str:
    incident = about.incident
    end = incident.resolved_at or now
    lines = [f"What: {incident.title}", f"Over: {moment(end)}, after {_span(end - incident.since)}"]
    if incident.state == MERGED:
        lines.append(f"It follows from incident {incident.merged_into}, which is told by itself.")
    elif incident.history and incident.history[-1].by:
        lines.append(f"Called resolved by {incident.history[-1].by}.")
    return "\n".join([*lines, *([f"More: {about.link}"] if about.link else [])])


def _line(kind: str, about: About, now: int) -> str:
    incident = about.incident
    if kind == OVER:
        return f"- resolved: {incident.title}" + (f"  {about.link}" if about.link else "")
    since = _span(now - incident.cause_since)
    link = f"\n  {about.link}" if about.link else ""
    return f"- {incident.severity}, for {since}: {incident.title} ({_impact(incident, now)}){link}"


def _links(about: About) -> list[str]:
    lines = [f"More: {about.link}"] if about.link else []
    return [*lines, f"Take it: {about.take}"] if about.take else lines


def _impact(incident: Incident, now: int) -> str:
    impact = incident.impact
    parts = [f"{impact.messages} messages"] if impact.messages else []
    parts += [f"{_native(impact.value)} native"] if impact.value else []
    parts += [f"{impact.users} users"] if impact.users else []
    if impact.deadline is not None:
        left = impact.deadline - now
        parts.append(f"deadline in {_span(left)}" if left > 0 else "a deadline that is past")
    return ", ".join(parts) or "nobody so far"


def _fields(kind: str, incident: Incident) -> dict[str, str | int]:
    impact = incident.impact
    return {
        "incident": incident.id,
        "state": "resolved" if kind == OVER else incident.state,
        "severity": incident.severity,
        "kind": incident.root.kind,
        "component": incident.root.component,
        "since_ms": incident.cause_since,
        "messages": impact.messages,
        "users": impact.users,
        "value_wei": str(impact.value),
    }


def _native(wei: int) -> str:
    whole, rest = divmod(wei, 10**WEI_DIGITS)
    fraction = str(rest).zfill(WEI_DIGITS)[:4].rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def _span(time: int) -> str:
    """A duration, to the second."""
    return duration_text(max(0, time) // SECOND * SECOND) if time >= SECOND else "a moment"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SUBJECT_MAX else flat[: SUBJECT_MAX - 1] + "…"


def moment(time: int) -> str:
    """A time in UTC, to the second: `2026-11-23 13:12:05 UTC`."""
    wall = shown_at(Timestamp(time), "UTC")
    hour, minute = divmod(wall.minute, 60)
    day = Date.fromordinal(wall.day).isoformat()
    return f"{day} {hour:02}:{minute:02}:{time % MINUTE // SECOND:02} UTC"
