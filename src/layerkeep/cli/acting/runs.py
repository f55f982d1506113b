"""`layerkeep runs`: propose a runbook, agree, start, answer, halt, and look at what is done."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from layerkeep.app.runs import asking
from layerkeep.app.runs.asking import Place, Proposal
from layerkeep.app.runs.persons import Speaker, speaker
from layerkeep.app.runs.reading import (
    Offer,
    RunTold,
    StepTold,
    WholeRun,
    all_runs,
    halted,
    offers,
    one_run,
    told,
)
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    loaded,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, clock, console, print_json
from layerkeep.edge.runbook_files import load_runbooks

Command = Callable[..., Any]
Result = TypeVar("Result")
Work = Callable[[Place, int], Awaitable[Result]]

COLOURS = {"done": "green", "stopped": "bold red", "undone": "yellow", "way-back": "yellow"}


def token_option(command: Command) -> Command:
    """`--token`: whose word it is."""
    return click.option(
        "--token",
        default="env:LAYERKEEP_TOKEN",
        show_default=True,
        help="Where the secret of your token is: env:NAME or file:PATH.",
    )(command)


@click.group("runs", invoke_without_command=True)
@topology_option
@store_option
@click.option("--open", "open_only", is_flag=True, help="Only those that are not over.")
@click.option("--incident", default="", help="Only those for this incident.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    topology: str,
    store_path: str | None,
    open_only: bool,
    incident: str,
    as_json: bool,
) -> None:
    """List runs, newest first; propose, approve, start and stop them.

    A run is proposed, its preconditions are looked at, each step is rehearsed without changing
    anything, people agree, and somebody says start. A daemon (`layerkeep run`) does the work.
    """
    if context.invoked_subcommand is not None:
        return

    async def work(place: Place, _now: int) -> tuple[list[RunTold], Any]:
        found = await all_runs(place.store, incident=incident, open_only=open_only)
        return found, await halted(place)

    found, stop = _with(topology, store_path, work)
    if as_json:
        print_json({"runs": found, "halted": stop})
        return
    if stop is not None:
        console.print(f"[bold red]halted[/] by {stop.by}: {stop.reason}")
    for each in found:
        _print_line(each)
    if not found:
        console.print("no runs")


@command.command("show")
@click.argument("id")
@topology_option
@store_option
@json_option
def show(id: str, topology: str, store_path: str | None, as_json: bool) -> None:  # noqa: A002
    """Show one run: what each step does, how it is proven, who agreed, what happened."""
    found = _with(topology, store_path, lambda place, _now: one_run(place, id))
    if as_json:
        print_json(found)
    else:
        _print_whole(found)


@command.command("offers")
@click.argument("incident")
@topology_option
@store_option
@json_option
def offers_command(incident: str, topology: str, store_path: str | None, as_json: bool) -> None:
    """Tell which runbooks answer an incident, and what each would need."""
    found: list[Offer] = _with(topology, store_path, lambda place, _now: offers(place, incident))
    if as_json:
        print_json(found)
        return
    for each in found:
        lacks = f"  needs {{{each.lacks}}}" if each.lacks else ""
        console.print(f"[bold]{each.runbook}[/bold]  {each.title}{lacks}")
        console.print(f"    first: {each.first_step}", markup=False)


@command.command("propose")
@click.argument("runbook")
@click.option("--incident", required=True, help="The incident it answers.")
@click.option("--message", default="", help="The message it is about, if not the incident's own.")
@topology_option
@store_option
@token_option
@json_option
def propose(
    runbook: str,
    incident: str,
    message: str,
    topology: str,
    store_path: str | None,
    token: str,
    as_json: bool,
) -> None:
    """Propose a runbook for an incident; nothing is changed before people agree."""

    async def work(place: Place, now: int) -> RunTold:
        who = speaker(place.topology, token, now)
        return told(await asking.propose(place, Proposal(runbook, incident, message), who, now))

    _tell(_with(topology, store_path, work), as_json=as_json)


@command.command("approve")
@click.argument("id")
@topology_option
@store_option
@token_option
@json_option
def approve(
    id: str,  # noqa: A002
    topology: str,
    store_path: str | None,
    token: str,
    as_json: bool,
) -> None:
    """Agree to a run that somebody else proposed."""

    async def work(place: Place, who: Speaker, now: int) -> RunTold:
        return told(await asking.approve(place, id, who, now))

    _tell(_as(topology, store_path, token, work), as_json=as_json)


@command.command("deny")
@click.argument("id")
@click.option("--reason", default="", help="Why, for those who read it later.")
@topology_option
@store_option
@token_option
@json_option
def deny(
    id: str,  # noqa: A002
    reason: str,
    topology: str,
    store_path: str | None,
    token: str,
    as_json: bool,
) -> None:
    """Say no: the run is over, and nothing of it was done."""

    async def work(place: Place, who: Speaker, now: int) -> RunTold:
        return told(await asking.deny(place, id, who, now, reason))

    _tell(_as(topology, store_path, token, work), as_json=as_json)


@command.command("start")
@click.argument("id")
@topology_option
@store_option
@token_option
@json_option
def start(
    id: str,  # noqa: A002
    topology: str,
    store_path: str | None,
    token: str,
    as_json: bool,
) -> None:
    """Have an approved run carried out."""

    async def work(place: Place, who: Speaker, now: int) -> RunTold:
        return told(await asking.start(place, id, who, now))

    _tell(_as(topology, store_path, token, work), as_json=as_json)


@command.command("answer")
@click.argument("id")
@click.argument("word", type=click.Choice(["yes", "no"]))
@topology_option
@store_option
@token_option
@json_option
def answer(
    id: str,  # noqa: A002
    word: str,
    topology: str,
    store_path: str | None,
    token: str,
    as_json: bool,
) -> None:
    """Answer what a run asks; `no` ends it, by its way back if anything was done."""

    async def work(place: Place, who: Speaker, now: int) -> RunTold:
        return told(await asking.answer(place, id, who, now, yes=word == "yes"))

    _tell(_as(topology, store_path, token, work), as_json=as_json)


@command.command("halt")
@click.option("--reason", default="", help="Why, for those who read it later.")
@topology_option
@store_option
@token_option
@json_option
def halt(reason: str, topology: str, store_path: str | None, token: str, as_json: bool) -> None:
    """Stop all runs before their next step, and let none begin."""
    _halt(topology, store_path, token, as_json=as_json, reason=reason)


@command.command("go")
@topology_option
@store_option
@token_option
@json_option
def go(topology: str, store_path: str | None, token: str, as_json: bool) -> None:
    """Let runs go on after a halt."""
    _halt(topology, store_path, token, as_json=as_json)


def _halt(
    topology: str, store_path: str | None, token: str, *, as_json: bool, reason: str | None = None
) -> None:
    on = reason is not None

    async def work(place: Place, who: Speaker, now: int) -> Any:
        return await asking.halt(place, who, now, reason or "", on=on)

    found = _as(topology, store_path, token, work)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{'halted' if on else 'runs go on'}, says {found.by}")


def _with(topology: str, store_path: str | None, work: Work[Result]) -> Result:
    """What comes of work on a network's store, now."""

    async def run() -> Result:
        network, adapters = loaded(topology)
        runbooks = load_runbooks(network.acting.runbooks)
        store = await existing_store(store_path, topology)
        try:
            place = Place(store, network, adapters, runbooks)
            return await work(place, int(time.time() * 1000))
        finally:
            await store.close()

    return run_async(run())


def _as(
    topology: str,
    store_path: str | None,
    token: str,
    work: Callable[[Place, Speaker, int], Awaitable[Result]],
) -> Result:
    """The same, in the name of whoever the token belongs to."""

    async def run(place: Place, now: int) -> Result:
        return await work(place, speaker(place.topology, token, now), now)

    return _with(topology, store_path, run)


def _tell(found: RunTold, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        _print_line(found)


def _print_line(each: RunTold) -> None:
    colour = COLOURS.get(each.state)
    state = f"[{colour}]{each.state}[/]" if colour else each.state
    console.print(f"[bold]{each.id}[/bold]  {state}  {each.runbook}  {each.component}")
    parts = [f"incident {each.incident}", f"proposed by {each.proposed_by}"]
    if each.state in ("awaiting", "approved"):
        parts.append(f"{each.agreed} of {each.needed} agreed")
    parts += [f"at {each.step}"] if each.step else []
    parts += [f"rests: {each.rests}"] if each.rests else []
    console.print(f"    {', '.join(parts)}", markup=False)
    if each.reason:
        detail = f": {each.detail}" if each.detail else ""
        console.print(f"    {each.reason}: {each.why}{detail}", markup=False)


def _print_whole(found: WholeRun) -> None:
    _print_line(found.run)
    if found.edited:
        console.print("  its runbook was edited since; this run stays as it was proposed")
    for condition in found.preconditions:
        console.print(f"  only if {condition}", markup=False)
    for title, steps in (("steps", found.steps), ("way back", found.way_back)):
        if steps:
            console.print(f"\n  [bold]{title}[/bold]")
        for step in steps:
            _print_step(step)
    now = int(time.time() * 1000)
    for yes in found.approvals:
        console.print(f"  {yes.person} agreed {ago(yes.time, now)}", markup=False)
    if found.approvals:
        console.print(f"  the first yes ends {ago(found.approvals_end, now)}")
    console.print("\n  [bold]history[/bold]")
    for entry in found.history:
        by = f" by {entry.by}" if entry.by else ""
        console.print(f"    {clock(entry.time)}  {entry.name}  {entry.detail}{by}", markup=False)


def _print_step(step: StepTold) -> None:
    console.print(f"    {step.state:12} {step.name} ({step.kind})  {step.note}", markup=False)
    console.print(f"                 {step.action}", markup=False)
    if step.proof:
        console.print(f"                 done when {step.proof}", markup=False)
    for word, text in (("dry run", step.rehearsed), ("outcome", step.detail)):
        if text:
            console.print(f"                 {word}: {text}", markup=False)
