"""The Crew of one running daemon: its people, what they were told, and what they say to runs."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from layerkeep.api.crew import NotPossible
from layerkeep.api.shapes.notices import NoticePage, NoticeShown, Taken
from layerkeep.api.shapes.people import CoverPage, IncidentCrew, OncallPage, OwnersPage
from layerkeep.api.shapes.runs import (
    HaltShown,
    OfferShown,
    RunbookPage,
    RunbookShown,
    RunList,
    RunPage,
    RunShown,
    RunWord,
)
from layerkeep.api.source import BadCursor, NotKnown
from layerkeep.app.answers.operating.people import (
    cover_page,
    levels_shown,
    oncall_page,
    owners_page,
)
from layerkeep.app.answers.operating.runs import (
    halt_shown,
    offer_shown,
    run_page,
    run_shown,
    runbook_page,
    runbook_shown,
)
from layerkeep.app.incidents_told import incident_named
from layerkeep.app.paging.links import (
    FORGED,
    Acked,
    ack_by_reply,
    ack_by_token,
    ack_offered,
    is_reply,
)
from layerkeep.app.paging.reading import PageTold, ladder_of, pages_told
from layerkeep.app.runs import asking
from layerkeep.app.runs.asking import Place, Proposal
from layerkeep.app.runs.persons import Speaker, person_of
from layerkeep.app.runs.reading import all_runs, halted, offers, one_run, told
from layerkeep.core.acting.paging.roster import Rota
from layerkeep.core.acting.people.ownership import owner_of, responsible, subject_of
from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.acting.runs.record import Run
from layerkeep.core.errors import SettingsError
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.topology import Topology
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import SECOND, Timestamp
from layerkeep.edge.store.runs import runs_like

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

CURSOR = re.compile(r"(\d{1,16})-(\S{1,80})")
NOTICES_SHOWN = 50
RUNS_SHOWN = 20
RUNS_NEAR = 100
"""So many of the newest runs are looked through for a name that is near."""

OFFERS_LAST = 5 * SECOND
"""What can be proposed is looked for so often: it needs the story of a message from the store."""
OFFERS_MAX = 256


class CrewAnswers:
    """What is asked about the people of a daemon's network, and what they say."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._forged_due = 0
        self._offers: dict[str, tuple[int, tuple[OfferShown, ...]]] = {}

    async def owners(self) -> OwnersPage:
        """Who is responsible for what."""
        graph = self._daemon.engine.incidents.graph
        return owners_page(self._topology, graph, self._daemon.now())

    async def oncall(self, at: int) -> OncallPage:
        """Who is on call at a moment."""
        return oncall_page(self._topology, Timestamp(at))

    async def cover(self, since: int, until: int) -> CoverPage:
        """Whose turn it is when, and what is odd."""
        return cover_page(self._topology, Timestamp(since), Timestamp(until))

    async def notices(self, incident: str, cursor: str, count: int) -> NoticePage:
        """What was sent to whom."""
        behind = _behind(cursor)
        name = await self._wanted(incident)
        store = self._daemon.store
        found = await pages_told(store, incident=name, count=count + 1, behind=behind)
        shown = found[:count]
        more = f"{shown[-1].time}-{shown[-1].id}" if len(found) > count else ""
        return NoticePage(items=tuple(map(_notice, shown)), cursor=more)

    async def runbooks(self) -> tuple[RunbookShown, ...]:
        """Every runbook by name."""
        allowed = self._topology.acting.automatic
        known = self._place.runbooks
        return tuple(runbook_shown(known[name], allowed) for name in sorted(known))

    async def runbook(self, name: str) -> RunbookPage:
        """One runbook."""
        return runbook_page(self._runbook(name), self._topology.acting.automatic)

    async def runs(self, incident: str, cursor: str, count: int, *, open_only: bool) -> RunList:
        """Runs, the newest first."""
        behind = _behind(cursor)
        name = await self._wanted(incident)
        found = await all_runs(
            self._daemon.store, incident=name, open_only=open_only, count=count + 1, behind=behind
        )
        shown = found[:count]
        more = f"{shown[-1].proposed_at}-{shown[-1].id}" if len(found) > count else ""
        return RunList(items=tuple(map(run_shown, shown)), halted=await self.halted(), cursor=more)

    async def run(self, name: str) -> RunPage:
        """One run with all of it."""
        return run_page(await one_run(self._place, await self._run(name)))

    async def halted(self) -> HaltShown:
        """Whether somebody halted all runs."""
        return halt_shown(await halted(self._place))

    async def of_incident(self, name: str) -> IncidentCrew:
        """Who answers for an incident, who was told, and what is or can be done."""
        incident, topology, now = await self._incident(name), self._topology, self._daemon.now()
        root, store = incident.root, self._daemon.store
        subject = subject_of(topology, root.component, root.kind, incident.severity)
        ladder = ladder_of(topology, incident, now)
        called = topology.people.teams.get(ladder.team if ladder is not None else "")
        team = owner_of(topology.people, subject) or called
        due, level = self._next(incident)
        levels = levels_shown(ladder)
        notices = await pages_told(store, incident=incident.id, count=NOTICES_SHOWN)
        runs = await all_runs(store, incident=incident.id, count=RUNS_SHOWN)
        return IncidentCrew(
            incident=incident.id,
            team=team.name if team is not None else "",
            owner=responsible(topology, subject),
            on_call=Rota(topology).on_call(team, now) if team is not None else (),
            backup=team.backup if team is not None else "",
            policy=ladder.policy if ladder is not None else "",
            calls=ladder is not None and ladder.pages,
            levels=levels,
            due=due,
            level=level,
            next=levels[level].people if level is not None and level < len(levels) else (),
            notices=tuple(map(_notice, notices)),
            runs=tuple(map(run_shown, runs)),
            offers=await self._offered(incident.id, now),
            halted=await self.halted(),
        )

    def person(self, token: str) -> str:
        """Whose token this is, empty if it is nobody's."""
        try:
            return person_of(self._topology, token)
        except SettingsError:
            return ""

    async def say(self, word: RunWord) -> RunShown:
        """A person's word on a run counts."""
        if word.action == "propose":
            name = self._runbook(word.target).name
            incident = (await self._incident(word.incident)).id
            proposal, place = Proposal(name, incident, word.message), self._place
            return await self._said(
                word, lambda who, now: asking.propose(place, proposal, who, now)
            )
        run = await self._run(word.target)
        return await self._said(word, self._change(word, run))

    async def halt(self, word: RunWord) -> HaltShown:
        """Nothing goes on any more, or it may again."""
        now, on = self._daemon.now(), word.action == "halt"
        try:
            found = await asking.halt(self._place, self._speaker(word), now, word.reason, on=on)
        except SettingsError as error:
            raise NotPossible(str(error)) from error
        return halt_shown(found)

    async def offered(self, token: str) -> tuple[Taken, ...]:
        """What a signed link would take."""
        now = self._daemon.now()
        return _taken(await ack_offered(self._daemon.store, self._topology, token, now))

    async def take(self, token: str) -> tuple[Taken, ...]:
        """What a signed link names is taken."""
        now, store = self._daemon.now(), self._daemon.store
        news = now >= self._forged_due
        return self._heeded(await ack_by_token(store, self._topology, token, now, noted=news), now)

    async def reply(self, body: bytes, headers: Mapping[str, str]) -> Taken:
        """What a signed reply names is taken."""
        now, store = self._daemon.now(), self._daemon.store
        if now < self._forged_due and not is_reply(self._topology, body, headers, now):
            return _taken([Acked("", FORGED)])[0]
        found = await ack_by_reply(store, self._topology, body, headers, now)
        return self._heeded([found], now)[0]

    async def heard(self, body: bytes, headers: Mapping[str, str]) -> str:
        """The peer whose heartbeat this is."""
        return self._daemon.pages.heard(body, headers)

    def _heeded(self, found: Sequence[Acked], now: int) -> tuple[Taken, ...]:
        """Who tries forged links must not fill the audit: one a second is noted."""
        if now >= self._forged_due and any(each.result == FORGED for each in found):
            self._forged_due = now + SECOND
        return _taken(found)

    @property
    def _topology(self) -> Topology:
        return self._daemon.network.topology

    @property
    def _place(self) -> Place:
        return self._daemon.runs.place

    def _change(self, word: RunWord, run: str) -> Callable[[Speaker, int], Awaitable[Run]]:
        """How a word changes a run."""
        place = self._place
        if word.action == "approve":
            return lambda who, now: asking.approve(place, run, who, now)
        if word.action == "deny":
            return lambda who, now: asking.deny(place, run, who, now, word.reason)
        if word.action == "start":
            return lambda who, now: asking.start(place, run, who, now)
        assert word.action == "answer", word.action
        return lambda who, now: asking.answer(place, run, who, now, yes=word.yes)

    async def _said(self, word: RunWord, how: Callable[[Speaker, int], Awaitable[Run]]) -> RunShown:
        try:
            return run_shown(told(await how(self._speaker(word), self._daemon.now())))
        except SettingsError as error:
            raise NotPossible(str(error)) from error

    def _speaker(self, word: RunWord) -> Speaker:
        """Who says it: a token that is nobody's has no say where people are declared."""
        return Speaker(person_of(self._topology, word.token), word.token, word.role)

    def _runbook(self, name: str) -> Runbook:
        known = self._place.runbooks
        if name not in known:
            raise NotKnown("runbook", name, close_match(name, known))
        return known[name]

    async def _run(self, name: str) -> str:
        """The id of the run of this name, or of the only one that begins so."""
        found = await runs_like(self._daemon.store, name.strip().lower())
        if len(found) == 1:
            return found[0].id
        near = [each.id for each in await all_runs(self._daemon.store, count=RUNS_NEAR)]
        raise NotKnown("run", name, close_match(name, near))

    async def _incident(self, name: str) -> Incident:
        """The incident as the engine has it, else as the store does."""
        incidents, wanted = self._daemon.engine.incidents, name.strip().lower()
        live = incidents.open.get(wanted) or incidents.recent.get(wanted)
        if live is not None:
            return live
        found, near = await incident_named(self._daemon.store, wanted)
        if found is None:
            raise NotKnown("incident", name, near)
        return found

    async def _wanted(self, name: str) -> str:
        """The incident a filter asks for; what is not known matches nothing."""
        try:
            return (await self._incident(name)).id if name else ""
        except NotKnown:
            return name

    def _next(self, incident: Incident) -> tuple[int | None, int | None]:
        """When the next level is called, and which one that is."""
        case = self._daemon.pages.pager.cases.get(incident.id)
        if case is None or case.due is None or not case.is_wanted:
            return None, None
        return case.due, case.level

    async def _offered(self, incident: str, now: int) -> tuple[OfferShown, ...]:
        """The runbooks that answer an incident; none while it is not in the store yet."""
        known = self._offers.get(incident)
        if known is not None and now - known[0] < OFFERS_LAST:
            return known[1]
        try:
            found = tuple(map(offer_shown, await offers(self._place, incident)))
        except SettingsError:
            found = ()
        if len(self._offers) >= OFFERS_MAX:
            self._offers.clear()
        self._offers[incident] = now, found
        return found


def _behind(cursor: str) -> tuple[int, str] | None:
    if not cursor:
        return None
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    return int(found[1]), found[2]


def _notice(page: PageTold) -> NoticeShown:
    return NoticeShown(**{name: getattr(page, name) for name in NoticeShown.__struct_fields__})


def _taken(found: Sequence[Acked]) -> tuple[Taken, ...]:
    return tuple(
        Taken(incident=each.incident, result=each.result, by=each.by, owner=each.owner)
        for each in found
    )
