"""`layerkeep presets`: the public networks that come with layerkeep."""

from dataclasses import asdict

import click
from rich.table import Table

from layerkeep.cli.terminal.options import json_option
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.edge.presets import presets


@click.command("presets")
@json_option
def command(as_json: bool) -> None:
    """List the chains there is a preset for."""
    found = presets()
    if as_json:
        print_json([{**asdict(preset), "path": str(preset.path)} for preset in found])
        return
    table = Table("name", "chain", "chain id", "stack", "settles on", box=None)
    for preset in found:
        table.add_row(
            preset.name, preset.title, str(preset.chain_id), preset.stack, preset.settles_on
        )
    console.print(table)
    console.print(f"\n{len(found)} chains; use one with [bold]--topology NAME[/bold], or include")
    console.print('it in your own topology with [bold]include = \\["preset:NAME"][/bold].')
