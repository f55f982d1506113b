"""`layerkeep oncall`: who is on call, when nobody is, and calendars in and out."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from layerkeep.app.settings import duration
from layerkeep.cli.terminal.options import json_option, loaded, topology_option
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.core.acting.oncall.coverage import CLOCKS, NOT_STARTED, Coverage, Finding, coverage
from layerkeep.core.acting.oncall.rotation import on_call
from layerkeep.core.acting.oncall.walltime import wall_text
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology import Topology
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import DAY, Timestamp, duration_text
from layerkeep.edge.calendars import WRITTEN, exported, imported, overrides_toml

COVER_MAX = 400 * DAY
REASONS = {CLOCKS: ", clocks changed apart", NOT_STARTED: ", the rotation has not begun"}
PIECES_SHOWN = 60


@click.group("oncall", invoke_without_command=True)
@topology_option
@click.option("--at", "at_text", default="", metavar="TIME", help="Another time than now.")
@click.option("--cover", default="", metavar="DURATION", help="Turns and gaps ahead, as in 30d.")
@json_option
@click.pass_context
def command(context: click.Context, topology: str, at_text: str, cover: str, as_json: bool) -> None:
    """Tell who is on call, now or at a time, or find gaps and double bookings ahead.

    TIME is such as `2026-12-24T09:00+01:00`; without an offset it is UTC. With --cover the exit
    code is 1 if anything is odd.
    """
    if context.invoked_subcommand is not None:
        return
    network = loaded(topology)[0]
    at = _at(at_text)
    if cover:
        _tell_coverage(network, at, _length(cover), as_json=as_json)
    else:
        _tell_now(network, at, as_json=as_json)


@command.command("export")
@topology_option
@click.option("--rotation", required=True, help="The rotation's name.")
@click.option("--for", "lasting", default="90d", show_default=True, help="How far ahead.")
@click.option("--from", "at_text", default="", metavar="TIME", help="From then on, not now.")
@click.option("--out", type=click.Path(path_type=Path), help="A file, in place of stdout.")
def export_command(
    topology: str, rotation: str, lasting: str, at_text: str, out: Path | None
) -> None:
    """Write a rotation as an iCalendar file, one event a turn."""
    network = loaded(topology)[0]
    _known(network, rotation)
    since = _at(at_text)
    text = exported(network, rotation, since, Timestamp(since + _length(lasting)))
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)


@command.command("import")
@topology_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rotation", required=True, help="The rotation that the events override.")
@click.option("--for", "lasting", default="90d", show_default=True, help="How far ahead.")
@click.option("--from", "at_text", default="", metavar="TIME", help="From then on, not now.")
@click.option("--out", type=click.Path(path_type=Path), help="A file, in place of stdout.")
def import_command(
    topology: str, file: Path, rotation: str, lasting: str, at_text: str, out: Path | None
) -> None:
    """Read an iCalendar file as overrides: a topology file to include.

    A person is known by mail, or by name in the event's summary. Exit code 1 if an event in that
    time could not be read.
    """
    network = loaded(topology)[0]
    zone = network.oncall.rotations[_known(network, rotation)].timezone
    since = _at(at_text)
    until = Timestamp(since + _length(lasting))
    found = imported(_read(file), network.people, zone, since, until)
    text = overrides_toml(rotation, found.overrides, zone)
    if out is None:
        click.echo(text, nl=False)
    else:
        _check_ours(out)
        _write(out, text)
    lost = [each for each in found.unread if each.reason not in ("cancelled", "elsewhen")]
    for each in lost:
        click.echo(f"not read: {each.summary!r}: {each.reason}", err=True)
    if lost:
        raise click.exceptions.Exit(1)


def _tell_now(network: Topology, at: Timestamp, *, as_json: bool) -> None:
    oncall, people = network.oncall, network.people
    found = {name: on_call(oncall, people, name, at) for name in oncall.rotations}
    if as_json:
        print_json({"at": at, "rotations": {name: {"on_call": who} for name, who in found.items()}})
        return
    if not found:
        console.print("no rotation is declared")
    for name, who in found.items():
        zone = oncall.rotations[name].timezone
        said = " and ".join(_called(network, each) for each in who) or "nobody"
        console.print(f"{name:20} {said}   at {wall_text(at, zone)}", markup=False)


def _tell_coverage(network: Topology, at: Timestamp, length: int, *, as_json: bool) -> None:
    cover = coverage(network.oncall, network.people, at, Timestamp(at + length))
    if as_json:
        print_json(cover)
    else:
        _print_coverage(network, cover)
    if cover.findings:
        raise click.exceptions.Exit(1)


def _print_coverage(network: Topology, cover: Coverage) -> None:
    for name, parts in cover.pieces.items():
        zone = network.oncall.rotations[name].timezone
        console.print(f"[bold]{name}[/bold]")
        for part in parts[:PIECES_SHOWN]:
            who = " and ".join(part.people) or "nobody"
            console.print(f"  {wall_text(part.since, zone):26} {who}", markup=False)
        if len(parts) > PIECES_SHOWN:
            console.print(f"  and {len(parts) - PIECES_SHOWN} more turns")
    if not cover.findings:
        console.print("no gaps and no double bookings")
    for line in _folded(network, cover.findings):
        console.print(line, markup=False)


def _folded(network: Topology, findings: Iterable[Finding]) -> Iterable[str]:
    """One line for findings that are alike but for their day: the first, and how often."""
    alike: dict[Any, list[Finding]] = {}
    for each in findings:
        length = each.until - each.since
        key = (each.kind, each.rotations, each.people, each.reason, length)
        alike.setdefault(key, []).append(each)
    for (kind, rotations, people, reason, length), group in alike.items():
        zone = network.oncall.rotations[rotations[0]].timezone
        who = f" of {' and '.join(people)}" if people else ""
        times = f", {len(group)} times, last {wall_text(group[-1].since, zone)}"
        yield (
            f"{kind} in {' and '.join(rotations)}{who}: {wall_text(group[0].since, zone)} for "
            f"{duration_text(length)}{REASONS.get(reason, '')}{times if len(group) > 1 else ''}"
        )


def _called(network: Topology, name: str) -> str:
    person = network.people.people.get(name)
    return f"{name} ({person.title})" if person is not None and person.title else name


def _known(network: Topology, rotation: str) -> str:
    known = network.oncall.rotations
    if rotation not in known:
        near = close_match(rotation, known)
        hint = f"did you mean {near!r}?" if near else "`layerkeep oncall` lists them"
        raise SettingsError(f"there is no rotation {rotation!r}; {hint}")
    return rotation


def _at(text: str) -> Timestamp:
    """A moment; now if nothing is said."""
    if not text:
        return Timestamp(int(time.time()) * 1000)
    try:
        moment = datetime.fromisoformat(text)
        known = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return Timestamp(int(known.timestamp()) * 1000)
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"{text!r} is no time; expected for example 2026-12-24T09:00+01:00"
        ) from error


def _length(text: str) -> int:
    length = duration(text)
    if not 0 < length <= COVER_MAX:
        raise SettingsError(f"{text!r} is out of bounds; expected up to {COVER_MAX // DAY}d")
    return length


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: bytes that are no text") from error


def _check_ours(path: Path) -> None:
    """A file that somebody else wrote is never written over."""
    if path.exists() and not _read(path).startswith(WRITTEN):
        raise SettingsError(f"{path} was not written by an import; name another file")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    click.echo(f"wrote {path}", err=True)
