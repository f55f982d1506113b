"""`layerkeep decode`: the facts in a receipt."""

from pathlib import Path

import click

from layerkeep.app.replaying.recordings import read_recordings
from layerkeep.app.replaying.replay import chain_called, receipt_facts
from layerkeep.cli.terminal.options import json_option, loaded, topology_option
from layerkeep.cli.terminal.output import console, print_fact, print_json
from layerkeep.core.dispatch import build_dispatch
from layerkeep.core.errors import SettingsError


@click.command("decode")
@topology_option
@click.option("--chain", "chain_name", required=True, help="The chain's name or chain id.")
@click.option(
    "--receipt", "path", required=True, type=click.Path(path_type=Path), help="A JSON file."
)
@json_option
def command(topology: str, chain_name: str, path: Path, as_json: bool) -> None:
    """Print the facts in a receipt."""
    network, adapters = loaded(topology)
    chain = chain_called(network, chain_name)
    if chain is None:
        known = ", ".join(network.chains)
        raise SettingsError(f"no chain {chain_name!r} in {topology}; there are: {known}")
    dispatch = build_dispatch(network, adapters)
    recordings = [r for r in read_recordings(path) if r.chain_id in (None, chain.chain_id)]
    facts = [
        fact
        for recording in recordings
        for fact in receipt_facts(dispatch, chain.name, recording.receipt, recording.time)
    ]
    if as_json:
        print_json({"receipts": len(recordings), "facts": facts})
        return
    for fact in facts:
        print_fact(fact)
    console.print(f"{len(facts)} facts in {len(recordings)} receipts of {chain.name}")
