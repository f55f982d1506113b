"""`layerkeep check`: does the world agree with the topology?"""

import time
from collections import Counter

import aiohttp
import click

from layerkeep.cli.terminal.options import json_option, loaded, run_async, topology_option
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.core.adapter import Adapter
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology import Topology, Upstream
from layerkeep.core.units import Timestamp
from layerkeep.edge.discover.client_rpc import ClientRpc
from layerkeep.edge.preflight import Finding, preflight
from layerkeep.edge.preflight.people import look_at_people
from layerkeep.edge.rpc.client import Line, RpcClient
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.secrets import resolve

MARKS = {
    "ok": "[green]ok[/]       ",
    "warn": "[yellow]warn[/]     ",
    "fail": "[red]FAIL[/]     ",
    "unwatched": "[magenta]unwatched[/]",
}


@click.command("check")
@topology_option
@json_option
def command(topology: str, as_json: bool) -> None:
    """Go to every endpoint and contract of a topology; exit code 1 if anything fails."""
    network, adapters = loaded(topology)
    findings = run_async(_preflight(network, adapters))
    graph = Graph(layers_of(network, adapters))
    findings += look_at_people(network, graph, Timestamp(int(time.time() * 1000)))
    counts = Counter(str(finding.verdict) for finding in findings)
    if as_json:
        print_json({"findings": findings, "counts": counts, "passed": not counts["fail"]})
    else:
        _print(findings)
        console.print("\n" + ", ".join(f"{counts[verdict]} {verdict}" for verdict in MARKS))
    if counts["fail"]:
        raise click.exceptions.Exit(1)


async def _preflight(network: Topology, adapters: dict[str, Adapter]) -> list[Finding]:
    async with aiohttp.ClientSession() as session:

        def connect(upstream: Upstream) -> ClientRpc:
            line = Line(upstream.name, resolve(upstream.url))
            return ClientRpc(RpcClient(line, session, Counts()))

        now = Timestamp(int(time.time() * 1000))
        return await preflight(network, adapters, connect, now=now)


def _print(findings: list[Finding]) -> None:
    place = ""
    for finding in findings:
        here = f"{finding.chain}  {finding.upstream}".strip() or "people"
        if here != place:
            console.print(f"[bold]{here}[/bold]")
            place = here
        console.print(
            f"  {MARKS[finding.verdict]} {finding.subject:24} {finding.reason:24} ", end=""
        )
        console.print(finding.detail, markup=False)
