"""Chat, SMS gateways and the rest through Apprise, an extra that is loaded when it is needed.

Apprise waits on the network, so it runs in a thread. It says only whether all went well, not
whether a message that did not may have arrived all the same: so that is unsure, and the next
channel is used. Its log may hold secrets and is not repeated.
"""

import asyncio
from importlib import import_module
from typing import Any
from urllib.parse import quote

from layerkeep.core.acting.paging.model import FAILED, SENT, UNSURE
from layerkeep.core.errors import SettingsError
from layerkeep.edge.notify.outcome import Message, Outcome

PLACE = "{to}"
"""Where the URL takes the person's address."""

LIMIT_S = 30.0
TYPES = {"critical": "failure", "warning": "warning", "info": "info"}


class Apprise:
    """One Apprise URL, with the person's address in it or in front of the text."""

    def __init__(self, url: str) -> None:
        """SettingsError if Apprise is not installed, or does not know such a URL."""
        self._apprise = _load()
        self._url = url
        if not self._apprise.Apprise().add(url.replace(PLACE, "0000000000")):
            raise SettingsError("Apprise knows no such URL; see its list of services")

    async def tell(self, message: Message) -> Outcome:
        """One message; an answer that takes too long leaves the outcome unknown."""
        try:
            async with asyncio.timeout(LIMIT_S):
                return await asyncio.to_thread(self._tell, message)
        except TimeoutError:
            return Outcome(UNSURE, "no answer in time")

    def _tell(self, message: Message) -> Outcome:
        body = message.body
        if message.address and PLACE not in self._url:
            body = f"{message.address} {body}"
        one = self._apprise.Apprise()
        if not one.add(self._url.replace(PLACE, quote(message.address, safe="+@"))):
            return Outcome(FAILED, "an address that Apprise does not take")
        kind = "success" if message.over else TYPES.get(_severity(message), "info")
        taken = one.notify(body=body, title=message.subject, notify_type=kind)
        return Outcome(SENT, "taken") if taken else Outcome(UNSURE, "not taken, or too late")


def _severity(message: Message) -> str:
    return message.about[0].severity if message.about else ""


def _load() -> Any:
    """The library, slow to load; SettingsError naming the extra if it is not here."""
    try:
        return import_module("apprise")
    except ImportError as error:
        raise SettingsError(
            "a channel of kind `apprise` needs Apprise: install layerkeep with its extra "
            "`notify`, for example `pip install 'layerkeep[notify]'`"
        ) from error
