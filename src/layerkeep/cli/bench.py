"""`layerkeep bench`: what the house promises of speed, size and thrift, measured here and now."""

import click
import msgspec

from layerkeep.bench.telling import HEAD, all_met, line, measured, told
from layerkeep.cli.terminal.options import json_option


@click.command("bench")
@click.argument("names", nargs=-1)
@json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """Measure everything, or what is named; the last line is one JSON object.

    NAMES are decoding, recording, storm, history (ten million messages: minutes, and 15 GB of disk;
    BENCH_MESSAGES scales it, BENCH_FOLDER places it), serving (pages and live clients of a million
    messages and fifty chains; scaled and placed alike), calling (a thousand incidents in an hour by
    a clock that runs forty times as fast, then one of a hundred thousand is taken; BENCH_INCIDENTS
    scales these), requests and integrity (of the nodes of a devnet). Each time is told beside a
    baseline measured in the same run. The exit code is 1 if a target is not met.
    """
    outcomes = []
    if not as_json:
        click.echo(HEAD)
    for outcome in measured(names):
        outcomes.append(outcome)
        if not as_json:
            click.echo(line(outcome))
    figures = [told(outcome) for outcome in outcomes]
    click.echo(msgspec.json.encode({"met": all_met(outcomes), "figures": figures}).decode())
    if not all_met(outcomes):
        raise click.exceptions.Exit(1)
