"""Drills with response: a real fault is found, its runbook carried out for real, and it is over.

Each drill: the fault is put on a devnet; a daemon in a process of its own finds it; one person
proposes the runbook, another agrees and says start, each with a token of their own, by what the
command line calls; the daemon carries it out; facts prove it; the incident ends. Meanwhile the
daemon may be killed, without warning, in any phase of a run, and started again: what was done is
counted by the devnet, and must be done once.

Two things are left to people, as in life: who owns a target that refuses mends it before its
messages are relayed again, and a node that was taken out is built anew before it comes back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from layerkeep.app.runs import asking
from layerkeep.app.runs.asking import Proposal
from layerkeep.bench.response_stage import ResponseStage, response_staged
from layerkeep.core.acting.runs.record import (
    APPROVED,
    AWAITING,
    DONE,
    EXECUTING,
    VERIFYING,
    Run,
)
from layerkeep.core.errors import SettingsError
from layerkeep.core.incidents.incident import MERGED, RESOLVED
from layerkeep.devnet.accounts import account
from layerkeep.devnet.drills.fault import Fault, Step
from layerkeep.devnet.drills.table import fault_named
from layerkeep.edge.store.audit import read_audit, verify_audit
from layerkeep.edge.store.observations import read_incident, read_incidents
from layerkeep.edge.store.reading import read_rows
from layerkeep.edge.store.records import IncidentRow
from layerkeep.edge.store.runs import read_run
from layerkeep.edge.store.tables import messages

PHASES = ("proposed", "rehearsed", "approved", "intended", "acted", "proving")
"""When the daemon is killed: after the proposal; after the dry run; after the yes; with the intent
written and nothing done; with it done and not recorded; and while the proof is awaited."""

WARM_UP_S = 25.0
TICKET_S = 200
TICKET_PER_KILL_S = 200
FOUND_WITHIN_S = 1_500.0
STEP_WITHIN_S = 400.0
OVER_WITHIN_S = 400.0
CALM_WITHIN_S = 90.0
RUNS_MAX = 8
AUDIT_MAX = 2_000
FIRST, SECOND = "early", "late"
WORDS = ("run.propose", "run.approve", "run.start", "run.begin", "run.step.intend")
"""What the audit has of every run; its end comes besides."""


@dataclass(frozen=True, slots=True)
class Response:
    """A fault and the page that answers it.

    `deed` is what the devnet counts of its one step that acts.
    `mended` faults are gone before the run, the others after it. `sender` is the account whose
    messages wait, where the page is about one message of several.
    """

    fault: str
    component: str
    runbook: str
    deed: str
    mended: bool = False
    sender: str = ""
    afterwards: tuple[Step, ...] = ()


MENDED_S = 5.0
"""Until what was mended is in a block that every node has: a dry run asks the node."""

RESPONSES = {
    each.fault: each
    for each in (
        Response("sequencer-stopped", "sequencer:l2", "start-sequencer", "admin_startSequencer"),
        Response("batcher-broke", "batcher:l2", "refill-actor", "eth_sendRawTransaction l1"),
        Response(
            "relay-refused",
            "route:l1->l2",
            "relay-failed-deposit",
            "eth_sendRawTransaction l2",
            mended=True,
            sender="user_refused",
        ),
        Response(
            "retryable-overlooked",
            "route:l2->l3",
            "redeem-retryable",
            "eth_sendRawTransaction l3",
        ),
        Response(
            "forked-upstream",
            "upstream:l2-b",
            "take-out-node",
            "stop l2-b",
            afterwards=(Step("replicas/l2/b", {"mode": None}),),
        ),
    )
}


@dataclass(slots=True)
class Answered:
    """How one drill with response went; times in seconds since the fault came."""

    fault: str
    component: str
    runbook: str
    incident: str = ""
    found_s: float | None = None
    done_s: float | None = None
    resolved_s: float | None = None
    runs: list[str] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True if nothing was wrong and it is over."""
        return not self.wrong and self.resolved_s is not None


class Wrong(Exception):
    """Something did not come as it must; the message says what."""


async def responded(
    names: Iterable[str], kill: Iterable[str] = (), seed: int = 1
) -> AsyncIterator[Answered]:
    """One drill after the other on one devnet; the daemon is killed in these phases of each.

    Tickets live the longer the more often it is killed: their last tenth has to suffice.
    """
    phases = tuple(kill)
    lifetime_s = TICKET_S + TICKET_PER_KILL_S * len(phases)
    async with response_staged(seed, lifetime_s) as stage:
        await asyncio.sleep(WARM_UP_S)
        for name in names:
            yield await respond(stage, RESPONSES[name], phases)


async def respond(
    stage: ResponseStage, response: Response, kill: tuple[str, ...] = (), *, calm: bool = True
) -> Answered:
    """The whole of one drill."""
    told = Answered(response.fault, response.component, response.runbook)
    drill = _Drill(stage, response, fault_named(response.fault), told)
    if calm:
        await stage.until(drill.is_calm, CALM_WITHIN_S)
    try:
        await drill.play(kill)
    except (Wrong, SettingsError) as error:
        told.wrong.append(str(error))
    finally:
        await stage.hold(None)
        await stage.revive()
        await stage.controls.heal(drill.fault, response.component)
        for step in response.afterwards:
            await stage.controls.take(step)
    return told


@dataclass(slots=True)
class _Drill:
    """One drill under way."""

    stage: ResponseStage
    response: Response
    fault: Fault
    told: Answered
    began: float = 0.0
    relayed: list[str] = field(default_factory=list)

    async def play(self, kill: tuple[str, ...]) -> None:
        stage, response, told = self.stage, self.response, self.told
        done = len(await stage.deeds())
        self.began = time.monotonic()
        await stage.controls.inject(self.fault, response.component)
        row = await self._found()
        told.incident, told.found_s = row.id, self._since()
        if response.mended:
            await stage.controls.heal(self.fault, response.component)
            await asyncio.sleep(MENDED_S)
        for _ in range(RUNS_MAX):
            message = await self._message()
            if response.sender and not message:
                break
            self.relayed.append(message)
            await self._run(row.id, message, () if told.runs else kill)
            if not response.sender or await self._is_over(row.id):
                break
        told.done_s = self._since()
        deeds = (await stage.deeds())[done:]
        told.deeds = [each for each in deeds if each == response.deed]
        if not response.mended:
            await stage.controls.heal(self.fault, response.component)
        for step in response.afterwards:
            await stage.controls.take(step)
        await self._over(row.id)
        told.resolved_s = self._since()
        await self._check()

    async def is_calm(self) -> bool:
        """True if no incident is open."""
        return not [row for row in await read_incidents(self.stage.store) if _is_open(row)]

    def _since(self) -> float:
        return round(time.monotonic() - self.began, 1)

    async def _found(self) -> IncidentRow:
        cause = self.fault.cause(self.response.component)

        async def found() -> IncidentRow | None:
            for row in await read_incidents(self.stage.store):
                if (row.kind, row.component) == (cause.kind, cause.component) and _is_open(row):
                    return row
            return None

        what = f"no {cause.kind} on {cause.component}"
        row: IncidentRow = await self._wait(found, FOUND_WITHIN_S, what)
        return row

    async def _message(self) -> str:
        """The next message that waits, where the page is about one of several."""
        if not self.response.sender:
            return ""
        sender = account(self.response.sender).address.lower()
        query = select(messages.c.id, messages.c.sender).where(
            (messages.c.finished == 0) & (messages.c.stage == "failed")
        )
        rows = await read_rows(self.stage.store, query.order_by(messages.c.seq))
        waiting = [str(row[0]) for row in rows if row[1].lower() == sender]
        return next((each for each in waiting if each not in self.relayed), "")

    async def _over(self, incident: str) -> None:
        what = f"incident {incident} does not end"
        await self._wait(lambda: self._is_over(incident), OVER_WITHIN_S, what)

    async def _is_over(self, incident: str) -> bool:
        row = await read_incident(self.stage.store, incident)
        return row is not None and not _is_open(row)

    # ---- one run

    async def _run(self, incident: str, message: str, kill: tuple[str, ...]) -> None:
        stage, told = self.stage, self.told
        who, now = stage.speaker(FIRST)
        proposal = Proposal(self.response.runbook, incident, message)
        run = (await asking.propose(stage.place, proposal, who, now)).id
        told.runs.append(run)
        await self._kill("proposed", kill, run)
        await self._in(run, AWAITING)
        await self._kill("rehearsed", kill, run)
        who, now = stage.speaker(SECOND)
        await asking.approve(stage.place, run, who, now)
        await self._in(run, APPROVED)
        await self._kill("approved", kill, run)
        await self._start(run, kill)
        if "proving" in kill:
            await self._wait(
                lambda: self._at(run, VERIFYING), STEP_WITHIN_S, f"run {run} awaits no proof"
            )
            await self._kill("proving", kill, run)
        await self._in(run, DONE)

    async def _start(self, run: str, kill: tuple[str, ...]) -> None:
        """Said start; held where the daemon is to die with its intent written, or its deed done."""
        stage, started = self.stage, False
        for phase, place in (("intended", "before"), ("acted", "after")):
            if phase not in kill:
                continue
            await stage.hold(place)
            if not started:
                await asking.start(stage.place, run, *stage.speaker(SECOND))
            started = True
            await self._wait(stage.is_held, STEP_WITHIN_S, f"run {run} does nothing")
            await self._kill(phase, kill, run, let_go=True)
        if not started:
            await asking.start(stage.place, run, *stage.speaker(SECOND))

    async def _kill(
        self, phase: str, kill: tuple[str, ...], run: str, *, let_go: bool = False
    ) -> None:
        """The daemon dies at once; what it is found at is noted, and another one is started."""
        if phase not in kill:
            return
        await self.stage.kill()
        found = await self._read(run)
        step = found.progress[found.at].state if found.state == EXECUTING else ""
        self.told.kills.append(f"{phase}: {found.state} {step}".rstrip())
        if let_go:
            await self.stage.hold(None)
        await self.stage.revive()

    async def _read(self, run: str) -> Run:
        stored = await read_run(self.stage.store, run)
        assert stored is not None, "no run is ever taken out"
        return stored.run

    async def _at(self, run: str, state: str) -> bool:
        """True if the first step that acts is in this state, or the run is over."""
        found = await self._read(run)
        return found.is_over or any(each.state == state for each in found.done)

    async def _in(self, run: str, state: str) -> None:
        async def is_there() -> bool:
            found = await self._read(run)
            return found.state == state or found.is_over

        await self._wait(is_there, STEP_WITHIN_S, f"run {run} is not {state}")
        found = await self._read(run)
        if found.state != state:
            reason = f"{found.reason}: {found.detail}"
            raise Wrong(f"run {run} is {found.state}, not {state}: {reason}")

    async def _wait(
        self, look: Callable[[], Awaitable[Any]], seconds: float, otherwise: str
    ) -> Any:
        found = await self.stage.until(look, seconds)
        if not found:
            raise Wrong(f"{otherwise}, within {seconds:g} s")
        return found

    # ---- afterwards

    async def _check(self) -> None:
        """Each run did one thing once, and the audit tells all of it and holds."""
        told, store = self.told, self.stage.store
        if len(told.deeds) != len(told.runs):
            told.wrong.append(f"{len(told.runs)} runs did {told.deeds}")
        rows = await read_audit(store, None, AUDIT_MAX)
        for run in told.runs:
            mine = [row for row in reversed(rows) if row.target.startswith(f"run {run}")]
            told.story += [f"{row.who} {row.action} {row.outcome}" for row in mine]
            said = [row.action for row in mine]
            missing = [word for word in WORDS if word not in said]
            told.wrong += [f"run {run}: the audit has no {word}" for word in missing]
        broken = (await verify_audit(store))[1]
        if broken is not None:
            told.wrong.append(f"the audit is broken: {broken.text}")


def _is_open(row: IncidentRow) -> bool:
    return row.state not in (RESOLVED, MERGED)


def record_of(told: Answered) -> Mapping[str, Any]:
    """A drill's record with whether it passed."""
    names = (*Answered.__slots__, "passed")
    return {name: getattr(told, name) for name in names}
