"""`layerkeep run`: follow a network and keep its story."""

import asyncio
import signal

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.logs import LEVELS, set_up_logs
from layerkeep.app.overview import Overview, overview
from layerkeep.app.serving import Serving
from layerkeep.app.settings import Settings, default_store, duration
from layerkeep.cli.terminal.options import (
    json_option,
    loaded,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import print_json
from layerkeep.core.errors import SettingsError
from layerkeep.edge.store.log import Store

PROGRESS_EVERY_S = 0.5
NEAR_ENOUGH = 4


@click.command("run")
@topology_option
@store_option
@click.option(
    "--from",
    "start",
    default="1d",
    show_default=True,
    help="Where chains not read before start: an age, a block number or `latest`.",
)
@click.option("--keep", default=None, help="How long finished messages stay, for example 90d.")
@click.option("--for", "seconds", type=float, default=None, help="Stop after so many seconds.")
@click.option(
    "--listen",
    default="",
    envvar="LAYERKEEP_LISTEN",
    help="Where the console and the API are served  [default: the topology's, 127.0.0.1:7040]",
)
@click.option("--log-level", type=click.Choice(list(LEVELS)), default="info", show_default=True)
@json_option
def command(
    topology: str,
    store_path: str | None,
    start: str,
    keep: str | None,
    seconds: float | None,
    listen: str,
    log_level: str,
    as_json: bool,
) -> None:
    """Follow every chain of a topology until stopped."""
    set_up_logs(log_level, as_json=as_json)
    network = Network(*loaded(topology))
    if not any(chain.upstreams for chain in network.topology.chains.values()):
        raise SettingsError(f"{topology}: no chain has an upstream, so there is nothing to follow")
    settings = Settings(
        topology,
        store_path or default_store(network.topology.network),
        start,
        duration(keep) if keep else None,
    )
    found = run_async(_run(network, settings, seconds, listen))
    if as_json:
        print_json(found)


async def _run(
    network: Network, settings: Settings, seconds: float | None, listen: str
) -> Overview:
    store = await Store.open(settings.store, network.topology.network)
    try:
        daemon = Daemon(network, store, settings)
        serving = Serving(daemon, listen)
        await serving.start()
        click.echo(f"console: {serving.address}", err=True)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, daemon.stop.set)
        if seconds is not None:
            loop.call_later(seconds, daemon.stop.set)
        bars = asyncio.create_task(_show_progress(daemon))
        try:
            await daemon.run()
        finally:
            bars.cancel()
            await serving.stop()
        return await overview(store)
    finally:
        await store.close()


async def _show_progress(daemon: Daemon) -> None:
    """A bar for each chain that is catching up, gone once all have."""
    columns = (TextColumn("{task.description:12}"), BarColumn(), TextColumn("{task.fields[text]}"))
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}
        while not tasks or any(
            feed.progress.behind >= NEAR_ENOUGH for feed in daemon.feeds.values()
        ):
            await asyncio.sleep(PROGRESS_EVERY_S)
            _draw(daemon, bars, tasks)


def _draw(daemon: Daemon, bars: Progress, tasks: dict[str, TaskID]) -> None:
    for name, feed in daemon.feeds.items():
        progress = feed.progress
        if name not in tasks:
            tasks[name] = bars.add_task(name, total=10_000, text="")
        text = f"block {progress.cursor} of {progress.latest}"
        bars.update(tasks[name], completed=progress.basis_points, text=text)
