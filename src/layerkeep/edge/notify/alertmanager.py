"""Alertmanager's API v2: alerts pushed and ended, and its silences read.

An alert is one by its labels, and people route by severity: so the alert of an incident that got
graver ends and another one begins. Ending one that never was tells nobody.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import aiohttp
import msgspec

from layerkeep.edge.notify.outcome import TIMEOUT_S, Message, Outcome, Subject, posted

ALERTS = "/api/v2/alerts"
SILENCES = "/api/v2/silences"
ANSWER_MAX = 4 * 1024 * 1024

SEVERITY = "severity"
PUSHED = ("critical", "warning")
"""The severities that page; each has an alert of its own."""

LASTS_S = 7 * 24 * 3600
"""An alert that we never end goes by itself after this: longer than any incident should last."""


class Matcher(msgspec.Struct, frozen=True):
    """What a silence asks of one label."""

    name: str
    value: str
    isRegex: bool = False  # noqa: N815
    isEqual: bool = True  # noqa: N815


class _State(msgspec.Struct, frozen=True):
    state: str


class Silence(msgspec.Struct, frozen=True):
    """A silence as Alertmanager tells it."""

    id: str
    matchers: list[Matcher]
    status: _State
    endsAt: datetime  # noqa: N815
    createdBy: str = ""  # noqa: N815

    @property
    def until(self) -> int:
        """When it ends, in milliseconds."""
        return int(self.endsAt.timestamp() * 1000)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """True if every matcher does; a label that is missing is empty."""
        return all(_is_met(each, labels.get(each.name, "")) for each in self.matchers)


class Alertmanager:
    """One Alertmanager."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def tell(self, message: Message) -> Outcome:
        """All incidents of a message in one push; alerts of another severity end."""
        alerts = [_alert(message, each, word) for each in message.about for word in PUSHED]
        body = msgspec.json.encode(alerts)
        headers = {"Content-Type": "application/json"}
        return await posted(self._session, self._url + ALERTS, body, headers)

    async def silences(self) -> list[Silence] | None:
        """The silences in force; None if it does not tell."""
        limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with self._session.get(self._url + SILENCES, timeout=limit) as response:
                body = await response.content.read(ANSWER_MAX)
                if response.status != 200:
                    return None
                while chunk := await response.content.read(ANSWER_MAX):
                    body += chunk
            found = msgspec.json.decode(body, type=list[Silence])
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, msgspec.MsgspecError):
            return None
        return [each for each in found if each.status.state == "active"]


def silenced_until(silences: Iterable[Silence], labels: Mapping[str, str]) -> int:
    """Until when the longest silence of these labels lasts, in milliseconds; 0 without one."""
    return max((each.until for each in silences if each.matches(labels)), default=0)


def _is_met(matcher: Matcher, value: str) -> bool:
    if not matcher.isRegex:
        return (value == matcher.value) == matcher.isEqual
    try:
        found = re.fullmatch(matcher.value, value) is not None
    except re.error:
        return False
    return found == matcher.isEqual


def _alert(message: Message, about: Subject, severity: str) -> dict[str, object]:
    ended = message.over or severity != about.severity
    end = message.time if ended else message.time + LASTS_S * 1000
    alert: dict[str, object] = {
        "labels": {**about.labels, SEVERITY: severity},
        "annotations": {"summary": about.summary, "description": about.body},
        "startsAt": _rfc3339(min(about.since, message.time)),
        "endsAt": _rfc3339(end),
    }
    return alert | ({"generatorURL": about.link} if about.link else {})


def _rfc3339(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds")
