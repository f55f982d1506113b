"""A signed POST: JSON with an HMAC-SHA256 over the time and the body.

    Layerkeep-Timestamp: 1790000000
    Layerkeep-Signature: v1=<hex of HMAC-SHA256(secret, timestamp + "." + body)>

A receiver compares the signature in constant time and refuses a timestamp far from its own clock.
"""

import hashlib
import hmac
from collections.abc import Mapping

import aiohttp
import msgspec

from layerkeep.edge.notify.outcome import Message, Outcome, posted

TIMESTAMP = "Layerkeep-Timestamp"
SIGNATURE = "Layerkeep-Signature"
VERSION = "v1"

TOLERANCE_S = 300
"""A signed body is refused when it is older: whoever recorded it cannot send it again for long."""


class Webhook:
    """A receiver of our own kind."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str) -> None:
        self._session = session
        self._url = url
        self._secret = secret

    async def tell(self, message: Message) -> Outcome:
        """Post it; the id stays the same however often it is tried."""
        body = msgspec.json.encode(
            {
                "id": message.id,
                "kind": message.kind,
                "person": message.person,
                "subject": message.subject,
                "body": message.body,
                "time_ms": message.time,
                "link": message.link,
                "take": message.take,
                "fields": message.fields,
                "incidents": [
                    {"id": each.id, "severity": each.severity, "summary": each.summary}
                    for each in message.about
                ],
            }
        )
        headers = signed(self._secret, body, message.time // 1000)
        return await posted(self._session, self._url, body, headers)


def signed(secret: str, body: bytes, now_s: int) -> dict[str, str]:
    """The headers that prove who sent a body, and when (seconds since the epoch)."""
    return {
        "Content-Type": "application/json",
        TIMESTAMP: str(now_s),
        SIGNATURE: f"{VERSION}={_mac(secret, str(now_s), body)}",
    }


def is_signed(secret: str, body: bytes, headers: Mapping[str, str], now_s: int) -> bool:
    """True if a body was signed by this secret, not long ago."""
    time = headers.get(TIMESTAMP, "")
    if not (time.isascii() and time.isdigit()) or abs(now_s - int(time)) > TOLERANCE_S:
        return False
    given = headers.get(SIGNATURE, "").encode()
    return hmac.compare_digest(f"{VERSION}={_mac(secret, time, body)}".encode(), given)


def _mac(secret: str, time: str, body: bytes) -> str:
    return hmac.new(secret.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()
