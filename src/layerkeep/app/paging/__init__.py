"""Calling people inside a daemon: incidents in, notices out, each written before it is sent.

`take` is called with incidents that are in the store. Everything that is due is planned by the
core's pager, worded, written, and only then put on its way; what becomes of it is written together
with what follows from it. So after a kill the store says of each notice whether it was begun.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import msgspec
import structlog

from layerkeep.app.diary import incident_of
from layerkeep.app.paging.delivery import Delivery, Parcel, Rules
from layerkeep.app.paging.links import PEER_PREFIX
from layerkeep.app.paging.roster import Addresses
from layerkeep.app.paging.silences import Silences
from layerkeep.app.paging.telling import Telling, message_of
from layerkeep.app.paging.watch import BLIND, SEEN_MAX, WELL, Beat, Said, Watch, beat_all
from layerkeep.core.acting.paging.model import (
    FAILED,
    MOOT,
    PLANNED,
    SENDING,
    SENT,
    UNSURE,
    Matter,
    Notice,
    Told,
)
from layerkeep.core.acting.paging.pager import Pager
from layerkeep.core.acting.paging.roster import matter_of
from layerkeep.core.errors import StoreError
from layerkeep.core.facts import Operated
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.graph import Graph
from layerkeep.core.units import DAY, SECOND, Duration, Timestamp
from layerkeep.edge.notify.alertmanager import Alertmanager
from layerkeep.edge.notify.opening import open_channels
from layerkeep.edge.runbook_files import load_runbooks
from layerkeep.edge.store.notices import NoticeRow, add_notices, notices_of, pending_notices
from layerkeep.edge.store.observations import read_incident, read_incidents, words_after
from layerkeep.edge.store.pruning import prune_notices
from layerkeep.edge.store.reading import read_setting
from layerkeep.edge.store.runs import list_runs

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

ROUND = Duration(SECOND)
"""The longest sleep between two looks at what is due."""

LOOKED_BACK = Duration(DAY)
"""Incidents closed so lately are looked at after a start: their end may not be told yet."""

LAST_S = 3.0
PEERS_SETTING = "paging-peers"
RUNS_SHOWN = 3


class Pages:
    """The part of a daemon that calls people."""

    def __init__(self, daemon: "Daemon") -> None:
        self.daemon = daemon
        topology = daemon.network.topology
        self.paging = topology.paging
        self.is_on = bool(self.paging.policies or self.paging.heartbeat)
        self.rota = Addresses(topology)
        self.pager = Pager(self.paging, self.rota)
        self.watch = Watch(self.paging, daemon.now())
        self.silences = Silences()
        self._telling = Telling(topology, Graph({}), {})
        self._changed: dict[str, Incident] = {}
        self._known: dict[str, Incident] = {}
        self._due: list[Notice] = []
        self._wake = asyncio.Event()
        self._delivery: Delivery | None = None
        self._last_word = 0
        self._faults: dict[str, str] = {}
        self._log = structlog.get_logger()

    def take(self, names: Iterable[str]) -> None:
        """These incidents changed, and are in the store as they are now."""
        incidents = self.daemon.engine.incidents
        for name in names if self.is_on else ():
            incident = incidents.open.get(name) or incidents.recent.get(name)
            if incident is not None:
                self._changed[name] = incident
                self._wake.set()

    async def run(self) -> None:
        """Call people until the daemon stops; SettingsError if a channel cannot be used."""
        stop = self.daemon.stop
        if not self.is_on:
            await stop.wait()
            return
        topology = self.daemon.network.topology
        runbooks = load_runbooks(topology.acting.runbooks)
        self._telling = Telling(topology, Graph(self.daemon.layers), runbooks)
        async with aiohttp.ClientSession() as session:
            notifiers = await open_channels(self.paging.channels, session, topology.network)
            rules = Rules(self.daemon.now, stop, self._is_wanted, self._settle, self._send)
            self._delivery = Delivery(self.daemon.store, notifiers, self.rota, rules)
            asked = {
                name: each
                for name, each in notifiers.items()
                if isinstance(each, Alertmanager) and self.paging.channels[name].silences
            }
            beside = [
                asyncio.create_task(self.silences.run(asked)),
                asyncio.create_task(self._beat(session)),
            ]
            try:
                await self._restore()
                while not stop.is_set():
                    await self._try_round()
                    await self._pause()
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await self._delivery.close(LAST_S)

    def heard(self, body: bytes, headers: Mapping[str, str]) -> str:
        """A peer's heartbeat came in: its name, or nothing if no peer of ours signed it."""
        return self.watch.heard(body, headers, self.daemon.now())

    async def prune(self, before: Timestamp) -> int:
        """Notices of what is over since before a time are gone; how many went is returned."""
        peers = msgspec.json.decode(await read_setting(self.daemon.store, PEERS_SETTING) or "{}")
        standing = [f"{PEER_PREFIX}{name}" for name in peers]
        return await prune_notices(self.daemon.store, before, standing)

    async def _try_round(self) -> None:
        try:
            await self._round()
        except StoreError as error:
            self._log.error("store-failing", reason=str(error))

    async def _round(self) -> None:
        """Tell the pager what changed and carry out what it asks for."""
        now = self.daemon.now()
        await self._heed_peers()
        troubles = self.watch.look(now)
        self._changed |= {each.id: each for each in troubles}
        if troubles:
            await self.daemon.store.keep_setting(PEERS_SETTING, _text(self.watch.standing()))
        changed, self._changed = self._changed, {}
        self._known |= changed
        for matter in self._matters(changed, now):
            self._due += self.pager.take(matter, now)
        self._due += self.pager.tick(now)
        await self._plan()
        for name in [name for name in self._known if name not in self.pager.cases]:
            del self._known[name]

    def _matters(self, changed: Mapping[str, Incident], now: Timestamp) -> list[Matter]:
        """What changed, and what is muted or held otherwise than before."""
        found = [self._matter(incident, now) for incident in changed.values()]
        if self.paging.quorum > 1 or self.silences.moved():
            others = [self._newest(name) for name in self._known if name not in changed]
            again = [self._matter(each, now) for each in others]
            found += [each for each in again if self._is_news(each)]
        return found

    def _is_news(self, matter: Matter) -> bool:
        case = self.pager.cases.get(matter.id)
        return case is not None and case.matter != matter

    def _matter(self, incident: Incident, now: Timestamp) -> Matter:
        labels = self._telling.labels(incident) | {"severity": incident.severity}
        silenced = Timestamp(self.silences.until(labels))
        matter = matter_of(incident, self.daemon.network.topology, silenced)
        held = self.watch.is_held(incident, now)
        return replace(matter, held=True) if held else matter

    async def _restore(self) -> None:
        """All is as before the stop. What was begun then and has no outcome is unsure."""
        store, now = self.daemon.store, self.daemon.now()
        self.watch.restore(msgspec.json.decode(await read_setting(store, PEERS_SETTING) or "{}"))
        await self._heed_peers()
        rows = await read_incidents(store, since=now - LOOKED_BACK, count=100_000)
        known = {row.id: incident_of(row) for row in rows}
        known |= {each.id: each for each in self.watch.look(now)}
        await self._heed_peers(0)
        self._known = known
        told = {row.id: row for row in await notices_of(store, list(known))}
        told |= {row.id: row for row in await pending_notices(store)}
        ordered = sorted(told.values(), key=lambda row: (row.time, row.id))
        matters = [self._matter(incident, now) for incident in known.values()]
        found = self.pager.restore(matters, [told_of(row) for row in ordered], now)
        for row in ordered:
            if row.state == SENDING:
                await self._was_begun(row, now)
        self._due += [each for each in found if each.id not in told]
        await self._plan()
        for row in ordered:
            if row.state == PLANNED:
                self._send([await self._parcel(notice_of(row), now, row)])

    async def _was_begun(self, row: NoticeRow, now: Timestamp) -> None:
        then = await self._settle(notice_of(row), UNSURE)
        assert self._delivery is not None, "channels are open"
        await self._delivery.give_up(row, then, now)

    async def _plan(self) -> None:
        """Notices that are due are written, then put on their way; else they stay due."""
        due = list(self._due)
        parcels = [await self._parcel(each, self.daemon.now()) for each in due]
        if parcels:
            await add_notices(self.daemon.store, [each.row for each in parcels])
            del self._due[: len(due)]
            self._send(parcels)

    def _send(self, parcels: list[Parcel]) -> None:
        """They are written; what is for nobody is only told."""
        assert self._delivery is not None, "channels are open"
        for parcel in parcels:
            if parcel.notice.person:
                self._delivery.put(parcel)
            else:
                self._log.error("nobody-to-call", incident=parcel.notice.incident)

    async def _parcel(self, notice: Notice, now: Timestamp, row: NoticeRow | None = None) -> Parcel:
        incidents = [await self._incident(call.matter) for call in notice.calls]
        found = [each for each in incidents if each is not None]
        doing = {each.id: await self._doing(each) for each in found}
        words = self._telling.words(notice, found, lambda name: doing[name], now)
        if row is None:
            state, detail = (PLANNED, "") if notice.person else (FAILED, "nobody is on call")
            row = row_of(notice, (state, detail), (words.subject, words.body), now)
        message = message_of(notice, words, self._telling.subjects(found, words), now)
        return Parcel(notice, row, message)

    async def _incident(self, name: str) -> Incident | None:
        if name in self._known or name in self.daemon.engine.incidents.recent:
            return self._newest(name)
        if name in self.watch.past:  # people hear later that it is over, and no store has it
            return self.watch.past[name]
        with contextlib.suppress(StoreError):
            row = await read_incident(self.daemon.store, name)
            return incident_of(row) if row is not None else None
        return None

    def _newest(self, name: str) -> Incident:
        """The incident as the engine has it now; one it does not know as we know it."""
        incidents = self.daemon.engine.incidents
        return incidents.open.get(name) or incidents.recent.get(name) or self._known[name]

    async def _doing(self, incident: Incident) -> list[str]:
        """What is being done already: who has it, and which runs are under way."""
        taken = [f"{incident.owner} has it"] if incident.owner else []
        try:
            store = self.daemon.store
            runs = await list_runs(store, incident=incident.id, open_only=True, count=RUNS_SHOWN)
        except StoreError:
            return taken
        return taken + [f"runbook {run.runbook}: {run.state}" for run in runs]

    def _is_wanted(self, notice: Notice) -> bool:
        return self.pager.is_wanted(notice, self.daemon.now())

    async def _settle(self, notice: Notice, state: str) -> list[Parcel]:
        """The pager knows the outcome; what follows from it is worded."""
        now = self.daemon.now()
        found: list[Notice] = []
        if state == SENT:
            self.pager.sent(notice.id)
        elif state == MOOT:
            self.pager.moot(notice.id, now)
        else:
            tell = self.pager.failed if state == FAILED else self.pager.unsure
            found = tell(notice.id, now)
        self._wake.set()
        return [await self._parcel(each, now) for each in found]

    async def _heed_peers(self, after: int | None = None) -> None:
        """Words about peers are ours: no engine knows their incidents."""
        if not self.paging.peers:
            return
        last = self._last_word if after is None else after
        for word in await words_after(self.daemon.store, last):
            self._last_word = word.id
            says = word.fact.says
            assert isinstance(says, Operated), "only words are asked for"
            if says.action == "acknowledge" and says.target.startswith(PEER_PREFIX):
                self._heed(says, word.time)

    def _heed(self, says: Operated, said: int) -> None:
        trouble = self.watch.troubles.get(says.target.removeprefix(PEER_PREFIX))
        if trouble is not None and said >= trouble.opened:
            taken = self.watch.take(says.target, says.by)
            if taken is not None:
                self._changed[taken.id] = taken

    async def _beat(self, session: aiohttp.ClientSession) -> None:
        """Say that we live, until stopped."""
        heartbeat = self.paging.heartbeat
        while heartbeat is not None:
            self._tell(await beat_all(session, self.paging, self.beat()))
            await asyncio.sleep(heartbeat.every / SECOND)

    def beat(self) -> Beat:
        """How we are now."""
        daemon = self.daemon
        incidents = daemon.engine.incidents.open.values()
        asleep = "nothing is judged yet" if daemon.engine.watch.asleep else ""
        reason = daemon.store_fault or asleep
        blind = sorted({each.root.component for each in incidents if each.root.kind == BLIND})
        reason = reason or (f"nobody answers for {', '.join(blind)}" if blind else "")
        seen = sorted({each.key for each in incidents})[:SEEN_MAX]
        state = BLIND if reason else WELL
        return Beat(self.paging.instance, daemon.now(), state, reason, seen)

    def _tell(self, said: Iterable[Said]) -> None:
        """One line where something changes."""
        for each in said:
            if each.fault != self._faults.get(each.to, ""):
                tell = self._log.warning if each.fault else self._log.info
                tell("heartbeat", to=each.to, reason=each.fault or "taken again")
            self._faults[each.to] = each.fault

    async def _pause(self) -> None:
        due = self.pager.next_due()
        wait = ROUND if due is None else min(ROUND, max(0, due - self.daemon.now()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(wait, 10) / SECOND):
                await self._wake.wait()
        self._wake.clear()


def row_of(
    notice: Notice, outcome: tuple[str, str], words: tuple[str, str], now: Timestamp
) -> NoticeRow:
    """A notice as the store keeps it."""
    return NoticeRow(
        id=notice.id,
        time=now,
        kind=notice.kind,
        person=notice.person,
        channel=notice.channel,
        state=outcome[0],
        changed=now,
        detail=outcome[1],
        subject=words[0],
        body=words[1],
        fallback=" ".join(notice.by),
        calls=notice.calls,
    )


def notice_of(row: NoticeRow) -> Notice:
    """A notice as the store gave it back."""
    by = tuple(row.fallback.split())
    return Notice(row.id, row.kind, row.person, row.channel, Timestamp(row.time), row.calls, by)


def told_of(row: NoticeRow) -> Told:
    """A notice with its state, as a pager restores it."""
    return Told(notice_of(row), row.state, Timestamp(row.time), Timestamp(row.changed), row.tries)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
