"""People of the morning on which a batcher could not pay, and what they do: a Crew that stands."""

from typing import Any

from msgspec.structs import replace

from layerkeep.api.crew import NotPossible
from layerkeep.api.shapes.notices import NoticePage, NoticeShown, Taken
from layerkeep.api.shapes.people import (
    ConcernShown,
    CoverPage,
    ExceptShown,
    FindingShown,
    IncidentCrew,
    LevelShown,
    OncallPage,
    OrphanShown,
    OwnedShown,
    OwnersPage,
    RotationShown,
    TeamShown,
    TurnShown,
)
from layerkeep.api.shapes.runs import (
    ApprovalShown,
    HaltShown,
    OfferShown,
    RunbookPage,
    RunbookShown,
    RunEntryShown,
    RunList,
    RunPage,
    RunShown,
    RunStepShown,
    RunWord,
)
from layerkeep.api.source import BadCursor, NotKnown
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

RUN = "5e11c0de00112233"
RUNBOOK = RunbookShown(
    name="fund-actor",
    title="Fund an actor",
    rules=("batches-stalled",),
    components=("batcher:*",),
    steps=2,
    acts=True,
    role="admin",
)
LINK = "good.token"
PERSONS = {"the-operator": "bob", "the-admin": "carol", "the-viewer": "vic"}


def run_scene(now: int, **changes: Any) -> RunPage:
    """A run that asks for one person more; `changes` are of its line."""
    line = RunShown(
        id=RUN,
        runbook="fund-actor",
        title="Fund an actor",
        state="awaiting",
        incident="7f3a91c0ffee",
        component="batcher:op-main",
        proposed_by="alice",
        proposed_at=now - 3 * MINUTE,
        agreed=1,
        needed=2,
    )
    pay = RunStepShown(
        name="pay",
        kind="transaction",
        note="from the treasury, within its limit",
        action={"chain": "ethereum", "to": "0x" + "ab" * 20, "value": "2000000000000000000"},
        proof="balance-at-least (chain ethereum)",
        time_limit=10 * MINUTE,
        rehearsed="done: it would work",
        evidence={
            "calldata": "0xa9059cbb" + "00" * 8,
            "arguments": [{"type": "address", "value": "0x" + "cd" * 20}],
            "signer": "treasury",
        },
    )
    wait = RunStepShown(name="posts", kind="wait", action={"until": {"is": "batch-posted"}})
    return RunPage(
        run=replace(line, **changes),
        preconditions=("balance-below (job batcher)",),
        steps=(pay, wait),
        way_back=(RunStepShown(name="return", kind="transaction", note="send it back"),),
        approvals=(ApprovalShown(person="dan", role="operator", time=now - MINUTE),),
        approvals_end=now + 59 * MINUTE,
        history=(
            RunEntryShown(time=now - 3 * MINUTE, name="proposed", by="alice"),
            RunEntryShown(time=now - 2 * MINUTE, name="rehearsed"),
            RunEntryShown(time=now - MINUTE, name="agreed", by="dan"),
        ),
    )


def notice(nth: int, now: int, **changes: Any) -> NoticeShown:
    """A call that arrived."""
    shown = NoticeShown(
        id=f"{nth:016x}",
        time=now - nth * MINUTE,
        kind="page",
        person="alice",
        channel="chat",
        state="sent",
        changed=now - nth * MINUTE + SECOND,
        tries=1,
        subject="op-main batcher cannot pay for its next batches",
        incidents=("7f3a91c0ffee",),
    )
    return replace(shown, **changes)


class StandingCrew:
    """The Crew. `words` are what people said; `links` what was taken; `refusal` refuses a word."""

    def __init__(self, now: int, incidents: tuple[str, ...] = ("7f3a91c0ffee",)) -> None:
        self.moment = now
        self.incidents = incidents
        self.shown = run_scene(now)
        self.halt_shown = HaltShown(on=False)
        self.words: list[RunWord] = []
        self.links: list[str] = []
        self.refusal = ""
        self.due: int | None = now + 4 * MINUTE + 12 * SECOND
        self.notices_shown = (
            notice(1, now, state="failed", detail="chat answers 500", tries=3),
            notice(2, now),
        )
        self.owned = (
            OwnedShown(
                chain="op-main",
                components=("chain:op-main", "batcher:op-main"),
                owner="infra",
                but=(ExceptShown(what="integrity", owner=""),),
            ),
        )
        self.orphans = (
            OrphanShown(chain="op-main", component="chain:op-main", what=("integrity",)),
        )
        self.on_call: tuple[str, ...] = ("alice",)
        self.findings = (
            FindingShown(
                kind="gap",
                rotations=("infra",),
                since=now + DAY,
                until=now + DAY + HOUR,
                reason="clocks",
            ),
        )

    def _teams(self) -> tuple[TeamShown, ...]:
        team = TeamShown(
            name="infra",
            title="Infrastructure",
            kind="in-house",
            people=("alice", "bob"),
            rotation="infra",
            backup="security",
            on_call=self.on_call,
        )
        return (team,)

    async def owners(self):
        return OwnersPage(
            rows=self.owned,
            orphans=self.orphans,
            teams=self._teams(),
            concerns=(ConcernShown(reason="orphan", subject="op-main", detail="nobody owns it"),),
        )

    async def oncall(self, at):
        turn = TurnShown(since=at + HOUR, until=at + DAY, people=("bob",), local="10:00 CET")
        return OncallPage(
            at=at,
            teams=self._teams(),
            rotations=(
                RotationShown(
                    name="infra",
                    kind="weekly",
                    timezone="Europe/Zurich",
                    teams=("infra",),
                    on_call=self.on_call,
                    until=at + HOUR,
                    then=(turn,),
                ),
            ),
        )

    async def cover(self, since, until):
        return CoverPage(since=since, until=until, findings=self.findings)

    async def notices(self, incident, cursor, count):
        if cursor and not cursor.startswith("1-"):
            raise BadCursor(cursor)
        items = [each for each in self.notices_shown if incident in ("", *each.incidents)]
        return NoticePage(items=tuple(items[:count]))

    async def runbooks(self):
        return (RUNBOOK,)

    async def runbook(self, name):
        if name != RUNBOOK.name:
            raise NotKnown("runbook", name, RUNBOOK.name)
        return RunbookPage(runbook=RUNBOOK, steps=self.shown.steps, text="# Fund an actor\n")

    async def runs(self, incident, cursor, count, *, open_only):
        if cursor and not cursor.startswith("1-"):
            raise BadCursor(cursor)
        items = (self.shown.run,) if incident in ("", self.shown.run.incident) else ()
        return RunList(items=items, halted=self.halt_shown)

    async def run(self, name):
        if name != RUN:
            raise NotKnown("run", name, RUN)
        return self.shown

    async def halted(self):
        return self.halt_shown

    async def of_incident(self, name):
        self._known(name)
        return IncidentCrew(
            incident=name,
            team="infra",
            owner="Infrastructure",
            on_call=self.on_call,
            backup="security",
            policy="urgent",
            calls=True,
            levels=(
                LevelShown(after=0, to=("on-call",), by=("chat",), people=("alice",)),
                LevelShown(after=5 * MINUTE, to=("backup",), by=("sms",), people=("carol",)),
            ),
            due=self.due,
            level=None if self.due is None else 1,
            next=() if self.due is None else ("carol",),
            notices=self.notices_shown,
            runs=(self.shown.run,),
            offers=(OfferShown(runbook="fund-actor", title="Fund an actor", first_step="pay"),),
            halted=self.halt_shown,
        )

    def person(self, token):
        return PERSONS.get(token, "")

    async def say(self, word):
        if word.action == "propose":
            self._known(word.incident)
            await self.runbook(word.target)
        else:
            await self.run(word.target)
        if self.refusal:
            raise NotPossible(self.refusal)
        self.words.append(word)
        return self.shown.run

    async def halt(self, word):
        if self.refusal:
            raise NotPossible(self.refusal)
        self.words.append(word)
        return HaltShown(on=word.action == "halt", by=self.person(word.token), reason=word.reason)

    async def offered(self, token):
        if token != LINK:
            return (Taken(incident="", result="not-ours"),)
        return (Taken(incident=self.incidents[0], result="taken", by="alice"),)

    async def take(self, token):
        if token == LINK:
            self.links.append(token)
        return await self.offered(token)

    async def reply(self, body, headers):
        known = body == b'{"incident": "1", "person": "alice"}'
        return Taken(incident="1", result="taken" if known else "not-ours", by="alice")

    async def heard(self, body, headers):
        return "peer" if body == b"beat" else ""

    def _known(self, incident: str) -> None:
        if not any(each.startswith(incident) for each in self.incidents):
            raise NotKnown("incident", incident, self.incidents[0])
