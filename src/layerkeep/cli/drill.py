"""`layerkeep drill`: real faults on a real devnet, and a scorecard of how they were found."""

import time
from collections.abc import AsyncIterator
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from layerkeep.api.shapes.drills import DrillShown
from layerkeep.app.answers.drills import drills_file, keep_drills
from layerkeep.app.logs import set_up_logs
from layerkeep.app.serving import listening_at
from layerkeep.bench.drill import Record, drilled
from layerkeep.bench.responding import PHASES, RESPONSES, Answered, record_of, responded
from layerkeep.cli.terminal.options import json_option, run_async
from layerkeep.cli.terminal.output import print_json
from layerkeep.core.errors import SettingsError
from layerkeep.devnet.drills.fault import Fault
from layerkeep.devnet.drills.table import FAULTS, component_of, fault_named


@click.command("drill")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every fault, on its usual component.")
@click.option("--everywhere", is_flag=True, help="Every fault, on every component it can be on.")
@click.option("--on", "component", default=None, help="The component to put one named fault on.")
@click.option("--seed", default=1, show_default=True, help="Of the traffic's choices.")
@click.option(
    "--listen",
    default="",
    help="Where console, API and metrics are served meanwhile  [default: nowhere]",
)
@click.option("--respond", "with_response", is_flag=True, help="Carry out their runbooks too.")
@click.option(
    "--kill",
    type=click.Choice([*PHASES, "all"]),
    multiple=True,
    help="With --respond: kill the daemon in this phase of each run.",
)
@json_option
def command(
    names: tuple[str, ...],
    everything: bool,
    everywhere: bool,
    component: str | None,
    seed: int,
    listen: str,
    with_response: bool,
    kill: tuple[str, ...],
    as_json: bool,
) -> None:
    """Put faults on a devnet of its own, one after the other, and score how each is found.

    With --respond a daemon in a process of its own finds them, and their runbooks are proposed,
    approved, carried out and proven; NAMES are then some of those that have one, or none for all.

    NAMES are those that `layerkeep devnet faults` lists. The exit code is 1 if a drill fails. The
    newest drill of each fault is kept in your state directory, where the console finds it.
    """
    if with_response and (listen or component or everywhere):
        raise click.UsageError("--respond goes without --listen, --on and --everywhere")
    if with_response:
        phases = PHASES if "all" in kill else tuple(each for each in PHASES if each in kill)
        _respond(names, phases, seed, as_json=as_json)
        return
    if kill:
        raise click.UsageError("--kill goes with --respond")
    drills = _chosen(names, everything or everywhere, everywhere, component)
    at = listening_at(listen) if listen else ""
    set_up_logs("error", as_json=True)
    records = run_async(_run(drilled(drills, seed, at)))
    passed = all(record.passed for record in records)
    if as_json:
        told = [asdict(record) | {"passed": record.passed} for record in records]
        print_json({"passed": passed, "drills": told})
    else:
        Console().print(_scorecard(records))
    if not passed:
        raise click.exceptions.Exit(1)


def _chosen(
    names: tuple[str, ...], everything: bool, everywhere: bool, component: str | None
) -> list[tuple[Fault, str]]:
    if not names and not everything:
        raise SettingsError("name a drill, or give --all; `layerkeep devnet faults` lists them")
    faults = list(FAULTS.values()) if everything else [fault_named(name) for name in names]
    if everywhere:
        return [(fault, place) for fault in faults for place in fault.places]
    return [(fault, component_of(fault, component)) for fault in faults]


def _respond(names: tuple[str, ...], phases: tuple[str, ...], seed: int, *, as_json: bool) -> None:
    """Drills with response, and their scorecard."""
    unknown = [name for name in names if name not in RESPONSES]
    if unknown:
        known = ", ".join(RESPONSES)
        raise SettingsError(f"no response to {unknown[0]!r} is drilled; there are {known}")
    told = run_async(_answered(responded(names or tuple(RESPONSES), phases, seed)))
    passed = all(each.passed for each in told)
    if as_json:
        print_json({"passed": passed, "drills": [record_of(each) for each in told]})
    else:
        Console().print(_answers(told))
    if not passed:
        raise click.exceptions.Exit(1)


async def _answered(drills: AsyncIterator[Answered]) -> list[Answered]:
    told = []
    async for each in drills:
        told.append(each)
        mark = "ok  " if each.passed else "FAIL"
        wrong = f": {'; '.join(each.wrong)}" if each.wrong else ""
        click.echo(f"{mark} {each.fault}, {each.runbook}{wrong}", err=True)
        for line in (*each.kills, *each.story):
            click.echo(f"       {line}", err=True)
    return told


def _answers(told: list[Answered]) -> Table:
    table = Table(title="drills with response")
    columns = ("", "fault", "on", "runbook", "runs", "done to it", "kills", "found", "done", "over")
    for column in columns:
        table.add_column(column)
    for each in told:
        times = (each.found_s, each.done_s, each.resolved_s)
        table.add_row(
            "ok" if each.passed else "FAIL",
            each.fault,
            each.component,
            each.runbook,
            str(len(each.runs)),
            str(len(each.deeds)),
            str(len(each.kills)),
            *(_seconds(time) for time in times),
        )
    return table


async def _run(drills: AsyncIterator[Record]) -> list[Record]:
    records = []
    async for record in drills:
        records.append(record)
        keep_drills(drills_file(), [shown(record, ended=round(time.time() * 1000))])
        click.echo(_line(record), err=True)
    return records


def shown(record: Record, *, ended: int) -> DrillShown:
    """A drill as the console shows it; its run was over at `ended`."""
    return DrillShown(
        fault=record.fault,
        component=record.component,
        kind=record.kind,
        bound=round(record.bound_s * 1000),
        ended=ended,
        found=_milliseconds(record.after_s),
        named=record.named,
        right=record.cause_right,
        false_pages=tuple(record.false_pages),
        resolved=_milliseconds(record.resolved_s),
        by_hand=record.by_hand,
        passed=record.passed,
    )


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _line(record: Record) -> str:
    mark = "ok  " if record.passed else "FAIL"
    told = f"{mark} {record.fault} on {record.component}: found {_seconds(record.detected_s)}"
    told += f", bound {record.bound_s:.0f} s after {_seconds(record.after_s)}"
    wrong = f"; named {record.named or 'nothing'}" if not record.cause_right else ""
    pages = f"; false pages {', '.join(record.false_pages)}" if record.false_pages else ""
    return f"{told}{wrong}{pages}; resolved {_seconds(record.resolved_s)}"


def _scorecard(records: list[Record]) -> Table:
    table = Table(title="drills")
    for column in ("", "fault", "on", "found", "bound", "cause", "false pages", "resolved"):
        table.add_column(column)
    for record in records:
        resolved = _seconds(record.resolved_s) + (" by hand" if record.by_hand else "")
        table.add_row(
            "ok" if record.passed else "FAIL",
            record.fault,
            record.component,
            _seconds(record.after_s),
            f"{record.bound_s:.1f} s",
            record.named if record.cause_right else f"wrong: {record.named or 'none'}",
            ", ".join(record.false_pages) or "none",
            resolved,
        )
    return table


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
