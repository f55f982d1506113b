"""`layerkeep replay`: recorded transactions, or an exported incident, through the same engine."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from layerkeep.app.replaying.incident_files import changed, read_incident_file
from layerkeep.app.replaying.recordings import read_recordings
from layerkeep.app.replaying.reliving import run_again
from layerkeep.app.replaying.replay import Replay, replay
from layerkeep.cli.terminal.options import json_option, loaded, topology_option
from layerkeep.cli.terminal.output import clock, console, print_json, short
from layerkeep.core.errors import SettingsError
from layerkeep.edge.plugins import load_adapters


@click.command("replay")
@topology_option
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--incident",
    type=click.Path(path_type=Path),
    default=None,
    help="A file of `layerkeep incident export`, instead of recordings.",
)
@click.option("--limit", "limits", multiple=True, help="Another limit: l2.halted_after=5m.")
@click.option(
    "--budget", "budgets", multiple=True, help="Another budget: l3.nitro.send.asserted=8d."
)
@json_option
def command(
    topology: str,
    files: tuple[Path, ...],
    incident: Path | None,
    limits: tuple[str, ...],
    budgets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Feed recorded transactions through decoders and engine; print messages and links.

    With --incident: live through an incident again, with other limits or budgets, and print which
    incidents open when.
    """
    if incident is not None:
        _replay_incident(incident, _pairs(limits), _pairs(budgets), as_json=as_json)
    elif files:
        _replay_recordings(topology, files, as_json=as_json)
    else:
        raise click.UsageError("name FILES of recordings, or an incident's file with --incident")


def _replay_incident(
    path: Path, limits: Mapping[str, str], budgets: Mapping[str, str], *, as_json: bool
) -> None:
    content, adapters = read_incident_file(path), load_adapters()
    opened = run_again(content, changed(content.topology, limits, budgets), adapters)
    if as_json:
        print_json({"incident": content.incident.id, "opened": opened})
        return
    for each in opened:
        until = f"resolved {clock(each.resolved)}" if each.resolved else "still open at the end"
        console.print(
            f"{clock(each.time)}  {each.severity:8} {each.kind} {each.component}  {until}\n"
            f"    {each.title}",
            markup=False,
        )
    if not opened:
        click.echo("no incident opens")


def _pairs(words: tuple[str, ...]) -> dict[str, str]:
    """`l2.halted_after=5m` as name and value."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or "." not in name:
            raise SettingsError(f"{word!r} is no setting; expected CHAIN.NAME=VALUE")
        found[name.strip()] = value.strip()
    return found


def _replay_recordings(topology: str, files: tuple[Path, ...], *, as_json: bool) -> None:
    network, adapters = loaded(topology)
    recordings = [recording for path in files for recording in read_recordings(path)]
    found = replay(network, adapters, recordings)
    if as_json:
        print_json(_report(found, len(recordings)))
        return
    for message in found.messages:
        console.print(
            f"{message.lifecycle.name:24} {message.route:20} {message.stage:16} "
            f"{short(message.id)}  sent in {short(message.sent.anchor.tx)}"
        )
    console.print(f"\n{len(found.links())} links")
    for link in found.links():
        console.print(
            f"{link.source[0]} {short(link.source[1])}  ->  "
            f"{link.target[0]} {short(link.target[1])}   by {link.key}"
        )
    console.print(
        f"\n{len(recordings)} transactions, {len(found.facts)} facts, {len(found.messages)} "
        f"messages, {len(found.undecoded)} undecoded, {len(found.skipped)} of other chains"
    )


def _report(found: Replay, count: int) -> dict[str, object]:
    return {
        "transactions": count,
        "facts": len(found.facts),
        "undecoded": found.undecoded,
        "skipped": found.skipped,
        "messages": [
            {
                "id": message.id,
                "lifecycle": message.lifecycle.name,
                "route": message.route,
                "stage": message.stage,
                "tx": message.sent.anchor.tx,
                "keys": message.keys,
            }
            for message in found.messages
        ],
        "links": [asdict(link) for link in found.links()],
        "journeys": found.journeys(),
    }
