"""`layerkeep status`: how far each chain is read, and what is under way on each route."""

import time

import click
from rich.table import Table

from layerkeep.app.overview import Overview, Sight, overview
from layerkeep.cli.acting.incidents import incident_lines
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, console, print_json
from layerkeep.cli.terminal.watching import redrawn, watch_option
from layerkeep.core.units import MINUTE

STALE = MINUTE
"""After so long without a look no daemon runs: the slowest chain is looked at every 12 s."""


@click.command("status")
@topology_option
@store_option
@watch_option
@json_option
def command(topology: str, store_path: str | None, every: float | None, as_json: bool) -> None:
    """Show what is wrong, the chains with their heads, and each route's messages by stage."""

    def now() -> None:
        show(run_async(_overview(topology, store_path)), int(time.time() * 1000))

    if as_json:
        print_json(run_async(_overview(topology, store_path)))
    else:
        redrawn(now, every)


async def _overview(topology: str, store_path: str | None) -> Overview:
    store = await existing_store(store_path, topology)
    try:
        return await overview(store)
    finally:
        await store.close()


def seen_text(sight: Sight | None, now: int) -> str:
    """Whether a chain is seen: a blind one must not look like a quiet one."""
    if sight is None:
        return "[bold red]BLIND[/] never looked at"
    if now - sight.looked > STALE:
        return f"not looked at since {ago(sight.looked, now)}"
    if not sight.answering:
        return f"[bold red]BLIND[/] 0 of {sight.upstreams} answer"
    return f"{sight.answering} of {sight.upstreams} answer"


def show(found: Overview, now: int) -> None:
    """Print an overview as tables, what is wrong first."""
    if found.incidents:
        for line in incident_lines(found.incidents, now):
            console.print(line)
        console.print()
    sights = {sight.chain: sight for sight in found.sights}
    chains = Table("chain", "seen", "read to", "of", "safe", "finalized", "last block", box=None)
    for chain in found.chains:
        chains.add_row(
            chain.chain,
            seen_text(sights.get(chain.chain), now),
            str(chain.height),
            str(chain.latest),
            "-" if chain.safe is None else str(chain.safe),
            "-" if chain.finalized is None else str(chain.finalized),
            ago(chain.time, now),
        )
    console.print(chains)
    routes = Table("route", "kind", "stage", "messages", box=None)
    for count in found.stages:
        routes.add_row(count.route, count.lifecycle, count.stage, str(count.messages))
    console.print()
    console.print(routes)
    for journey in found.journeys:
        state = "finished" if journey.finished else "under way"
        console.print(f"journeys {' → '.join(journey.path)}: {journey.count} {state}")
    if found.reorgs:
        console.print(f"{found.reorgs} reorgs noticed")
