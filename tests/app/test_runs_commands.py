"""`layerkeep runs` and `layerkeep runbooks` on a real store, each word in the name of its token."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from one_chain import TEXT
from run_scene import ACTING, Stage, on_stage

from layerkeep.cli.main import cli
from layerkeep.core.errors import LayerkeepError

PEOPLE = """
[api.tokens]
ann = { role = "operator", secret = "env:ANN" }
bob = { role = "admin", secret = "env:BOB" }
eve = { role = "operator", secret = "env:EVE" }
[people.ann]
token = "ann"
[people.bob]
token = "bob"
"""


class Desk:
    """A terminal with a topology and the store of its daemon."""

    def __init__(self, folder: Path) -> None:
        self.place = ["--topology", str(folder / "one.toml"), "--store", str(folder / "one.sqlite")]

    def say(self, *words: str, token: str = "") -> Result:
        """What comes of a command."""
        given = [*words, *self.place, *(["--token", f"env:{token}"] if token else [])]
        return CliRunner().invoke(cli, given, standalone_mode=False)

    def told(self, *words: str, token: str = "") -> Any:
        """What it prints as JSON."""
        found = self.say(*words, "--json", token=token)
        assert found.exception is None, found.output
        return json.loads(found.output)

    def refusal(self, *words: str, token: str = "") -> str:
        """Why it is refused."""
        found = self.say(*words, token=token).exception
        assert isinstance(found, LayerkeepError), found
        return str(found)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An open incident in the store, and three secrets in the environment."""
    for name in ("ANN", "BOB", "EVE"):
        monkeypatch.setenv(name, f"{name}-opens-this")
    monkeypatch.setenv("NOBODY", "something else")
    text = TEXT + ACTING.format(folder=str(tmp_path / "pages"), policy="") + PEOPLE
    (tmp_path / "one.toml").write_text(text)

    async def body(stage: Stage) -> None:
        await stage.incident()

    on_stage(tmp_path, body)
    return Desk(tmp_path)


def test_runs__said_in_a_terminal__go_from_proposal_to_start(desk: Desk, tmp_path: Path) -> None:
    """Ann proposes, Bob agrees and starts; who may not is told why."""
    incident = desk.told("incidents")[0]["id"]
    assert ["wake", "wait-for-parent"] == [
        e["runbook"] for e in desk.told("runs", "offers", incident)
    ]
    run = desk.told("runs", "propose", "wake", "--incident", incident, token="ANN")
    assert ("proposed", "ann") == (run["state"], run["proposed_by"])

    async def rehearse(stage: Stage) -> None:
        await stage.daemon.pass_time(30)
        await stage.daemon.pass_time(12, head=30)
        await stage.go(stage.worker())

    name = run["id"]
    on_stage(tmp_path, rehearse)
    assert "no token" in desk.refusal("runs", "approve", name, token="NOBODY")
    assert "is nobody's" in desk.refusal("runs", "approve", name, token="EVE")
    assert "who proposed" in desk.refusal("runs", "approve", name, token="ANN")
    shown = desk.told("runs", "show", name)
    assert [("wake", "done: would call admin_wake")] == [
        (step["name"], step["rehearsed"]) for step in shown["steps"]
    ]
    assert "the run is awaiting; 1 more must agree" in desk.refusal(
        "runs", "start", name, token="BOB"
    )
    assert "approved" == desk.told("runs", "approve", name, token="BOB")["state"]
    assert ["bob"] == [yes["person"] for yes in desk.told("runs", "show", name)["approvals"]]
    desk.told("runs", "start", name, token="BOB")
    assert "start" == desk.told("runs", "show", name)["history"][-1]["name"]


def test_runs__halted_in_a_terminal__are_shown_so_until_go(desk: Desk) -> None:
    """Who and why."""
    assert desk.told("runs", "halt", "--reason", "drill", token="BOB")["on"]
    halted = desk.told("runs")["halted"]
    assert ("bob", "drill") == (halted["by"], halted["reason"])
    assert not desk.told("runs", "go", token="BOB")["on"]
    assert None is desk.told("runs")["halted"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("propose", "wakee", "--incident", "{i}"), "did you mean 'wake'"),
        (("propose", "start-sequencer", "--incident", "{i}"), "is not for chain-halted"),
        (("propose", "wake", "--incident", "nope"), "there is no incident"),
        (("propose", "wake", "--incident", "{i}", "--message", "0x12"), "there is no message"),
        (("approve", "nope"), "there is no run"),
    ],
)
def test_runs__wrongly_named__say_what_is_there(
    desk: Desk, words: tuple[str, ...], why: str
) -> None:
    """The nearest name, or how to list them."""
    incident = desk.told("incidents")[0]["id"]
    given = [word.replace("{i}", incident) for word in words]

    assert why in desk.refusal("runs", *given, token="ANN")


def test_runbooks__in_a_terminal__lists_and_shows(desk: Desk) -> None:
    """Ours and the operator's own."""
    place = desk.place[:2]
    listed = CliRunner().invoke(cli, ["runbooks", "--json", *place], standalone_mode=False)
    shown = CliRunner().invoke(cli, ["runbooks", "wake", *place], standalone_mode=False)
    names = [each["name"] for each in json.loads(listed.output)]

    assert {"wake", "redeem-retryable"} <= set(names)
    assert "done when head-moving (chain {chain}), within 10 m" in shown.output
