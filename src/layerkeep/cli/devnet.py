"""`layerkeep devnet`: the three layers alone, for trying things on."""

import asyncio
import json
import signal
from pathlib import Path

import click

from layerkeep.cli.options import json_option, run_async
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System


@click.command("devnet")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("build/devnet"),
    show_default=True,
    help="Where devnet.json and devnet.toml are written.",
)
@click.option("--no-traffic", is_flag=True, help="Start without generated messages.")
@click.option("--seed", default=1, show_default=True, help="Of the traffic's choices.")
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(1),
    default=None,
    help="End by itself after so many seconds.",
)
@json_option
def command(
    folder: Path, no_traffic: bool, seed: int, seconds: float | None, as_json: bool
) -> None:
    """Run L1, L2 and L3 until stopped; their addresses are in the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = DevnetPlan(data_dir=folder, traffic=not no_traffic, seed=seed)
    run_async(_run(plan, seconds, as_json))


async def _run(plan: DevnetPlan, seconds: float | None, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    system = await System.start(plan)
    try:
        topology = plan.data_dir / "devnet.toml"
        topology.write_text(system.topology_toml())
        if as_json:
            click.echo(json.dumps({"ready_s": system.ready_s, "topology": str(topology)}))
        else:
            click.echo(f"ready after {system.ready_s:.2f} s; follow it with")
            click.echo(f"  layerkeep run --topology {topology} --from 0")
        await stop.wait()
    finally:
        await system.stop()
