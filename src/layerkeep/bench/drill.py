"""Drills: a real fault is put on the running devnet, and layerkeep is watched finding it.

One drill: wait until all is well, put the fault there, wait for the incident that names it, look on
for a while whether anything else pages, take the fault away, wait until all is resolved. What no
healing takes back (a forged withdrawal stays in history) is resolved by hand, as an operator
would, and the record says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

from layerkeep.bench.stage import LOOK_EVERY_S, Stage, staged
from layerkeep.core.facts import Anchor, Fact, Operated
from layerkeep.core.incidents.incident import MERGED, RESOLVED, Incident
from layerkeep.core.rules.bounds import bound_of
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.fault import Cause, Fault

WARM_UP_S = 30.0
WELL_WITHIN_S = 120.0
CALM_S = 20.0
"""Between two drills: actors have posted and claimed again, so nothing is held up from before."""

FOUND_WITHIN_S = 150.0
LOOK_ON_S = 4.0
BY = "drill"


@dataclass(slots=True)
class Record:
    """How one drill went; times in seconds, None for what did not happen.

    `detected_s` counts from the injection, `after_s` from the first trace of the fault on a chain
    if that came later (a censored deposit has to be sent first); the bound is for that one.
    `named` is the cause that the first page named in the end. `false_pages` are the roots of other
    incidents that paged meanwhile. `by_hand` is true if an operator's word was needed to end it.
    """

    fault: str
    component: str
    kind: str
    bound_s: float
    detected_s: float | None = None
    after_s: float | None = None
    named: str = ""
    cause_right: bool = False
    incidents: int = 0
    false_pages: list[str] = field(default_factory=list)
    resolved_s: float | None = None
    by_hand: bool = False
    unwell_before: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True if it was found in time, named right, once, alone, and is over."""
        in_time = self.after_s is not None and self.after_s <= self.bound_s
        once = self.incidents == 1 and not self.false_pages
        return in_time and self.cause_right and once and self.resolved_s is not None


async def drilled(
    drills: Iterable[tuple[Fault, str]], seed: int = 1, listen: str = ""
) -> AsyncIterator[Record]:
    """One record after the other, all on one devnet; an own devnet for each lasting fault.

    A devnet runs for a while before: what is usual on it has to be learned first. Each is served at
    `listen`, if that is given.
    """
    fleeting = [drill for drill in drills if not drill[0].lasting]
    lasting = [drill for drill in drills if drill[0].lasting]
    if fleeting:
        async with staged(seed, listen=listen) as stage:
            await asyncio.sleep(WARM_UP_S)
            for fault, component in fleeting:
                yield await run_drill(stage, fault, component)
    for fault, component in lasting:
        async with staged(seed, listen=listen) as stage:
            await asyncio.sleep(WARM_UP_S)
            yield await run_drill(stage, fault, component)


async def run_drill(stage: Stage, fault: Fault, component: str) -> Record:
    """The whole of one drill."""
    cause = fault.cause(component)
    record = Record(fault.name, component, cause.kind, _bound_s(stage, cause))
    if not await _calm(stage):
        record.unwell_before = [_root(incident) for incident in _open(stage)]
    async with Controls(stage.admin_url) as controls:
        began, injected = time.monotonic(), stage.daemon.now()
        try:
            await controls.inject(fault, component)
            done = stage.daemon.now()
            await _until(stage, lambda: bool(_named(stage, cause, injected)), FOUND_WITHIN_S)
            found = _named(stage, cause, injected)
            if found is not None:
                record.detected_s = round(time.monotonic() - began, 2)
                record.after_s = _after_s(stage, found, done)
            await asyncio.sleep(LOOK_ON_S)
        finally:
            await controls.heal(fault, component)
    await _end(stage, fault, record)
    _score(stage, cause, injected, record)
    return record


async def _calm(stage: Stage) -> bool:
    """True once nothing was wrong for a while, False if that never came."""
    last = time.monotonic()

    def is_calm() -> bool:
        nonlocal last
        last = time.monotonic() if _open(stage) else last
        return time.monotonic() - last >= CALM_S

    return await _until(stage, is_calm, WELL_WITHIN_S)


async def _end(stage: Stage, fault: Fault, record: Record) -> None:
    """Wait until all is resolved; speak the operator's word where no healing takes it back."""
    healed = time.monotonic()
    patience = fault.recovery / 1000
    if not await _until(
        stage, lambda: not _open(stage), patience if fault.lasting else WELL_WITHIN_S
    ):
        if not fault.lasting:
            return
        record.by_hand = True
        await _resolve(stage)
        if not await _until(stage, lambda: not _open(stage), WELL_WITHIN_S):
            return
    record.resolved_s = round(time.monotonic() - healed, 2)


def _after_s(stage: Stage, found: Incident, injected: Timestamp) -> float:
    return round(max(0, stage.daemon.now() - max(injected, found.since)) / 1000, 2)


async def _resolve(stage: Stage) -> None:
    now = stage.daemon.now()
    for incident in _open(stage):
        says = Operated("resolve", incident.id, BY, reason="cannot be taken back; looked at")
        anchor = Anchor(ChainName(""), -1, "", now)
        await stage.store.observe([Fact(anchor, says)], now)


def _score(stage: Stage, cause: Cause, injected: Timestamp, record: Record) -> None:
    """What came up since the drill began, and whether it was the one right thing."""
    came = [incident for incident in _all(stage) if _came(incident, injected)]
    paged = [incident for incident in came if incident.state != MERGED]
    right = [incident for incident in paged if _is(incident, cause)]
    record.incidents = len(right)
    record.cause_right = bool(right)
    record.false_pages = sorted(_root(i) for i in paged if not _is(i, cause))
    record.named = _root(right[0]) if right else ", ".join(record.false_pages)


def _named(stage: Stage, cause: Cause, injected: Timestamp) -> Incident | None:
    for incident in _open(stage):
        if _came(incident, injected) and _is(incident, cause):
            return incident
    return None


def _came(incident: Incident, injected: Timestamp) -> bool:
    """True if it was opened since then, or opened again by more than late effects of before."""
    if incident.opened >= injected:
        return True
    again = [each for each in incident.history if each.name == "reopened" and each.last >= injected]
    return any(each.reason != "after-effect" for each in again)


def _is(incident: Incident, cause: Cause) -> bool:
    return (incident.root.kind, incident.root.component) == (cause.kind, cause.component)


def _root(incident: Incident) -> str:
    return f"{incident.root.kind} {incident.root.component}"


def _open(stage: Stage) -> list[Incident]:
    return [each for each in _all(stage) if each.state not in (RESOLVED, MERGED)]


def _all(stage: Stage) -> list[Incident]:
    incidents = stage.daemon.engine.incidents
    return [*incidents.open.values(), *incidents.recent.values()]


def _bound_s(stage: Stage, cause: Cause) -> float:
    ground = stage.daemon.engine.watch.ground
    chain = ground.graph.chain(cause.component)
    assert chain is not None, f"{cause.component} is a component of the devnet"
    layer = ground.layers[chain]
    bound = bound_of(cause.kind, layer)
    return FOUND_WITHIN_S if bound is None else bound / 1000


async def _until(stage: Stage, is_so: Callable[[], bool], seconds: float) -> bool:
    """True as soon as it is so, False if it never was in so many seconds."""
    until = time.monotonic() + seconds
    while not is_so():
        stage.check()
        if time.monotonic() > until:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return True
