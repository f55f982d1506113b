"""`layerkeep trace`: where is this transfer, and is it all right?"""

import time

import click

from layerkeep.api.shapes.journeys import Found
from layerkeep.app.answers.names.seeking import ADDRESS, Seeker, cut_of
from layerkeep.app.stories import MessageTold, StageTold, Story, Teller, facts_about, trace
from layerkeep.app.usual import read_experience
from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    known_topology,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import ago, clock, console, ether, print_fact, print_json, short
from layerkeep.cli.terminal.watching import redrawn, watch_option
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Fact
from layerkeep.core.units import SECOND, duration_text
from layerkeep.edge.plugins import load_adapters


@click.command("trace")
@click.argument("id")
@topology_option
@store_option
@watch_option
@json_option
def command(
    id: str,  # noqa: A002
    topology: str,
    store_path: str | None,
    every: float | None,
    as_json: bool,
) -> None:
    """Tell the whole journey of any transaction, message or withdrawal hash on any layer.

    A claim's hash or root tells the facts of that claim. An address, or a hash that is cut short
    (`0x1234abcd`, `0x7be1…30ca`), tells the journey that is meant, or lists what may be.
    """
    name = _named(id)
    name, found = run_async(_meant(name, topology, store_path))
    stories, facts = run_async(_trace(name, topology, store_path)) if name else ([], [])
    if as_json:
        print_json({"id": id, "journeys": stories, "facts": facts, "found": found})
    elif stories and every is None:
        _show(stories)
    elif stories:
        redrawn(lambda: _show(run_async(_trace(name, topology, store_path))[0]), every)
    else:
        for each in found:
            console.print(f"{each.kind:10} {each.name}  {each.title}", markup=False)
        for fact in facts:
            print_fact(fact)
    if not stories and not facts and not found:
        if not as_json:
            click.echo(f"nothing known of {id}: not seen on any followed chain so far", err=True)
        raise click.exceptions.Exit(1)


def _show(stories: list[Story]) -> None:
    for story in stories:
        _print(story)


def _named(text: str) -> str:
    """A hash as it is stored, whole or cut short, or an address; SettingsError if it is none."""
    name = text.strip().lower()
    digits = name.removeprefix("0x")
    if cut_of(f"0x{digits}") is not None or ADDRESS.fullmatch(f"0x{digits}"):
        return f"0x{digits}"
    if not digits or any(digit not in "0123456789abcdef" for digit in digits):
        raise SettingsError(f"{text!r} is no hash; expected 0x and 64 hex digits")
    if len(digits) != 64:
        raise SettingsError(f"{text!r} has {len(digits)} hex digits; a hash has 64")
    return "0x" + digits


async def _meant(name: str, place: str, store_path: str | None) -> tuple[str, list[Found]]:
    """The one hash that a name means, else what it may mean; a whole hash means itself."""
    cut = cut_of(name)
    if cut is None and not ADDRESS.fullmatch(name):
        return name, []
    store = await existing_store(store_path, place)
    try:
        seeker = Seeker(store, known_topology(place), load_adapters())
        found = await (seeker.by_cut(cut) if cut else seeker.by_address(name))
    finally:
        await store.close()
    is_one = len(found) == 1 and found[0].kind == "journey"
    return (found[0].name, []) if is_one else ("", found)


async def _trace(name: str, place: str, store_path: str | None) -> tuple[list[Story], list[Fact]]:
    """The journeys a hash belongs to; where there is none, the facts it occurs in."""
    store = await existing_store(store_path, place)
    try:
        teller = Teller(load_adapters(), known_topology(place), await read_experience(store))
        stories = await trace(store, teller, name)
        return stories, [] if stories else await facts_about(store, name)
    finally:
        await store.close()


def _print(story: Story) -> None:
    now = int(time.time() * 1000)
    state = "finished" if story.finished else "open"
    console.print(f"[bold]journey {' → '.join(story.path)}[/bold]  {state}: {story.where}")
    if story.eta is not None and not story.finished:
        console.print(f"expected to be done {ago(story.eta, now)} ({clock(story.eta)} UTC)")
    for message in story.messages:
        _print_message(message, now)
    console.print()


def _print_message(message: MessageTold, now: int) -> None:
    console.print(f"\n  [bold]{message.source} → {message.target}[/bold]  {message.lifecycle}")
    console.print(f"  id {message.id}")
    carried = [f"{ether(message.value_wei)} native"] if message.value_wei else []
    if message.token:
        carried.append(f"{message.amount} of {message.token}")
    console.print(f"  from {message.sender} to {message.recipient}  {', '.join(carried)}")
    before: StageTold | None = None
    for stage in message.stages:
        took = _elapsed(stage.time - before.time) if before else ""
        before = stage
        mark = "●" if stage.counts else "✗"
        console.print(
            f"    {mark} {stage.stage:16} {stage.chain:10} block {stage.height:<10} "
            f"{clock(stage.time)} {took:>10}  tx {short(stage.tx)}  {_proof(stage)} {stage.detail}"
        )
    if not message.finished:
        _print_awaited(message, now)


def _elapsed(milliseconds: int) -> str:
    """How long a step took; blocks tell their time in whole seconds."""
    return f"+{duration_text(milliseconds)}" if milliseconds >= SECOND else "< 1 s"


def _proof(stage: StageTold) -> str:
    """What proves a stage, short enough for its line; --json has it whole."""
    kind, _, name = stage.proof.partition(" ")
    return f"{kind} {short(name.rsplit('/', 1)[-1])}" if name else kind


def _print_awaited(message: MessageTold, now: int) -> None:
    overdue = message.due is not None and now > message.due
    until = (
        f"until {clock(message.due)} UTC ({ago(message.due, now)})" if message.due else ("no limit")
    )
    console.print(f"    ○ awaited: {message.awaited or 'the next step'}")
    console.print(f"      from: {message.duty}   {'OVERDUE, ' if overdue else ''}{until}")
    if message.deadline is not None:
        console.print(f"      deadline: {clock(message.deadline)} UTC")
    console.print(f"      why: {message.why}")
