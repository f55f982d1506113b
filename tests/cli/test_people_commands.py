"""`layerkeep owners` and `layerkeep oncall`: what they print, and what they write."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from layerkeep.cli.main import cli
from layerkeep.core.errors import OperatorError
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.preflight.people import look_at_people
from layerkeep.edge.topology_files import load_topology

TOPOLOGY = """
include = []
[network]
name = "test"
[chains.l1]
chain_id = 1
stack = "ethereum"
block_time_ms = 12000
[chains.l2]
chain_id = 2
stack = "op_stack"
settles_on = "l1"
block_time_ms = 2000
[chains.l2.contracts.l1]
portal = "0x00000000000000000000000000000000000000a1"
l1_messenger = "0x00000000000000000000000000000000000000a2"
[people.ann]
title = "Ann Example"
contacts = { mail = "ann@example.org" }
[people.bob]
[teams.ops]
people = ["ann", "bob"]
rotation = "r"
[teams.spare]
people = ["bob"]
[[owns]]
team = "ops"
chain = "l2"
[rotations.r]
kind = "weekly"
timezone = "Europe/Zurich"
starts = 2026-01-05
people = ["ann", "bob"]
overrides = [
  { from = 2026-02-01T00:00:00Z, to = 2026-02-01T02:00:00Z, person = "ann" },
  { from = 2026-02-01T00:00:00Z, to = 2026-02-01T02:00:00Z, person = "bob" },
]
"""
FEBRUARY = ("--at", "2026-02-01T00:00+00:00")


@pytest.fixture
def topology(tmp_path: Path) -> str:
    """A file with two teams."""
    path = tmp_path / "net.toml"
    path.write_text(TOPOLOGY)
    return str(path)


def run(*arguments: str, code: int = 0) -> str:
    """What the command prints."""
    found = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert code == found.exit_code, found.output
    return found.stdout


def test_owners__in_words__have_the_matrix_the_teams_and_every_orphan(topology):
    """Components that are owned alike stand under each other."""
    text = run("owners", "--topology", topology)

    lines = [line.split() for line in text.splitlines()]
    assert ["l1", "chain:l1", "nobody"] in lines
    assert ["l2", "chain:l2", "ops"] in lines
    assert "ops (in-house): ann, bob, on call by r" in text
    assert "spare (in-house): bob  owns nothing" in text
    assert ["chain:l1", "integrity"] in lines[lines.index(["3", "orphans"]) :]


def test_owners__as_json__have_every_cell(topology):
    """For programs, with the rules and severities of each."""
    told = json.loads(run("owners", "--topology", topology, "--json"))

    assert 3 == len(told["orphans"])
    assert ["spare"] == told["idle"]
    posts = next(
        cell
        for cell in told["cells"]
        if (cell["component"], cell["kind"]) == ("batcher:l2", "actors")
    )
    assert ("ops", ["actor_funds", "actor_stuck", "batches_stalled"]) == (
        posts["team"],
        posts["rules"],
    )


def test_oncall__at_a_time__names_who_and_the_rotations_own_clock(topology):
    """With an offset or in UTC."""
    text = run("oncall", "--topology", topology, "--at", "2026-01-12T09:00+01:00")
    told = run("oncall", "--topology", topology, "--at", "2026-01-12T07:59", "--json")

    assert ["r", "bob", "at", "Mon", "2026-01-12", "09:00", "CET"] == text.split()
    expected = {"at": 1_768_204_740_000, "rotations": {"r": {"on_call": ["ann"]}}}
    assert expected == json.loads(told)


def test_oncall__covering_days__tells_turns_and_what_is_odd(topology):
    """Exit code 1 for a double booking, 0 where all is well."""
    text = run("oncall", "--topology", topology, *FEBRUARY, "--cover", "7d", code=1)
    fine = run("oncall", "--topology", topology, "--at", "2026-03-20", "--cover", "30d")

    assert "overlap in r of ann and bob: Sun 2026-02-01 01:00 CET for 2 h" in text
    assert "Mon 2026-03-30 09:00 CEST  ann" in fine
    assert "no gaps and no double bookings" in fine


def test_oncall__covering_days__as_json_has_pieces_and_findings(topology):
    """For programs."""
    arguments = ("oncall", "--topology", topology, *FEBRUARY, "--cover", "7d", "--json")
    told = json.loads(run(*arguments, code=1))

    (found,) = told["findings"]
    assert ("overlap", ["r"], ["ann", "bob"]) == (
        found["kind"],
        found["rotations"],
        found["people"],
    )
    assert found["since"] == told["pieces"]["r"][0]["since"] == told["since"]


def test_oncall__exported_and_imported__goes_through_a_file_to_include(topology, tmp_path):
    """Again and again, but never over a file that somebody else wrote."""
    calendar, out = tmp_path / "r.ics", tmp_path / "overrides.toml"
    since = ("--from", "2026-03-01T00:00Z", "--for", "30d")
    place = ("--topology", topology, "--rotation", "r")

    run("oncall", "export", *place, *since, "--out", str(calendar))
    for _ in range(2):
        run("oncall", "import", str(calendar), *place, *since, "--out", str(out))

    Path(topology).write_text(TOPOLOGY.replace("include = []", 'include = ["overrides.toml"]'))
    assert 2 + 6 == len(load_topology(topology, load_adapters()).oncall.rotations["r"].overrides)
    with pytest.raises(OperatorError, match="was not written by an import"):
        run("oncall", "import", str(calendar), *place, *since, "--out", topology)


def test_oncall__importing_an_event_of_nobody__fails_and_says_so(topology, tmp_path):
    """What could be read is still written."""
    calendar = tmp_path / "r.ics"
    event = (
        "BEGIN:VEVENT\r\nUID:{0}\r\nSUMMARY:{0}\r\nDTSTART:20260310T080000Z\r\nDURATION:PT1H\r\n"
    )
    events = "".join(event.format(who) + "END:VEVENT\r\n" for who in ("carl", "ann"))
    calendar.write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")

    arguments = ("--topology", topology, "--rotation", "r", "--from", "2026-03-01")
    found = CliRunner().invoke(cli, ("oncall", "import", str(calendar), *arguments))

    assert 1 == found.exit_code
    assert "not read: 'carl': unknown-person" in found.stderr
    (override,) = tomllib.loads(found.stdout)["rotations"]["r"]["overrides"]
    assert ("ann", "2026-03-10T09:00:00+01:00") == (
        override["person"],
        override["from"].isoformat(),
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--at", "tomorrow"), "'tomorrow' is no time"),
        (("--cover", "x"), "'x' is no duration"),
        (("--cover", "401d"), "'401d' is out of bounds"),
        (("export", "--rotation", "rr"), "there is no rotation 'rr'; did you mean 'r'"),
        (("import", "nowhere.ics", "--rotation", "r"), "nowhere.ics: No such file"),
    ],
)
def test_oncall__asked_wrongly__says_what_is_expected(topology, arguments, told):
    """In one line."""
    with pytest.raises(OperatorError, match=told):
        run("oncall", *arguments, "--topology", topology)


def test_check__of_people__warns_and_never_fails(topology):
    """Orphans at their chain, the rest by themselves."""
    network = load_topology(topology, load_adapters())
    found = look_at_people(network, Graph(layers_of(network, load_adapters())), 1_769_904_000_000)

    assert {"warn"} == {each.verdict for each in found}
    assert [
        ("l1", "l1", "orphan"),
        ("", "spare", "team-owns-nothing"),
        ("", "bob", "unreachable"),
        ("", "r", "rotation-double"),
    ] == [(each.chain, each.subject, each.reason) for each in found]
