"""Past incidents of real systems, and the command that runs it all."""

import json

from click.testing import CliRunner

from layerkeep.cli.main import cli
from layerkeep.sim.history import PAST, table, tried


def test_history__every_incident__is_told_and_named() -> None:
    """Each would have been told before it was over, as what it was."""
    outcomes = tried()
    assert [] == [each for each in outcomes if not each.detected]
    assert [] == [each for each in outcomes if each.cause != each.expected]
    assert sum(len(past.parts) for past in PAST) == len(outcomes)
    assert all(f"| {each.date} | {each.system} |" in table(outcomes) for each in outcomes)


def test_sim__json__has_the_promised_keys() -> None:
    """Whoever reads the figures finds them by name."""
    arguments = ["--seeds", "9:10", "--days", "4", "--fault", "blind", "--json"]
    told = json.loads(CliRunner().invoke(cli, ["sim", *arguments]).stdout)
    assert [
        "simulated_days",
        "days_per_minute",
        "faults",
        "detected",
        "late",
        "cause_right",
        "false_alarms",
        "violations",
    ] == list(told)[:8]
    assert 4 == told["simulated_days"]
    assert told["faults"] == told["detected"] > 0
    assert {"silence", "detection", "cause", "liveness", "once", "restart"} <= set(
        told["violations"]
    )
