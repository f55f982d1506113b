"""Server-sent events for many listeners: every event is made once and never waits for anybody.

A listener has a short queue. One that does not read lets it overflow and is dropped: its connection
is cut, and it may come back with Last-Event-ID. The newest events are kept in a ring for that; who
asks for older ones is told to begin anew by a `reset` event.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from layerkeep.api.http.problems import RETRY_S, Refusal
from layerkeep.api.http.waiting import HELLO, Cut, Pulse, Waiting, leave_open

CLIENTS_MAX = 256
RING = 2_048
QUEUE = 64
"""Events that may wait for one listener: at four a second, a quarter of a minute."""
HEARTBEAT_S = 15.0
"""Proxies cut connections that are silent for longer than half a minute."""
LINGER_S = 60.0
"""So long after the last listener left is one expected back."""


@dataclass(eq=False, slots=True)
class Listener:
    """One open stream: what it missed, and what waits for it; None is the end."""

    missed: list[bytes]
    cut: Cut
    queue: Waiting = field(default_factory=Waiting)
    dropped: bool = False


class Stream:
    """Hands events on to all who listen. `first` is the id before the first event's."""

    def __init__(self, first: int, *, clients_max: int = CLIENTS_MAX, ring: int = RING) -> None:
        self.newest = first
        self.clients_max = clients_max
        self.listeners: set[Listener] = set()
        self.closed = False
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=ring)
        self._oldest = first
        self._left_at: float | None = None
        self._pulse = Pulse(lambda: (each.queue for each in self.listeners))

    def publish(self, event: str, content: Any) -> None:
        """Everybody who listens is told, and who comes back can be."""
        self.newest += 1
        said = _said(self.newest, event, content)
        if len(self._ring) == self._ring.maxlen:
            self._oldest = self._ring[0][0]
        self._ring.append((self.newest, said))
        for listener in list(self.listeners):
            self._hand(listener, said)

    def join(self, after: int | None, cut: Cut = leave_open) -> Listener:
        """A new listener, told first what it missed; Refusal if there are enough."""
        if self.closed or len(self.listeners) >= self.clients_max:
            raise Refusal(
                503,
                "too-many-listeners",
                f"{self.clients_max} clients listen already, which is all there may be",
                headers={"Retry-After": str(RETRY_S * 15), "Connection": "close"},
            )
        listener = Listener(self._missed(after), cut)
        self.listeners.add(listener)
        self._pulse.start(HEARTBEAT_S)
        return listener

    def leave(self, listener: Listener) -> None:
        """The listener is gone."""
        self.listeners.discard(listener)
        if not self.listeners:
            self._pulse.stop()
            self._left_at = asyncio.get_running_loop().time()

    def is_followed(self) -> bool:
        """True while somebody listens or may come back."""
        if self.listeners:
            return True
        left = self._left_at
        return left is not None and asyncio.get_running_loop().time() - left < LINGER_S

    def forget(self) -> None:
        """Nobody looked for a while: who comes back begins anew."""
        self._ring.clear()
        self.newest += 1
        self._oldest = self.newest

    def close(self) -> None:
        """Every stream ends, and no new one begins."""
        self.closed = True
        self._pulse.stop()
        for listener in list(self.listeners):
            if listener.queue.qsize() > QUEUE:
                self._drop(listener)
            else:
                listener.queue.put(None)

    async def heard(self, listener: Listener) -> AsyncGenerator[bytes, None]:
        """What a listener is sent, until it goes, is dropped, or all streams end."""
        try:
            yield HELLO
            for said in listener.missed:
                yield said
            listener.missed = []
            while not listener.dropped:
                heard = await listener.queue.take()
                if heard is None:
                    return
                yield heard
        finally:
            self.leave(listener)

    def _missed(self, after: int | None) -> list[bytes]:
        if after is None:
            return []
        if self._oldest <= after <= self.newest:
            return [said for number, said in self._ring if number > after]
        return [_said(self.newest, "reset", {"newest": self.newest})]

    def _hand(self, listener: Listener, said: bytes) -> None:
        if listener.queue.qsize() >= QUEUE:
            self._drop(listener)
        else:
            listener.queue.put(said)

    def _drop(self, listener: Listener) -> None:
        """It does not read: nothing is kept for it any more."""
        listener.dropped = True
        listener.missed = []
        listener.queue.end()
        self.leave(listener)
        listener.cut()


def _said(number: int, event: str, content: Any) -> bytes:
    body = msgspec.json.encode(content)
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, event.encode(), body)
