"""Fifty chains with a thousand rules, the people who own them, and a daemon that is fed by a clock.

The clock of an hour runs `pace` times as fast as the wall's. Nothing else is made faster: the
daemon sleeps and writes as ever, so it comes late by `pace` times as much. So chains tell their
heads once in two seconds of the wall, which are many blocks, and what a rule would find in such
gaps is beyond the limits set here. The clock waits for the daemon where the machine is busy.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import msgspec

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import Settings
from layerkeep.bench import serving_world
from layerkeep.bench.calling import plan
from layerkeep.bench.network import ADAPTERS, address
from layerkeep.bench.serving_world import chain_block, chain_cursor, chain_looked
from layerkeep.core.acting.oncall.tables import read_oncall
from layerkeep.core.acting.paging.tables import read_paging
from layerkeep.core.acting.people.tables import read_people
from layerkeep.core.errors import Fault, SettingsError
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Measured
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.topology.access_table import read_api
from layerkeep.core.topology.rule_tables import Known, read_rules
from layerkeep.core.units import DAY, HOUR, SECOND, Duration, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Entry

TOLD_EVERY = 2 * SECOND
"""Of the wall: a chain's heads and nodes."""

MOVES_EVERY_S, MOVES_MAX_S = 0.02, 0.05
"""How often the clock moves, and how far at most: it stands still while the process gets no
processor or waits for its store, for what others do on the machine is not measured."""

ENOUGH, LOW = 100, 1
"""What a rule's address holds while all is well, and while it is not."""

THRESHOLD = 10
OPERATOR = "desk"
OPERATOR_KEY = "BENCH_OPERATOR"
"""The environment's name of the key by which incidents are taken."""

AGAIN = "4h"
"""The last level is not called again while it is measured."""

PATIENT = ("halted_after", "upstream_lag", "silent_after", "safe_stalled_after")
PATIENT_FOR = Duration(6 * HOUR)
FOR_EVER = 30 * DAY


class Clock:
    """Time from `began` on (milliseconds), `pace` times as fast as the wall's, for one process."""

    def __init__(self, began: int, pace: float) -> None:
        self.pace = pace
        self._shown = float(began)

    def now(self) -> Timestamp:
        """What it shows."""
        return Timestamp(int(self._shown))

    def move(self, seconds: float) -> None:
        """So much of the wall's time has passed."""
        self._shown += min(seconds, MOVES_MAX_S) * SECOND * self.pace


class Brief(msgspec.Struct, frozen=True):
    """What a daemon has to do: its store, where it calls, and how fast its clock runs.

    With `at_once` so many things go wrong together so long after the start (milliseconds), and stay
    so; without, all goes as planned.
    """

    store: str
    hooks: str
    began: int
    pace: float
    at_once: int = 0
    after: int = 0


def planned_in(brief: Brief) -> list[plan.Trouble]:
    """What goes wrong in a world like this."""
    planned = plan.troubles(tuple(serving_world.topology().chains.values()))
    if not brief.at_once:
        return planned
    return [replace(each, begins=brief.after, lasts=FOR_EVER) for each in planned[: brief.at_once]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a rule's address from a moment on."""

    time: int
    rule: str
    value: int


def secret_name(team: str) -> str:
    """Where the environment holds what signs the calls of a team."""
    return f"BENCH_HOOK_{team.upper()}"


def topology(planned: Sequence[plan.Trouble], hooks: str, began: int) -> Topology:
    """The chains, the rules that find what is planned, and whom to call at `hooks`/TEAM."""
    known = serving_world.topology()
    limits = {name: int(PATIENT_FOR) for name in PATIENT}
    chains = {name: replace(chain, limits=limits) for name, chain in known.chains.items()}
    parts = {"bench": tables(planned, tuple(chains.values()), hooks, began)}
    faults: list[Fault] = []
    words = Known(chains, ADAPTERS)
    people = read_people(parts, words, faults)
    found = replace(
        known,
        chains=chains,
        rules=read_rules(parts, words, faults),
        api=read_api(parts, faults),
        people=people,
        oncall=read_oncall(parts, people, faults),
        paging=read_paging(parts, people, faults),
    )
    if faults:
        raise SettingsError(f"the bench's own topology: {faults[0]}")
    return found


def tables(
    planned: Sequence[plan.Trouble], chains: Sequence[Chain], hooks: str, began: int
) -> dict[str, Any]:
    """The plan in the words of a topology file."""
    teams = (*plan.TEAMS, plan.DESK)
    return {
        "rules": {each.rule: _rule(number, each) for number, each in enumerate(planned)},
        "people": {name: {} for team in teams for name in _people(team)},
        "teams": {team: _team(team) for team in teams},
        "rotations": {team: _rotation(team, began) for team in teams},
        "owns": _owns(chains),
        "channels": {
            team: {
                "kind": "webhook",
                "url": f"{hooks}/{team}",
                "secret": f"env:{secret_name(team)}",
            }
            for team in teams
        },
        "policies": {team: _policy(team) for team in teams},
        "paging": {"team": plan.DESK},
        "api": {"tokens": {OPERATOR: {"role": "operator", "secret": f"env:{OPERATOR_KEY}"}}},
    }


def _rule(number: int, trouble: plan.Trouble) -> dict[str, Any]:
    return {
        "balance": address(0xB00000 + number),
        "chain": trouble.chain,
        "compare": "<",
        "threshold": THRESHOLD,
        "severity": trouble.severity,
        "component": trouble.component,
    }


def _people(team: str) -> list[str]:
    return [*(plan.person(team, number) for number in range(3)), plan.lead(team)]


def _team(team: str) -> dict[str, Any]:
    behind = {} if team == plan.DESK else {"backup": plan.DESK}
    return {"people": _people(team), "rotation": team, "policy": team, **behind}


def _rotation(team: str, began: int) -> dict[str, Any]:
    """Turns by day or by week that change when the plan says, from its first person to the second.

    By day the change is the 12th since the start; by week the third, so the order is another.
    """
    changes = began + plan.handover(team)
    weekly = plan.TEAMS.index(team) % 2 == 1 if team in plan.TEAMS else False
    order = (2, 0, 1) if weekly else (1, 2, 0)
    first = datetime.fromtimestamp((changes - (14 if weekly else 12) * DAY) / SECOND, UTC)
    name, since, until = plan.STANDS_IN
    stands_in = {"from": _moment(began + since), "to": _moment(began + until)}
    extra = [{**stands_in, "person": plan.person(team, 2)}] if team == name else []
    return {
        "kind": "weekly" if weekly else "daily",
        "timezone": "UTC",
        "starts": date(first.year, first.month, first.day),
        "handover": f"{first:%H:%M}",
        "people": [plan.person(team, number) for number in order],
        "overrides": extra,
    }


def _moment(time: int) -> datetime:
    return datetime.fromtimestamp(time / SECOND, UTC)


def _owns(chains: Sequence[Chain]) -> list[dict[str, str]]:
    found = [{"team": plan.NITRO, "stack": "nitro"}]
    found += [{"team": plan.POSTING, "component": "batcher:*"}]
    for number, chain in enumerate(chains):
        if chain.settles_on is None:
            found.append({"team": plan.FUNDS, "chain": chain.name, "rule": "custom"})
        elif chain.stack != "nitro":
            team = plan.BY_CHAIN[number % len(plan.BY_CHAIN)]
            found.append({"team": team, "chain": chain.name})
            if plan.is_grave(number):
                found.append({"team": plan.GRAVE, "chain": chain.name, "severity": "critical"})
    return found


def _policy(team: str) -> dict[str, Any]:
    callees = ("on-call", "backup", f"person:{plan.lead(team)}")
    levels = [
        {"after": f"{after // SECOND}s", "to": [to], "by": [team]}
        for after, to in zip(plan.LEVELS, callees, strict=True)
    ]
    return {"levels": levels, "again": AGAIN, "group": f"{plan.GROUPED.get(team, 0) // SECOND}s"}


def readings(planned: Sequence[plan.Trouble], began: int) -> dict[str, deque[Reading]]:
    """What is read on each chain, in order: first that all is well."""
    found: dict[str, list[Reading]] = {}
    for each in planned:
        begins = began + each.begins
        found.setdefault(each.chain, []).extend(
            (
                Reading(began, each.rule, ENOUGH),
                Reading(begins, each.rule, LOW),
                Reading(begins + each.lasts, each.rule, ENOUGH),
            )
        )
    return {chain: deque(sorted(each, key=lambda one: one.time)) for chain, each in found.items()}


class Fed(Daemon):
    """A daemon like any other, but for its clock, and that facts come to it by that."""

    def __init__(
        self, known: Topology, store: Store, clock: Clock, script: Mapping[str, deque[Reading]]
    ) -> None:
        self._clock = clock
        self._script = script
        super().__init__(Network(known, ADAPTERS), store, Settings("", ""))

    def now(self) -> Timestamp:
        """By its own clock."""
        return self._clock.now()

    async def run_clock(self) -> None:
        """Move the clock until stopped, never while something is being written."""
        before = time.monotonic()
        while not self.stop.is_set():
            await asyncio.sleep(MOVES_EVERY_S)
            async with self._gate:
                now = time.monotonic()
                self._clock.move(now - before)
                before = now

    async def _follow(self, chain: Chain, session: aiohttp.ClientSession) -> None:
        del session
        pending, pace, told = self._script.get(chain.name, deque()), self._clock.pace, 0
        while not self.stop.is_set():
            now = int(self.now())
            read = []
            while pending and pending[0].time <= now:
                read.append(pending.popleft())
            if read or now - told >= TOLD_EVERY * pace:
                await self.log_and_believe(_entry(chain, now, read))
            if now - told >= TOLD_EVERY * pace:
                told = now
                await self.observe(chain_looked(chain, now))
            due = told + TOLD_EVERY * pace
            due = min(due, pending[0].time) if pending else due
            await asyncio.sleep(max(0.01, (due - int(self.now())) / pace / SECOND))


def _entry(chain: Chain, now: int, read: Sequence[Reading]) -> Entry:
    """The chain's newest block, and what was read there."""
    cursor = chain_cursor(chain, now)
    assert cursor.safe is not None and cursor.finalized is not None, "known of every chain"
    times = (cursor.safe * chain.block_time, cursor.finalized * chain.block_time)
    says = HeadSeen(cursor.height, cursor.safe, cursor.finalized, *times)
    at = Anchor(chain.name, cursor.height, cursor.hash, cursor.time)
    facts = [Fact(at, Measured(chain.name, f"rule.{each.rule}", each.value)) for each in read]
    blocks = [chain_block(chain, now)]
    return Entry(cursor, facts, blocks, noticed=now, observed=[Fact(at, says)])
