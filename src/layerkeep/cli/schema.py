"""`layerkeep schema`: the JSON Schema of topology files, for editors."""

import click

from layerkeep.cli.terminal.output import print_json
from layerkeep.core.topology.schema import topology_schema
from layerkeep.edge.plugins import load_adapters


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of topology files."""
    print_json(topology_schema(load_adapters()))
