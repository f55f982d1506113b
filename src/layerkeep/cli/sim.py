"""`layerkeep sim`: seeded faults in simulated networks, and how well their causes are named."""

import time
from collections import Counter
from typing import Any

import click

from layerkeep.cli.terminal.options import json_option
from layerkeep.cli.terminal.output import print_json
from layerkeep.core.errors import SettingsError
from layerkeep.edge.runbook_files import load_runbooks
from layerkeep.sim.history import table, tried
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.simulate import Plan, Total, add_floor, add_seed, run_seed, story
from layerkeep.sim.respond.outcome import Response, add_response

SHOWN_MAX = 20
"""Misses printed as text: a failing seed is looked at one by one."""


@click.command("sim")
@click.option("--seeds", default="0:20", show_default=True, help="From A up to but not B, as A:B.")
@click.option("--days", default=30, show_default=True, help="Simulated days of each seed.")
@click.option("--fault", type=click.Choice(list(FAULTS)), help="Only faults of this kind.")
@click.option("--faults", "count", type=click.IntRange(0, 3), help="How many at once.")
@click.option("--timeline", is_flag=True, help="Tell the story of each seed.")
@click.option("--history", "is_history", is_flag=True, help="Past incidents of real systems.")
@click.option("--respond", is_flag=True, help="With people, pages, runbooks and runs in the loop.")
@json_option
def command(
    seeds: str, days: int, fault: str | None, count: int | None, timeline: bool,
    is_history: bool, respond: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run networks that exist in memory only through days of faults, and score the answers.

    A seed decides everything: a failing one is run again by its number alone. The exit code is 1 if
    anything did not hold.
    """
    if is_history:
        _history(as_json)
        return
    plan = Plan(days, fault or "", count)
    if respond:
        _respond(seeds, plan, as_json=as_json)
        return
    if timeline:
        for seed in _seeds(seeds):
            click.echo(f"seed {seed}")
            click.echo("\n".join(story(run_seed(seed, plan))))
        return
    total, spent = Total(), 0.0
    for seed in _seeds(seeds):
        start = time.process_time()
        add_seed(total, seed, plan)
        spent += time.process_time() - start
        add_floor(total, seed)
    told = _told(total, spent)
    if as_json:
        print_json(told)
    else:
        _print(total, told)
    if total.failing:
        raise click.exceptions.Exit(1)


def _respond(seeds: str, plan: Plan, *, as_json: bool) -> None:
    """Faults are detected, people called, and runs mend them; workers die and channels fail."""
    total, runbooks, spent = Response(), load_runbooks(), 0.0
    for seed in _seeds(seeds):
        start = time.process_time()
        add_response(total, seed, plan, runbooks)
        spent += time.process_time() - start
    told = {"days_per_minute": round(60 * total.days / max(spent, 1e-9)), **total.told()}
    if as_json:
        print_json(told)
    else:
        for name, value in told.items():
            click.echo(f"{name:24} {value}")
        for seed, miss in total.misses[:SHOWN_MAX]:
            click.echo(f"  seed {seed}: {miss.checker}: {miss.text}")
    if total.misses:
        raise click.exceptions.Exit(1)


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    if not (first.isdigit() and end.isdigit() and int(first) < int(end)):
        raise SettingsError(f"{text!r} are no seeds; expected two numbers such as 0:20")
    return range(int(first), int(end))


def _told(total: Total, spent: float) -> dict[str, Any]:
    score = total.score
    violations = Counter(total.floor)
    violations.update(score.violations)
    return {
        "simulated_days": total.days,
        "days_per_minute": round(60 * total.days / max(spent, 1e-9)),
        "faults": score.faults,
        "detected": score.detected,
        "late": score.late,
        "cause_right": score.cause_right,
        "false_alarms": score.false_alarms,
        "violations": dict(sorted(violations.items())),
        "failing_seeds": sorted(set(total.failing)),
        "by_faults": {
            str(at_once): round(figures["cause_right"] / figures["faults"], 4)
            for at_once, figures in sorted(score.at_once.items())
        },
        "by_kind": {kind: dict(figures) for kind, figures in sorted(score.by_kind.items())},
        "facts_per_day": round(total.facts / max(total.days, 1)),
    }


def _print(total: Total, told: dict[str, Any]) -> None:
    for name, value in told.items():
        if name != "by_kind":
            click.echo(f"{name:16} {value}")
    for miss in total.score.misses[:SHOWN_MAX]:
        click.echo(f"  {miss.checker}: {miss.text}")


def _history(as_json: bool) -> None:
    outcomes = tried()
    if as_json:
        print_json({"history": outcomes})
    else:
        click.echo(table(outcomes))
    if not all(outcome.detected for outcome in outcomes):
        raise click.exceptions.Exit(1)
