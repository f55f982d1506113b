"""`layerkeep runbooks`: what can be done about which problem."""

from pathlib import Path
from typing import Any

import click

from layerkeep.cli.terminal.options import TOPOLOGY, json_option, loaded, topology_option
from layerkeep.cli.terminal.output import console, print_json
from layerkeep.core.acting.runbooks.model import Runbook, Step
from layerkeep.core.acting.runs.conditions import words
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import duration_text
from layerkeep.edge.runbook_files import load_runbooks


@click.command("runbooks")
@click.argument("name", required=False)
@topology_option
@json_option
def command(name: str | None, topology: str, as_json: bool) -> None:
    """List the runbooks, or show one: for which problems, its steps, its proofs, its way back."""
    found = load_runbooks(_own(topology))
    if name is None:
        _list(found, as_json=as_json)
        return
    if name not in found:
        near = close_match(name, found)
        hint = f"did you mean {near!r}?" if near else "`layerkeep runbooks` lists them"
        raise SettingsError(f"there is no runbook {name!r}; {hint}")
    if as_json:
        print_json(found[name])
    else:
        _show(found[name])


def _own(topology: str) -> str:
    """The operator's own folder, where a topology is there."""
    if topology == TOPOLOGY and not Path(topology).exists():
        return ""
    return loaded(topology)[0].acting.runbooks


def _list(found: dict[str, Runbook], *, as_json: bool) -> None:
    if as_json:
        print_json([_line(each) for each in found.values()])
        return
    for each in found.values():
        automatic = "  may run by itself" if each.automatic else ""
        console.print(f"[bold]{each.name}[/bold]  {each.title}{automatic}")
        about = f"    {', '.join(each.rules)} on {', '.join(each.components)}"
        console.print(about, markup=False)


def _line(each: Runbook) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "rules": each.rules,
        "components": each.components,
        "automatic": each.automatic,
        "approvals": each.approvals,
        "steps": [step.name for step in each.steps],
    }


def _show(each: Runbook) -> None:
    console.print(f"[bold]{each.name}[/bold]  for {', '.join(each.rules)}")
    yes = each.approvals
    people = "person" if yes.count == 1 else "people"
    console.print(
        f"  {yes.count} {people} with the role {yes.role} must agree; a yes counts for "
        f"{duration_text(yes.valid_for)}; all of it ends after {duration_text(each.time_limit)}"
    )
    for condition in each.preconditions:
        console.print(f"  only if {words(condition)}", markup=False)
    for title, steps in (("steps", each.steps), ("way back", each.way_back)):
        if steps:
            console.print(f"\n  [bold]{title}[/bold]")
        for number, step in enumerate(steps, 1):
            _show_step(number, step)
    console.print(f"\n{each.text}", markup=False)


def _show_step(number: int, step: Step) -> None:
    console.print(f"  {number}. {step.name} ({step.kind})  {step.note}", markup=False)
    for key, value in step.params.items():
        console.print(f"       {key}: {value}", markup=False)
    if step.proof is not None:
        limit = duration_text(step.time_limit)
        console.print(f"       done when {words(step.proof)}, within {limit}", markup=False)
