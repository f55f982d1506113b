"""`layerkeep incident`: one incident, why it is there, and what you have to say about it."""

import time
from dataclasses import replace
from pathlib import Path

import click

from layerkeep.app.incidents_told import Explanation, explained
from layerkeep.app.replaying.incident_files import IncidentFile, gathered, write_incident_file
from layerkeep.cli.acting.incidents import COLOURS, touches
from layerkeep.cli.acting.operating import Saying, carry, known_incident, saying
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    known_topology,
    loaded,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, clock, console, print_fact, print_json
from layerkeep.core.errors import OperatorError
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.edge.topology_files import read_documents


def told(context: click.Context, argument: click.Parameter, words: str) -> str:
    """Words that say something; UsageError if there are none."""
    if not words.strip():
        raise click.BadParameter("says nothing", context, argument)
    return words.strip()


@click.group("incident")
def command() -> None:
    """Explain one incident, take it, hand it over, mute it, resolve it, or keep it in a file."""


@command.command("show")
@click.argument("id")
@topology_option
@store_option
@json_option
def show(id: str, topology: str, store_path: str | None, as_json: bool) -> None:  # noqa: A002
    """Tell what it follows from, what follows from it, which facts prove it, and its history."""
    found = run_async(_explained(topology, store_path, id, _graph(topology)))
    if as_json:
        print_json(found)
    else:
        _print(found)


@command.command("ack")
@click.argument("id")
@saying()
def ack(id: str, how: Saying) -> None:  # noqa: A002
    """Take an incident: you work on it, and nobody else is called."""
    carry("acknowledge", id, how, known_incident)


@command.command("hand-over")
@click.argument("id")
@click.argument("to", callback=told)
@saying()
def hand_over(id: str, to: str, how: Saying) -> None:  # noqa: A002
    """Somebody else works on an incident from now on, and nobody is called."""
    carry("hand-over", id, replace(how, to=to), known_incident)


@command.command("note")
@click.argument("id")
@click.argument("text", callback=told)
@saying(reasons=False)
def note(id: str, text: str, how: Saying) -> None:  # noqa: A002
    """Write something down in an incident's history."""
    carry("note", id, replace(how, reason=text), known_incident)


@command.command("silence")
@click.argument("id")
@saying(lasts=True)
def silence(id: str, how: Saying) -> None:  # noqa: A002
    """Mute an incident for a while; it stays open."""
    carry("silence", id, how, known_incident)


@command.command("resolve")
@click.argument("id")
@saying()
def resolve(id: str, how: Saying) -> None:  # noqa: A002
    """Call an incident resolved; it comes back if its cause is still there some minutes later."""
    carry("resolve", id, how, known_incident)


@command.command("export")
@click.argument("id")
@topology_option
@store_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@json_option
def export_command(
    id: str,  # noqa: A002
    topology: str,
    store_path: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Write the facts of an incident's time to a file for `layerkeep replay --incident`."""
    content = run_async(_gathered(topology, store_path, id))
    write_incident_file(content, out)
    count = len(content.moments)
    if as_json:
        print_json({"file": str(out), "facts": count})
    else:
        click.echo(f"{out}: {count} facts, and the chains and rules without URLs")


def _graph(topology: str) -> Graph:
    """What stands on what; an incident can be told without, if the topology is not at hand."""
    try:
        return Graph(layers_of(*loaded(topology)))
    except OperatorError:
        return Graph({})


async def _explained(topology: str, store_path: str | None, name: str, graph: Graph) -> Explanation:
    store = await existing_store(store_path, topology)
    try:
        return explained(await known_incident(store, name), graph, known_topology(topology))
    finally:
        await store.close()


async def _gathered(topology: str, store_path: str | None, name: str) -> IncidentFile:
    documents = read_documents(topology)
    store = await existing_store(store_path, topology)
    try:
        return await gathered(store, await known_incident(store, name), documents)
    finally:
        await store.close()


def _print(found: Explanation) -> None:
    incident, now = found.incident, int(time.time() * 1000)
    colour = COLOURS.get(incident.severity, "")
    console.print(
        f"[bold]incident {incident.id}[/bold]  [{colour}]{incident.severity}[/]  {incident.state}"
        if colour
        else f"[bold]incident {incident.id}[/bold]  {incident.state}"
    )
    console.print(f"  {incident.title}", markup=False)
    console.print(f"  since {clock(incident.since)} UTC ({ago(incident.since, now)})")
    if incident.team:
        console.print(f"  owned by {incident.team}", markup=False)
    if incident.owner:
        console.print(f"  taken by {incident.owner}", markup=False)
    if incident.muted_until and incident.muted_until > now:
        console.print(f"  muted until {clock(incident.muted_until)} UTC")
    console.print(f"  touches {touches(incident, now) or 'nobody so far'}")
    console.print()
    for line in found.text:
        console.print(f"  {line}", markup=False)
    for fact in found.facts:
        print_fact(fact)
    console.print("\n  [bold]history[/bold]")
    for entry in found.timeline:
        times = f" x{entry.count}" if entry.count > 1 else ""
        by = f" by {entry.by}" if entry.by else ""
        console.print(
            f"    {clock(entry.time)}  {entry.what}{times}  {entry.reason}{by}", markup=False
        )
