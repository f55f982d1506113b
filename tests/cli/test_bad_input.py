"""Whatever is typed, the answer is one clear line and never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("layerkeep")


def run(*words, cwd=None):
    """The command as a process of its own, as an operator meets it."""
    return subprocess.run(
        [str(COMMAND), *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trace", "0x12"], "has 2 hex digits; a hash has 64"),
        (["trace", "hello"], "is no hash"),
        (["status"], "there is no layerkeep.toml here"),
        (["run"], "there is no layerkeep.toml here"),
        (["run", "--topology", "mainnett"], "did you mean 'mainnet'"),
        (["decode", "--topology", "mainnet", "--chain", "99", "--receipt", "x"], "no chain '99'"),
        (["decode", "--topology", "mainnet", "--chain", "1", "--receipt", "x"], "cannot be read"),
        (["presets", "--nonsense"], "No such option"),
        (["nonsense"], "No such command"),
        (["init", "--l1", "env:NOT_SET", "--l2", "http://127.0.0.1:1"], "NOT_SET"),
        (["run", "--topology", "mainnet", "--keep", "soon"], "is no duration"),
    ],
)
def test_command__with_bad_input__says_what_is_wrong(tmp_path, words, said):
    """The reason is named on stderr, and the exit code tells the operator to act."""
    result = run(*words, cwd=tmp_path)

    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert 2 == result.returncode


def test_drill__without_the_devnets_contracts__says_what_to_run(tmp_path, monkeypatch):
    """No traceback: what is missing, where it was looked for, and the command that brings it."""
    monkeypatch.setenv("LAYERKEEP_NODE_MODULES", str(tmp_path / "none"))

    result = run("drill", "sequencer-stopped", cwd=tmp_path)

    assert f"not installed in {tmp_path / 'none'}: run `make setup` first" in result.stderr
    assert "Traceback" not in result.stderr
    assert 2 == result.returncode


def test_replay__of_no_receipt__names_the_file_and_what_was_expected(tmp_path):
    """A file without receipts is an operator's mistake, told as such."""
    path = tmp_path / "empty.json"
    path.write_text("[]")

    result = run("replay", "--topology", "mainnet", path)

    assert "found no receipt" in result.stderr
    assert str(path) in result.stderr


def test_topology__with_many_faults__tells_them_all_together(tmp_path):
    """A typo, a bad address and an unknown parent are told at once, with file and key."""
    path = tmp_path / "bad.toml"
    path.write_text(
        '[network]\nname = "n"\n[chains.l1]\nchain_id = 1\nstack = "ethereum"\n'
        'block_time_ms = 12000\n[chains.l2]\nchain_id = 10\nstack = "op_stak"\n'
        'settles_on = "l0"\nblock_time_ms = 2000\nownr = "x"\n'
        '[chains.l2.contracts.l1]\nportal = "0x12"\n'
    )

    result = run("check", "--topology", path)

    assert 2 == result.returncode
    for word in ("'op_stack'", "settles_on", "'owner'", str(path)):
        assert word in result.stderr
