"""Which journeys are told as traces, and when: each once, when it is over and cannot change.

A journey is told when its last message is finished and every block it rests on, on every chain, is
final: then no reorg can contradict what was told. The engine knows that moment: it lets go of the
whole journey, and its story is read from the store. Nothing else is told; an open journey, overdue
or not, is the console's.

What was told is remembered in the store before it is sent, so a restart tells nothing twice; what
waited when the process was killed is not told at all. If blocks leave a chain that its nodes had
called final, and a journey that was told comes out otherwise, the trace stays as it is and a line
in the log (`trace-contradicted`) says which one.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import structlog

from layerkeep.app.stories import believed
from layerkeep.app.tracing.spans import Behind, Told, spans_of
from layerkeep.core.effects import Effect, MessageMoved
from layerkeep.core.errors import StoreError
from layerkeep.core.facts import Fact
from layerkeep.core.journeys import journeys_through
from layerkeep.core.keccak import keccak256
from layerkeep.core.messages import Message
from layerkeep.core.topology import Topology
from layerkeep.core.view import View
from layerkeep.edge.otlp import Otlp, Span
from layerkeep.edge.secrets import resolve
from layerkeep.edge.store.family import story_of
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import named_facts, read_setting

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

TOLD = "traced"
"""The setting of the store that holds what was told."""

ROUND_S = 1.0
PER_ROUND = 20
"""Stories read in one round: each takes some ten milliseconds of the daemon's own core."""

OVER_MAX = 10_000
"""Finished messages that wait to be told. A first run reads a whole day; more are left out."""

REMEMBERED = 2_000
"""Journeys known to be told: far more than a start reads again, which is what is not yet final."""

NAME_DIGITS = 16


@dataclass(slots=True)
class Memory:
    """The journeys that were told last: the first digits of each one's id, and a print of it."""

    prints: dict[str, str] = field(default_factory=dict)

    def know(self, journey: str, print_: str) -> None:
        """It was told; the eldest is forgotten if there are too many."""
        self.prints[_short(journey)] = print_
        while len(self.prints) > REMEMBERED:
            del self.prints[next(iter(self.prints))]

    def print_of(self, journey: str) -> str | None:
        """How it was told, None if it was not."""
        return self.prints.get(_short(journey))

    async def read(self, store: Store) -> None:
        """What the store remembers."""
        self.prints = msgspec.json.decode(await read_setting(store, TOLD) or "{}")

    async def write(self, store: Store) -> None:
        """The store remembers."""
        await store.keep_setting(TOLD, msgspec.json.encode(self.prints).decode())


class Tracing:
    """Follows which journeys are over, and tells them to the collector of the topology, if any."""

    def __init__(self, daemon: "Daemon") -> None:
        """OperatorError if the extra `traces` is missing or a reference leads nowhere."""
        self.daemon = daemon
        self.otlp = _collector(daemon.network.topology)
        self.left_out = 0
        self._memory = Memory()
        self._over: dict[str, None] = {}
        self._ready: list[list[Span]] = []
        self._behind: dict[str, dict[str, Behind]] = {}
        self._view: View | None = None
        self._log = structlog.get_logger()

    def mark(self, effects: Iterable[Effect]) -> None:
        """Messages moved: those that are finished now wait until they are final."""
        view = self.daemon.engine.view
        for effect in effects if self.otlp is not None else ():
            if isinstance(effect, MessageMoved):
                self._note(effect.message, view.messages.get(effect.message))

    async def run(self) -> None:
        """Tell what is over, until the daemon stops."""
        stop, told = self.daemon.stop, asyncio.Event()
        if self.otlp is None:
            await stop.wait()
            return
        await self._memory.read(self.daemon.store)
        sending = asyncio.create_task(self.otlp.run(told), name="traces")
        try:
            while not stop.is_set():
                await self._try_round(self.otlp)
                await _pause(stop)
            await self._try_round(self.otlp)
        finally:
            told.set()
            await sending

    async def _try_round(self, otlp: Otlp) -> None:
        try:
            await self._round(otlp)
        except StoreError as error:
            self._log.error("store-failing", reason=str(error))

    async def _round(self, otlp: Otlp) -> None:
        """Tell the journeys that were let go since the last round, a few at a time."""
        view = self.daemon.engine.view
        if view is not self._view:  # a start, or finality broke: what is over is in it again
            self._view = view
            for message in view.messages.values():
                self._note(message.id, message)
        self._look_at_incidents(view)
        due = [name for name in self._over if name not in view.messages][:PER_ROUND]
        named = list((await named_facts(self.daemon.store)).values()) if due else []
        for name in due:
            if name in self._over:
                await self._tell(name, named)
        if self._ready:
            await self._memory.write(self.daemon.store)
        while self._ready:
            otlp.put(self._ready.pop(0))

    def _note(self, name: str, message: Message | None) -> None:
        if message is None or not message.finished:
            self._over.pop(name, None)
            if message is None:
                self._behind.pop(name, None)
        elif len(self._over) < OVER_MAX or name in self._over:
            self._over[name] = None
        else:
            self.left_out += 1
            self._behind.pop(name, None)

    async def _tell(self, name: str, named: list[Fact]) -> None:
        """The spans of a message's journey are ready to be sent, if it was not told yet."""
        facts = await story_of(self.daemon.store, [name])
        self._over.pop(name, None)
        lifecycles = self.daemon.engine.view.lifecycles.values()
        view = believed([*(facts[seq] for seq in sorted(facts)), *named], lifecycles)
        family = _family(view, name)
        for message in family:
            self._over.pop(message.id, None)
        if not family or not all(message.finished for message in family):
            return
        behind = {m.id: list(self._behind.pop(m.id, {}).values()) for m in family}
        spans = spans_of(Told(view, family, self.daemon.network.topology, behind))
        journey, print_ = family[0].id, _print(spans)
        before = self._memory.print_of(journey)
        if before is not None:
            if before != print_:
                self._log.warning("trace-contradicted", trace=spans[0].trace.hex())
            return
        self._memory.know(journey, print_)
        self._ready.append(spans)

    def _look_at_incidents(self, view: View) -> None:
        """Which messages stand behind an incident now: it may be over before they are."""
        for incident in self.daemon.engine.incidents.open.values():
            for member in incident.members.values():
                subject = member.problem.subject
                if subject in view.messages:
                    cause = f"{incident.root.kind} {incident.root.component}"
                    since = max(member.since, incident.since)
                    behind = Behind(incident.id, cause, incident.severity, since)
                    self._behind.setdefault(subject, {})[incident.id] = behind


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ROUND_S):
            await stop.wait()


def _collector(topology: Topology) -> Otlp | None:
    traces = topology.traces
    if traces is None:
        return None
    headers = {name: resolve(value) for name, value in traces.headers.items()}
    return Otlp(resolve(traces.endpoint), headers, topology.network)


def _family(view: View, name: str) -> list[Message]:
    """All messages of a journey, the one that began it first; it may part into several."""
    message = view.messages.get(name)
    if message is None:
        return []
    first = journeys_through(view, message)[0].messages[0]
    found = {each.id: each for j in journeys_through(view, first) for each in j.messages}
    return list(found.values())


def _print(spans: list[Span]) -> str:
    """Tells two tellings apart; incidents are not part of it."""
    told = [(span.id, span.began, span.ended, sorted(span.attributes.items())) for span in spans]
    return keccak256(repr(told).encode()).hex()[:8]


def _short(journey: str) -> str:
    return journey.removeprefix("0x")[:NAME_DIGITS]
