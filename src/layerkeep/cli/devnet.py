"""`layerkeep devnet`: the three layers alone, for trying things on, and for breaking them."""

import asyncio
import json
import signal
from pathlib import Path

import click
import msgspec
from rich.table import Table

from layerkeep.cli.terminal.options import json_option, run_async
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.core.units import duration_text
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.fault import Fault
from layerkeep.devnet.drills.table import FAULTS, component_of, fault_named
from layerkeep.devnet.errors import DevnetUnreachable
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import FILE_NAME, System

admin_option = click.option(
    "--admin",
    "place",
    default=None,
    help="The running devnet: its admin endpoint's URL, or its folder  [default: --dir]",
)


@click.group("devnet", invoke_without_command=True)
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
    folder: Path,
    no_traffic: bool,
    seed: int,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Run L1, L2 and L3 until stopped; their addresses are in the files written.

    The commands break one that runs already, and mend it.
    """
    context = click.get_current_context()
    context.obj = folder
    if context.invoked_subcommand is not None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    plan = DevnetPlan(data_dir=folder, traffic=not no_traffic, seed=seed)
    run_async(_run(plan, seconds, as_json))


@command.command("faults")
@json_option
def faults(as_json: bool) -> None:
    """List every fault there is.

    Each with what it does and where it can be put; by default that is the first place named.
    """
    if as_json:
        print_json([_told(fault) for fault in FAULTS.values()])
        return
    table = Table("name", "what happens", "problem", "on", box=None)
    for fault in FAULTS.values():
        table.add_row(fault.name, fault.does, fault.kind, ", ".join(fault.places))
    console.print(table)


@command.command("fault")
@click.argument("name")
@click.option("--on", "component", default=None, help="The component to put it on.")
@admin_option
@json_option
@click.pass_obj
def put_in(
    folder: Path, name: str, component: str | None, place: str | None, as_json: bool
) -> None:
    """Put a fault on a component of a running devnet."""
    fault = fault_named(name)
    where = component_of(fault, component)
    run_async(_inject(admin_url(place, folder), fault, where))
    cause = fault.cause(where)
    if as_json:
        found = {"fault": name, "on": where, "cause": msgspec.to_builtins(cause)}
        print_json(found | {"lasting": fault.lasting})
        return
    click.echo(f"{name} on {where}: {fault.does}")
    click.echo(f"a monitor should name {cause.kind} on {cause.component}")


@command.command("heal")
@click.argument("name", required=False)
@click.option("--on", "component", default=None, help="The component to take it from.")
@admin_option
@json_option
@click.pass_obj
def take_out(
    folder: Path, name: str | None, component: str | None, place: str | None, as_json: bool
) -> None:
    """Take a fault from a running devnet, or all of them.

    With NAME alone it is taken from wherever it may be.
    """
    if name is None and component is not None:
        raise click.UsageError("--on goes with the name of a fault")
    fault = fault_named(name) if name is not None else None
    where = component_of(fault, component) if fault is not None and component else None
    run_async(_heal(admin_url(place, folder), fault, where))
    healed = [fault] if fault is not None else list(FAULTS.values())
    recovery = max(one.recovery for one in healed)
    if as_json:
        print_json({"healed": name or "all", "on": where, "recovery_ms": recovery})
        return
    click.echo(f"healed; all is well again within {duration_text(recovery)}")


def admin_url(place: str | None, folder: Path) -> str:
    """The admin endpoint at a place, be it a URL or a folder; DevnetUnreachable if none runs."""
    if place is not None and "://" in place:
        return place
    file = Path(place or folder) / FILE_NAME
    if not file.exists():
        raise DevnetUnreachable(
            f"no devnet runs here: there is no {file}; start one with `layerkeep devnet`, or name "
            "its folder or admin endpoint with --admin"
        )
    url: str = msgspec.json.decode(file.read_bytes())["admin_url"]
    return url


def _told(fault: Fault) -> dict[str, object]:
    return {
        "name": fault.name,
        "does": fault.does,
        "kind": fault.kind,
        "components": list(fault.places),
        "default": fault.default,
        "recovery_ms": fault.recovery,
        "lasting": fault.lasting,
    }


async def _inject(url: str, fault: Fault, component: str) -> None:
    async with Controls(url) as controls:
        await controls.inject(fault, component)


async def _heal(url: str, fault: Fault | None, component: str | None) -> None:
    async with Controls(url) as controls:
        if fault is None:
            await controls.heal_all()
        else:
            await controls.heal(fault, component)


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
