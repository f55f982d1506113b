"""From a source's revisions to events: which nouns changed, and what became of incidents."""

import asyncio
import contextlib
from collections.abc import Iterator

import structlog

from layerkeep.api.http.stream import Stream
from layerkeep.api.shapes import Shown
from layerkeep.api.shapes.incidents import IncidentShown
from layerkeep.api.shapes.overview import Overview
from layerkeep.api.source import NotKnown, Source
from layerkeep.core.errors import LayerkeepError

LOOK_EVERY_S = 0.25

NOUNS = ("chains", "routes", "truth", "incidents", "messages", "coverage")


class ChangeEvent(Shown, frozen=True, gc=False, kw_only=True):
    """Something that is shown changed: at which revision, and which nouns."""

    revision: int
    nouns: tuple[str, ...]


class IncidentEvent(Shown, frozen=True, gc=False, kw_only=True):
    """An incident, and what became of it.

    `opened`, `changed`, `acknowledged`, `muted`, `unmuted`, `merged` or `resolved`.
    """

    transition: str
    incident: IncidentShown


class Changes:
    """Looks at a source while somebody listens, and tells the stream."""

    def __init__(self, source: Source, stream: Stream) -> None:
        self.source = source
        self.stream = stream
        self._before: Overview | None = None
        self._revision = -1

    async def run(self) -> None:
        """Look and tell until cancelled; a source that fails is asked again."""
        log = structlog.get_logger()
        while True:
            try:
                await self.look()
            except LayerkeepError as error:
                log.error("stream-failing", reason=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Tell what changed since the last look."""
        revision = self.source.revision()
        if not self.stream.is_followed():
            self._before = None
            return
        if revision == self._revision and self._before is not None:
            return
        found = await self.source.overview()
        before, self._before = self._before, found
        if before is None:
            if self._revision not in (revision, -1):
                self.stream.forget()
        else:
            await self._tell(before, found, revision)
        self._revision = revision

    async def _tell(self, before: Overview, found: Overview, revision: int) -> None:
        nouns = tuple(_nouns(before, found))
        self.stream.publish("change", ChangeEvent(revision=revision, nouns=nouns))
        was = {incident.id: incident for incident in before.incidents}
        now = {incident.id: incident for incident in found.incidents}
        for incident in found.incidents:
            if incident != was.get(incident.id):
                word = _transition(was.get(incident.id), incident)
                self._incident(word, incident)
        for gone in was.keys() - now.keys():
            with contextlib.suppress(NotKnown):
                ended = (await self.source.incident(gone)).incident
                self._incident("merged" if ended.merged_into else "resolved", ended)

    def _incident(self, word: str, incident: IncidentShown) -> None:
        self.stream.publish("incident", IncidentEvent(transition=word, incident=incident))


def _nouns(before: Overview, found: Overview) -> Iterator[str]:
    """A revision whose change is none of these is told with no noun."""
    pairs = {
        "chains": (before.chains, found.chains),
        "routes": (before.routes, found.routes),
        "truth": (before.truth, found.truth),
        "incidents": (before.incidents, found.incidents),
        "messages": (_messages(before), _messages(found)),
        "coverage": ((before.gaps, before.judging), (found.gaps, found.judging)),
    }
    return (noun for noun in NOUNS if pairs[noun][0] != pairs[noun][1])


def _messages(found: Overview) -> tuple[object, ...]:
    counts = tuple((each.open, each.overdue, each.finished) for each in found.routes)
    return (found.open, found.overdue, found.late, found.waiting, counts)


def _transition(was: IncidentShown | None, now: IncidentShown) -> str:
    if was is None:
        return "opened"
    if was.acknowledged is None and now.acknowledged is not None:
        return "acknowledged"
    if was.muted_until != now.muted_until:
        return "muted" if now.muted_until else "unmuted"
    return "changed"
