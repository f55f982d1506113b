"""`layerkeep owners`: who is responsible for what, and what nobody is responsible for."""

import click
from rich.markup import escape
from rich.table import Table

from layerkeep.cli.terminal.options import json_option, loaded, topology_option
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.core.acting.people.matrix import Matrix, Row, matrix, owned_text, rows
from layerkeep.core.acting.people.model import People
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of

NOBODY = "nobody"


@click.command("owners")
@topology_option
@json_option
def command(topology: str, as_json: bool) -> None:
    """Print who owns each component and kind of rule, and every orphan.

    Components of a chain that are owned alike share a line; what another team owns there stands
    beside it: a kind of rule, a rule, or a rule's problems of one severity.
    """
    network, adapters = loaded(topology)
    found = matrix(network, Graph(layers_of(network, adapters)))
    if as_json:
        print_json(
            {
                "rows": rows(found),
                "cells": found.cells,
                "orphans": found.orphans,
                "idle": found.idle,
                "teams": network.people.teams,
            }
        )
        return
    console.print(_table(rows(found)))
    _print_teams(network.people, found)
    _print_orphans(found)


def _table(lines: tuple[Row, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("chain", "components", "owner", "except"):
        table.add_column(title)
    chain = ""
    for row in lines:
        but = "\n".join(f"{what}: {who or NOBODY}" for what, who in row.but.items())
        shown = "" if row.chain == chain else row.chain
        cells = (shown, "\n".join(row.components), row.owner or NOBODY, but)
        table.add_row(*map(escape, cells))
        chain = row.chain
    return table


def _print_teams(people: People, found: Matrix) -> None:
    for team in people.teams.values():
        behind = f", then {team.backup}" if team.backup else ""
        by = f", on call by {team.rotation}" if team.rotation else ""
        idle = "  owns nothing" if team.name in found.idle else ""
        line = f"{team.name} ({team.kind}): {', '.join(team.people)}{by}{behind}{idle}"
        console.print(line, markup=False)


def _print_orphans(found: Matrix) -> None:
    if not found.orphans:
        console.print("no orphans")
        return
    console.print(f"[yellow]{len(found.orphans)} orphans[/]")
    for cell in found.orphans:
        console.print(f"  {cell.component}  {owned_text(cell)}", markup=False)
