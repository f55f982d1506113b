"""`layerkeep replay`: recorded transactions through decoders and engine."""

from dataclasses import asdict
from pathlib import Path

import click

from layerkeep.app.recordings import read_recordings
from layerkeep.app.replay import Replay, replay
from layerkeep.cli.options import json_option, loaded, topology_option
from layerkeep.cli.output import console, print_json, short


@click.command("replay")
@topology_option
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def command(topology: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Feed recorded transactions through decoders and engine; print messages and links."""
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
