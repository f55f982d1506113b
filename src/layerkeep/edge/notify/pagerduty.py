"""PagerDuty Events API v2: trigger and resolve, one alert for each incident.

The endpoint is the channel's `url`, the routing key its `secret`. Its `dedup_key` is the incident,
so that an event told twice is one alert.
"""

import aiohttp
import msgspec

from layerkeep.core.acting.paging.model import SENT
from layerkeep.edge.notify.outcome import Message, Outcome, Subject, posted

ENQUEUE = "/v2/enqueue"
SUMMARY_MAX = 1_024
SEVERITIES = {"critical": "critical", "warning": "warning", "info": "info"}


class PagerDuty:
    """One service of PagerDuty, or whatever speaks like it."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str, network: str) -> None:
        self._session = session
        self._url = url.rstrip("/").removesuffix(ENQUEUE) + ENQUEUE
        self._key = key
        self._network = network

    async def tell(self, message: Message) -> Outcome:
        """One event for each incident; the first that is not taken decides."""
        for each in message.about:
            body = msgspec.json.encode(self._event(message, each))
            headers = {"Content-Type": "application/json"}
            outcome = await posted(self._session, self._url, body, headers)
            if outcome.state != SENT:
                return outcome
        return Outcome(SENT, f"{len(message.about)} taken")

    def _event(self, message: Message, about: Subject) -> dict[str, object]:
        event: dict[str, object] = {
            "routing_key": self._key,
            "event_action": "resolve" if message.over else "trigger",
            "dedup_key": f"layerkeep/{self._network}/{about.id}",
        }
        if message.over:
            return event
        links = [{"href": about.link, "text": "layerkeep"}] if about.link else []
        return event | {
            "client": "layerkeep",
            "links": links,
            "payload": {
                "summary": about.summary[:SUMMARY_MAX],
                "source": about.labels.get("component", self._network),
                "severity": SEVERITIES.get(about.severity, "error"),
                "component": about.labels.get("component", ""),
                "group": self._network,
                "class": about.labels.get("alertname", ""),
                "custom_details": {"details": about.body, "person": message.person},
            },
        }
