"""`layerkeep rules`: the list, and a trial on recorded facts."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from layerkeep.app.replaying.rule_trial import read_facts
from layerkeep.cli.main import cli
from layerkeep.cli.terminal.options import run_async
from layerkeep.core.errors import OperatorError
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Measured, Reached, Sent
from layerkeep.core.rules import RULES
from layerkeep.core.units import MINUTE
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Cursor, Entry, encoded

START = 1_800_000_000_000
TOPOLOGY = """
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
[rules.gas]
parameter = "gas_limit"
chain = "l2"
compare = ">"
threshold = 10
"""


def facts() -> list[Fact]:
    """A deposit that took 40 minutes, and a gas limit of 11."""

    def at(chain: str, height: int, minutes: int) -> Anchor:
        return Anchor(chain, height, f"0x{height}", START + minutes * MINUTE, f"{chain}{height}")

    sent = Sent("op_stack.deposit", "m", ("l2/msg/m",), "l1", "l2", "0xa", "0xb", 5)
    return [
        Fact(at("l1", 1, 0), sent),
        Fact(at("l2", 9, 40), Reached("l2/msg/m", "executed", executes=True)),
        Fact(at("l1", 5, 50), Measured("l2", "gas_limit", 11)),
    ]


@pytest.fixture
def topology(tmp_path: Path) -> str:
    """A file with two chains and a rule."""
    path = tmp_path / "net.toml"
    path.write_text(TOPOLOGY)
    return str(path)


def run(*arguments: str) -> str:
    """What the command prints."""
    found = CliRunner().invoke(cli, ("rules", *arguments), catch_exceptions=False)
    assert 0 == found.exit_code, found.output
    return found.output


def write_lines(folder: Path) -> Path:
    """One fact a line."""
    path = folder / "facts.jsonl"
    path.write_bytes(b"\n".join(map(encoded, facts())))
    return path


def test_list__of_a_topology__has_every_rule_and_its_page(topology):
    """The operator's own as well."""
    told = json.loads(run("--topology", topology, "--json"))

    assert [*(rule.name for rule in RULES), "custom:gas"] == [each["rule"] for each in told]
    overdue = next(each for each in told if each["rule"] == "message_overdue")
    assert "docs/rules/message_overdue.md" == overdue["page"]


def test_list__without_a_topology__has_layerkeeps_own(tmp_path, monkeypatch):
    """Nothing has to be set up to see what is watched."""
    monkeypatch.chdir(tmp_path)

    assert "message_overdue" in run()


def test_trial__of_facts__tells_what_would_have_fired_and_when(topology, tmp_path):
    """To the moment: 30 minutes and one poll after it was sent, until it was executed."""
    told = json.loads(run("test", "--topology", topology, str(write_lines(tmp_path)), "--json"))

    found = [
        (each["problem"]["kind"], each["raised"] - START, (each["over"] or 0) - START)
        for each in told["firings"]
    ]
    assert ["l1", "l2"] == told["taken_as_seen"]
    assert [
        ("message-overdue", 30 * MINUTE + 12_000, 40 * MINUTE),
        ("custom:gas", 50 * MINUTE, -START),
    ] == found


def test_trial__in_words__names_kind_and_component(topology, tmp_path):
    """For people."""
    text = run("test", "--topology", topology, str(write_lines(tmp_path)))

    assert "message-overdue  route:l1->l2" in text
    assert "2 problems in 3 facts" in text


def test_trial__of_an_export_or_a_store__reads_the_same_facts(tmp_path):
    """Three ways to keep facts."""
    exported = tmp_path / "incident.json"
    body = ",".join(encoded(fact).decode() for fact in facts())
    exported.write_text(f'{{"incident": "x", "facts": [{body}]}}')
    stored = tmp_path / "facts.db"

    async def keep() -> None:
        store = await Store.open(str(stored), "test")
        for fact in facts():
            anchor = fact.anchor
            cursor = Cursor(
                anchor.chain, anchor.height, anchor.block, anchor.time, 0, anchor.height
            )
            await store.append(Entry(cursor, [fact]))
        await store.close()

    run_async(keep())
    for path in (exported, stored, write_lines(tmp_path)):
        assert facts() == run_async(read_facts(path))


def test_trial__with_recorded_heads__believes_them(topology, tmp_path):
    """Where the recording says how far a chain was, nothing is taken for granted."""
    path = tmp_path / "heads.jsonl"
    head = Fact(Anchor("l2", 1, "0x1", START), HeadSeen(1))
    path.write_bytes(b"\n".join(map(encoded, (head, *facts()))))

    told = json.loads(run("test", "--topology", topology, str(path), "--json"))

    assert ["l1"] == told["taken_as_seen"]


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "holds no facts"), (b"{}\n", "line 1 is no fact"), (b'{"facts": 5}', "line 1")],
)
def test_trial__of_something_else__is_refused_with_its_line(tmp_path, body, words):
    """One clear sentence."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(body)

    with pytest.raises(OperatorError, match=words):
        run_async(read_facts(path))


def test_trial__of_a_missing_file__is_refused(tmp_path):
    """One clear sentence."""
    with pytest.raises(OperatorError, match="cannot be read"):
        run_async(read_facts(tmp_path / "none"))
