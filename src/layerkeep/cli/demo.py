"""`layerkeep demo`: a real three-layer system on this machine, with layerkeep on it."""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import click
from rich.console import Console
from rich.live import Live

from layerkeep.app.daemon import Daemon
from layerkeep.app.logs import set_up_logs
from layerkeep.app.overview import Overview, overview
from layerkeep.app.serving import Serving
from layerkeep.bench.stage import Stage, staged
from layerkeep.cli.terminal.glance import glance
from layerkeep.cli.terminal.live_view import render
from layerkeep.cli.terminal.options import json_option, run_async
from layerkeep.cli.terminal.output import print_json
from layerkeep.core.incidents.incident import Incident
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.fault import Cause
from layerkeep.devnet.drills.table import fault_named

ROUTES = ("l1->l2", "l2->l1", "l2->l3", "l3->l2")
JOURNEYS = {"l1->l3": ("l1", "l2", "l3"), "l3->l1": ("l3", "l2", "l1")}
DRILL = "sequencer-stopped"
"""The fault that is put in: found within seconds, and everything on top of it feels it."""
WELL_S = 15.0
"""So long the network is watched in order before."""
DRILL_TAKES_S = 42.0
"""A demo that ends sooner than this after that has no drill."""
SHOWN_S = 3.0
"""An incident is left to be looked at for so long before it is healed."""
DETECTED_WITHIN_S = 60.0
CLEAR_WITHIN_S = 60.0
DRAW_EVERY_S = 0.5

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Drilled:
    """What became of the fault: the cause named, seconds to that, and from healing to its end."""

    kind: str
    component: str
    detected_s: float
    resolved_s: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a demo has shown when it ends; `incident` is None if it was too short for a drill."""

    routes: dict[str, dict[str, int]]
    journeys: dict[str, int]
    skipped_blocks: int
    rpc_calls_per_block: dict[str, float]
    reorgs: int
    ready_s: float
    seconds: float
    incident: Drilled | None


@click.command("demo")
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(1),
    default=None,
    help="End by itself after so many seconds.",
)
@click.option("--seed", default=1, show_default=True, help="Of the traffic's choices.")
@json_option
def command(seconds: float | None, seed: int, as_json: bool) -> None:
    """Start L1, L2 and L3 with traffic, follow them, break something, and show it live."""
    set_up_logs("warning" if as_json else "error", as_json=as_json)
    report = run_async(_demo(seconds, seed, as_json))
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)


async def _demo(seconds: float | None, seed: int, quiet: bool) -> Report:
    """Everything started here is stopped here, whatever happens in between."""
    began = time.monotonic()
    screen = Console(stderr=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if not quiet:
        screen.print("starting an L1, an L2 (OP Stack) on it and an L3 (Nitro) on that…")
    async with staged(seed, stop) as stage:
        return await _watch(stage, Pace(began, seconds, stop, quiet), screen)


@dataclass(frozen=True, slots=True)
class Pace:
    """When a demo began, how long it lasts, and what ends it early."""

    began: float
    seconds: float | None
    stop: asyncio.Event
    quiet: bool

    def elapsed(self) -> float:
        """Seconds since the command was given."""
        return time.monotonic() - self.began

    def is_over(self, shown_s: float) -> bool:
        """True if it is time to end."""
        return self.stop.is_set() or (self.seconds is not None and shown_s >= self.seconds)


async def _watch(stage: Stage, pace: Pace, screen: Console) -> Report:
    ready_s, daemon = pace.elapsed(), stage.daemon
    serving = Serving(daemon, anywhere=True)
    await serving.start()
    screen.print(f"console: {serving.address}")
    drill = Drill(daemon, stage.admin_url)
    drilling = asyncio.create_task(drill.run(pace))
    try:
        await _show(stage, pace, screen)
    finally:
        drilling.cancel()
        await asyncio.gather(drilling, return_exceptions=True)
        await serving.stop()
    daemon.stop.set()
    await stage.running
    report = _report(daemon, await overview(stage.store), ready_s, pace.elapsed())
    return replace(report, incident=drill.seen)


class Drill:
    """Puts one fault in, waits until its incident names it, takes it out, waits until all clear."""

    def __init__(self, daemon: Daemon, admin_url: str) -> None:
        self.daemon = daemon
        self.admin_url = admin_url
        self.seen: Drilled | None = None

    async def run(self, pace: Pace) -> None:
        """The whole drill, if there is time for it."""
        if pace.seconds is not None and pace.seconds < WELL_S + DRILL_TAKES_S:
            return
        await asyncio.sleep(WELL_S)
        fault = fault_named(DRILL)
        cause = fault.cause(fault.default)
        async with Controls(self.admin_url) as controls:
            began = time.monotonic()
            await controls.inject(fault, fault.default)
            try:
                found = await self._until(lambda: self._incident(cause), DETECTED_WITHIN_S)
                detected_s = round(time.monotonic() - began, 1)
                if found is None:
                    return
                self.seen = Drilled(cause.kind, cause.component, detected_s)
                await asyncio.sleep(SHOWN_S)
            finally:
                await controls.heal(fault, fault.default)
        healed = time.monotonic()
        clear = await self._until(lambda: _is_resolved(found), CLEAR_WITHIN_S)
        if clear is not None:
            resolved_s = round(time.monotonic() - healed, 1)
            self.seen = replace(self.seen, resolved_s=resolved_s)

    def _incident(self, cause: Cause) -> Incident | None:
        """The open incident that names this cause."""
        for incident in self.daemon.engine.incidents.open.values():
            if (incident.root.kind, incident.root.component) == (cause.kind, cause.component):
                return incident
        return None

    async def _until(self, check: Callable[[], Found | None], within_s: float) -> Found | None:
        """What `check` gives as soon as it gives something; None if that takes too long."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = check()
            if found is not None:
                return found
            await asyncio.sleep(0.1)
        return None


def _is_resolved(incident: Incident) -> Incident | None:
    """The incident once it is over."""
    return None if incident.resolved_at is None else incident


async def _show(stage: Stage, pace: Pace, screen: Console) -> None:
    """Draw until it is over."""
    began, daemon = time.monotonic(), stage.daemon
    network, at = daemon.network, daemon.settings
    place = f"--topology {at.topology} --store {at.store}"
    with Live(
        console=screen,
        auto_refresh=False,
        screen=not pace.quiet and screen.is_terminal,
        transient=True,
    ) as live:
        while not pace.is_over(time.monotonic() - began):
            stage.check()
            if not pace.quiet:
                now = daemon.now()
                seen = await glance(daemon.store, network.topology, network.adapters, now)
                live.update(render(seen, place, now), refresh=True)
            await asyncio.sleep(DRAW_EVERY_S)


def _report(daemon: Daemon, found: Overview, ready_s: float, seconds: float) -> Report:
    routes = {route: {"finished": 0, "open": 0} for route in ROUTES}
    for count in found.stages:
        state = "finished" if count.finished else "open"
        routes.setdefault(count.route, {"finished": 0, "open": 0})[state] += count.messages
    journeys = {
        name: sum(j.count for j in found.journeys if j.path == path and j.finished)
        for name, path in JOURNEYS.items()
    }
    feeds = daemon.feeds.items()
    return Report(
        routes=routes,
        journeys=journeys,
        skipped_blocks=sum(feed.follower.skipped_blocks for _, feed in feeds),
        rpc_calls_per_block={
            name: round(feed.pool.followed / max(1, feed.blocks), 3) for name, feed in feeds
        },
        reorgs=found.reorgs,
        ready_s=round(ready_s, 2),
        seconds=round(seconds, 1),
        incident=None,
    )


def _print(report: Report) -> None:
    """The last words of a demo, for people."""
    for route, counts in report.routes.items():
        click.echo(f"{route}: {counts['finished']} finished, {counts['open']} open")
    for name, count in report.journeys.items():
        click.echo(f"journeys {name}: {count}")
    if report.incident is not None:
        cleared = report.incident.resolved_s
        click.echo(
            f"{DRILL}: {report.incident.kind} {report.incident.component} named after "
            f"{report.incident.detected_s} s, "
            + (
                f"resolved {cleared} s after it was healed"
                if cleared
                else "not resolved in the end"
            )
        )
    click.echo(
        f"{report.skipped_blocks} blocks skipped; ready after {report.ready_s} s; "
        "everything stopped"
    )
