"""`layerkeep rules`: what is watched, and what would have been found in what was recorded."""

from pathlib import Path
from typing import Any

import click

from layerkeep.app.replaying.rule_trial import Trial, read_facts, try_rules
from layerkeep.cli.terminal.options import TOPOLOGY, json_option, loaded, run_async, topology_option
from layerkeep.cli.terminal.output import clock, console, print_json
from layerkeep.core.facts import Fact
from layerkeep.core.rules import RULES
from layerkeep.core.rules.rule import Rule
from layerkeep.core.rules.user_rule import KIND, rules_of

PAGES = "docs/rules"


@click.group("rules", invoke_without_command=True)
@topology_option
@json_option
@click.pass_context
def command(context: click.Context, topology: str, as_json: bool) -> None:
    """List every rule, or try rules on recorded facts.

    `rules` lists every rule with the kinds of problem it finds, the limits of a chain that it
    follows, and its page; the operator's own rules too, where a topology is there.

    `rules test FILE...` feeds recorded facts through the engine with the topology's rules, and
    tells which of them would have fired, and when. A file is a store, a list of facts in JSON
    under `facts`, or one fact a line.
    """
    if context.invoked_subcommand is not None:
        return
    rules = _listed(topology)
    if as_json:
        print_json([_told(rule) for rule in rules])
        return
    for rule in rules:
        told = _told(rule)
        console.print(f"[bold]{rule.name}[/bold]  finds {', '.join(rule.kinds)}")
        console.print(f"    {rule.about}", markup=False)
        follows = f"limits: {', '.join(rule.limits)}   " if rule.limits else ""
        console.print(f"    {follows}{told['page']}", markup=False)


@command.command("test")
@topology_option
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def test_command(topology: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Tell which rules would have fired on recorded facts, and when."""
    network, adapters = loaded(topology)
    trial = try_rules(network, adapters, run_async(_facts(files)))
    if as_json:
        print_json(trial)
    else:
        _show(trial)


async def _facts(files: tuple[Path, ...]) -> list[Fact]:
    return [fact for path in files for fact in await read_facts(path)]


def _listed(place: str) -> tuple[Rule, ...]:
    """All rules; without a topology those of layerkeep itself."""
    if place == TOPOLOGY and not Path(place).exists():
        return RULES
    return rules_of(loaded(place)[0])


def _told(rule: Rule) -> dict[str, Any]:
    own = rule.name.startswith(KIND)
    return {
        "rule": rule.name,
        "about": rule.about,
        "kinds": rule.kinds,
        "limits": rule.limits,
        "page": "" if own else f"{PAGES}/{rule.name}.md",
    }


def _show(trial: Trial) -> None:
    for firing in trial.firings:
        problem = firing.problem
        console.print(
            f"{clock(firing.raised)}  until {clock(firing.over):19}  {problem.severity:8} "
            f"{problem.kind}  {problem.component}"
        )
        console.print(f"    {problem.summary}", markup=False)
    if trial.taken_as_seen:
        console.print(f"taken as seen, for want of heads: {', '.join(trial.taken_as_seen)}")
    for subject, why in sorted(trial.lacks.items()):
        console.print(f"not judged: {subject}: {why}", markup=False)
    console.print(f"{len(trial.firings)} problems in {trial.facts} facts")
