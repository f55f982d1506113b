"""The stream of the console: pages stay alive by having their changed parts sent to them.

Each address is rendered once for all who look at it: every second, for ages tick, and soon after
the source's revision rose. Only parts whose HTML changed are sent. A reader has a short queue; who
does not read lets it overflow and is dropped. Who joins, or comes back, is sent all parts.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from layerkeep.api.http.waiting import HELLO, Cut, Pulse, Waiting, leave_open
from layerkeep.api.source import NotKnown

LOOK_EVERY_S = 0.15
"""How often revisions are compared: a change is sent within this and the time to render it."""
RENDER_EVERY_S = 0.25
AGES_EVERY_S = 1.0
QUEUE = 8
"""Events that may wait for one reader: two seconds of a storm, or eight of a quiet network."""
READERS_MAX = 512
ADDRESSES_MAX = 128
SILENCE_MAX_S = 15.0
"""Proxies cut connections that are silent for longer than half a minute."""

RELOAD = b"event: reload\ndata: {}\n\n"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One rendering of an address: its title, the moment, and the HTML of each part."""

    title: str
    moment: str
    parts: dict[str, str]


Render = Callable[[], Awaitable[Rendered]]


class Crowded(Exception):
    """Enough look already."""


@dataclass(eq=False, slots=True)
class Reader:
    """One open page; None in its queue is the end."""

    cut: Cut = leave_open
    queue: Waiting = field(default_factory=Waiting)
    dropped: bool = False

    def hand(self, said: bytes) -> bool:
        """Put it before the reader; false if too much waits there already."""
        if self.queue.qsize() >= QUEUE:
            return False
        self.queue.put(said)
        return True


class Address:
    """All who look at one address, and what they were last sent."""

    def __init__(self, render: Render, revision: Callable[[], int]) -> None:
        self.readers: set[Reader] = set()
        self._render = render
        self._revision = revision
        self._last: Rendered | None = None
        self._number = 0
        self._said_whole = (-1, b"")
        self._task: asyncio.Task[None] | None = None

    def join(self, reader: Reader) -> None:
        """A reader more; it is sent all parts first."""
        self.readers.add(reader)
        if self._last is not None:
            reader.hand(self._whole(self._last))
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self, reader: Reader) -> None:
        """A reader less; without any nothing is rendered."""
        self.readers.discard(reader)
        if not self.readers:
            self.stop()

    def stop(self) -> None:
        """Nothing is rendered any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        """Render whenever something changed or a second went by, until stopped."""
        clock = asyncio.get_running_loop().time
        rendered, revision = -AGES_EVERY_S, -1
        while True:
            found, since = self._revision(), clock() - rendered
            if since >= AGES_EVERY_S or (found != revision and since >= RENDER_EVERY_S):
                rendered, revision = clock(), found
                if not await self.look():
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> bool:
        """Render once and send what changed; false if the page is another one now."""
        try:
            found = await self._render()
        except NotKnown:
            self._tell(RELOAD)
            return False
        except Exception as error:  # noqa: BLE001 - a page's bug must not end the stream of all
            structlog.get_logger().error("page-failed", exc_info=error)
            return True
        before, self._last = self._last, found
        self._number += 1
        if before is None:
            self._tell(self._whole(found))
        elif before.parts.keys() != found.parts.keys():
            self._tell(RELOAD)
        else:
            changed = {
                name: html for name, html in found.parts.items() if before.parts[name] != html
            }
            if changed:
                self._tell(self._said("parts", found, changed))
        return True

    def _tell(self, said: bytes) -> None:
        for reader in [each for each in self.readers if not each.hand(said)]:
            reader.dropped = True
            self.readers.discard(reader)
            reader.queue.end()
            reader.cut()

    def _whole(self, found: Rendered) -> bytes:
        """All parts, said once for all who join at this rendering."""
        if self._said_whole[0] != self._number:
            self._said_whole = (self._number, self._said("whole", found, found.parts))
        return self._said_whole[1]

    def _said(self, event: str, found: Rendered, parts: dict[str, str]) -> bytes:
        content: dict[str, Any] = {"title": found.title, "moment": found.moment, "parts": parts}
        body = msgspec.json.encode(content)
        return b"id: %d\nevent: %b\ndata: %b\n\n" % (self._number, event.encode(), body)


class Live:
    """The streams of all addresses."""

    def __init__(self, revision: Callable[[], int]) -> None:
        self.addresses: dict[object, Address] = {}
        self.closed = False
        self._revision = revision
        self._pulse = Pulse(self._waiting)

    def join(self, at: object, render: Render, cut: Cut = leave_open) -> Reader:
        """A reader at an address; Crowded if there are enough, or all streams ended."""
        readers = sum(len(address.readers) for address in self.addresses.values())
        full = at not in self.addresses and len(self.addresses) >= ADDRESSES_MAX
        if self.closed or full or readers >= READERS_MAX:
            raise Crowded
        address = self.addresses.get(at)
        if address is None:
            address = self.addresses[at] = Address(render, self._revision)
        reader = Reader(cut)
        address.join(reader)
        self._pulse.start(SILENCE_MAX_S)
        return reader

    def leave(self, at: object, reader: Reader) -> None:
        """The reader is gone."""
        address = self.addresses.get(at)
        if address is None:
            return
        address.leave(reader)
        if not address.readers:
            del self.addresses[at]
        if not self.addresses:
            self._pulse.stop()

    async def read(self, at: object, reader: Reader) -> AsyncGenerator[bytes, None]:
        """What a reader is sent, until it goes, is dropped, or all streams end."""
        try:
            yield HELLO
            while not reader.dropped:
                said = await reader.queue.take()
                if said is None:
                    return
                yield said
        finally:
            self.leave(at, reader)

    def close(self) -> None:
        """Every stream ends, and no new one begins."""
        self.closed = True
        self._pulse.stop()
        for address in self.addresses.values():
            address.stop()
            for reader in address.readers:
                reader.queue.end()

    def _waiting(self) -> Iterator[Waiting]:
        return (each.queue for address in self.addresses.values() for each in address.readers)
