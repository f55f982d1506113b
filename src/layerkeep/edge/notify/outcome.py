"""What a channel is asked, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from layerkeep.core.acting.paging.model import FAILED, SENT, UNSURE

TIMEOUT_S = 10.0
"""Whoever takes a page answers within this; a person waits on the other side."""

DETAIL_MAX = 200
AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Answers that say it was not taken, and may be the next time."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One incident in a message, for channels that keep an alert until it is over.

    `labels` are the same as long as it lasts. Times in milliseconds.
    """

    id: str
    severity: str
    summary: str
    since: int
    labels: Mapping[str, str]
    body: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What one person is told. `id` is the notice's, so that a receiver can tell doubles apart.

    `address` is the person's on this channel, empty on a shared one. `over`: it is resolved.
    """

    id: str
    kind: str
    person: str
    address: str
    subject: str
    body: str
    time: int
    over: bool = False
    link: str = ""
    take: str = ""
    about: Sequence[Subject] = ()
    fields: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sent`, `failed` or `unsure`, and why. `again`: it failed now and may work later."""

    state: str
    detail: str = ""
    again: bool = False


class Notifier(Protocol):
    """One channel."""

    async def tell(self, message: Message) -> Outcome:
        """Tell it once. Nothing is raised: what goes wrong is an outcome."""


async def posted(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
) -> Outcome:
    """What becomes of a POST: an answer that never came leaves it unknown."""
    limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with session.post(
            url, data=body, headers=headers, timeout=limit, allow_redirects=False
        ) as response:
            if 200 <= response.status < 300:
                return Outcome(SENT, f"HTTP {response.status}")
            return Outcome(FAILED, f"HTTP {response.status}", again=response.status in AGAIN)
    except aiohttp.ClientConnectorError as error:
        reason = error.os_error.strerror or "no connection"
        return Outcome(FAILED, f"not reached: {reason}", again=True)
    except TimeoutError:
        return Outcome(UNSURE, "no answer in time")
    except (aiohttp.ClientError, ValueError, OSError) as error:
        unsent = isinstance(error, aiohttp.InvalidURL | ValueError)
        return Outcome(FAILED if unsent else UNSURE, f"no answer: {type(error).__name__}")
