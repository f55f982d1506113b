"""What Alertmanagers have silenced: asked for again and again, the last answer counts."""

import asyncio
from collections.abc import Mapping

from layerkeep.edge.notify.alertmanager import Alertmanager, Silence, silenced_until

ASK_EVERY_S = 10.0
"""A person who silences something does not want to be called a minute later."""


class Silences:
    """The silences of every Alertmanager, as it last told them."""

    def __init__(self) -> None:
        self._known: dict[str, list[Silence]] = {}
        self._moved = False

    def until(self, labels: Mapping[str, str]) -> int:
        """Until when these labels are silenced, in milliseconds; 0 if they are not."""
        return max((silenced_until(each, labels) for each in self._known.values()), default=0)

    def moved(self) -> bool:
        """True if something changed since last asked."""
        moved, self._moved = self._moved, False
        return moved

    def know(self, name: str, silences: list[Silence]) -> None:
        """An Alertmanager tells what it has silenced now."""
        if silences != self._known.get(name, []):
            self._known[name] = silences
            self._moved = True

    async def run(self, channels: Mapping[str, Alertmanager]) -> None:
        """Ask them all, until cancelled."""
        while channels:
            for name, channel in channels.items():
                found = await channel.silences()
                if found is not None:
                    self.know(name, found)
            await asyncio.sleep(ASK_EVERY_S)
