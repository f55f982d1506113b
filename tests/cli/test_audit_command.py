"""`layerkeep audit`: what was said is in it, an edit is found, and an export proves itself."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from layerkeep.app.daemon import Network
from layerkeep.app.operating.noted import note_secrets, note_topology
from layerkeep.app.restart import prepare
from layerkeep.cli.main import cli
from layerkeep.core.topology.parse import read_topology
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.secrets import UNWRITTEN, resolve
from layerkeep.edge.store.audit import AuditRow, add_audit, read_audit, verify_audit
from layerkeep.edge.store.log import Store

NOW = 1_700_000_000_000
TEXT = """
[network]
name = "one"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
[[chains.l1.upstreams]]
name = "one"
url = "http://127.0.0.1:1/"
"""


def run(*arguments):
    """The command line, as a shell runs it."""
    return CliRunner().invoke(cli, [str(each) for each in arguments])


@pytest.fixture
def place(tmp_path):
    """Options that name a store with ten entries."""
    path = tmp_path / "one.sqlite"
    (tmp_path / "one.toml").write_text(TEXT)

    async def fill():
        store = await Store.open(str(path), "one")
        for number in range(10):
            row = AuditRow(NOW + number, "alice", "operator", "silence", f"i{number}", "done")
            await add_audit(store, row)
        await store.close()

    asyncio.run(fill())
    return ["--store", str(path), "--topology", str(tmp_path / "one.toml")]


def forge(place):
    """An entry says something else."""
    with sqlite3.connect(place[1]) as connection:
        connection.execute("UPDATE audit SET who = 'mallory' WHERE id = 4")


def test_verify__of_a_whole_log__says_so(place):
    """Exit code 0, and the end."""
    found = run("audit", "verify", *place)
    assert 0 == found.exit_code, found.output
    assert "10 entries, none altered" in found.output


def test_verify__of_an_edited_log__names_the_first_place(place):
    """Exit code 1, as text and as JSON."""
    forge(place)
    found = run("audit", "verify", *place)
    assert 1 == found.exit_code
    assert found.output.startswith("altered at entry 4:")
    command = Path(sys.executable).with_name("layerkeep")
    process = subprocess.run([str(command), "audit", "verify", *map(str, place)], check=False)
    assert 1 == process.returncode, "what a shell sees"
    told = json.loads(run("audit", "verify", "--json", *place).output)
    assert (False, "altered", 4) == (told["ok"], told["broken"]["kind"], told["broken"]["id"])


def test_export__verified_elsewhere__needs_no_store(place, tmp_path):
    """A line less, a line more, a line changed: all are found."""
    out = tmp_path / "audit.jsonl"
    assert 0 == run("audit", "export", *place, "--out", out).exit_code
    lines = out.read_text().splitlines()
    assert 11 == len(lines)
    assert 0 == run("audit", "verify", "--file", out).exit_code

    for edited, kind in (
        (lines[:-1], "cut"),
        ([*lines[:9], lines[10]], "cut"),
        ([*lines[:3], *lines[4:]], "missing"),
        ([lines[1], lines[0], *lines[2:]], "missing"),
        ([lines[0].replace("alice", "bob"), *lines[1:]], "altered"),
        ([lines[0].replace("{", '{"more":1,', 1), *lines[1:]], "altered"),
        ([*lines, lines[-1]], "altered"),
        (["<html>", *lines], "altered"),
        ([], "cut"),
    ):
        out.write_text("".join(f"{line}\n" for line in edited))
        found = run("audit", "verify", "--json", "--file", out)
        assert (1, kind) == (found.exit_code, json.loads(found.output)["broken"]["kind"])


def test_anchor__kept_elsewhere__is_met_or_not(place, tmp_path):
    """Several anchors in one file; what is no anchor is refused."""
    kept = tmp_path / "anchors"
    for _ in range(2):
        assert 0 == run("audit", "anchor", *place, "--out", kept).exit_code
    found = run("audit", "verify", *place, "--anchor", kept)
    assert (0, True) == (found.exit_code, "2 anchors met" in found.output)

    with sqlite3.connect(place[1]) as connection:
        connection.execute("DELETE FROM audit")
        connection.execute(f"UPDATE audit_head SET entries = 0, last = 0, hash = '{'0' * 64}'")
    assert 0 == run("audit", "verify", *place).exit_code
    found = run("audit", "verify", *place, "--anchor", kept)
    assert (1, True) == (found.exit_code, found.output.startswith("anchor at entry 0"))

    kept.write_text(kept.read_text().replace('"one"', '"two"'))
    assert "of the network 'two'" in str(run("audit", "verify", *place, "--anchor", kept).exception)
    kept.write_text("hello")
    assert "holds no anchors" in str(run("audit", "verify", *place, "--anchor", kept).exception)


def test_word__said_by_command__is_in_the_audit(place):
    """With who said it and why; one that was refused as well."""
    said = run("maintenance", "chain:l1", *place, "--by", "ida", "--reason", "disks", "--for", "1h")
    assert 0 == said.exit_code, said.output
    refused = run("incident", "ack", "nothing", *place, "--by", "ida")
    assert refused.exception is not None

    told = json.loads(run("audit", "list", "--json", *place).output)
    first, second = told[:2]
    assert ("ida", "shell", "acknowledge", "nothing", "not-known") == tuple(
        first[name] for name in ("who", "role", "action", "target", "outcome")
    )
    assert ("maintain", "chain:l1", "done") == tuple(
        second[name] for name in ("action", "target", "outcome")
    )
    assert second["detail"].endswith("; disks")
    assert 0 == run("audit", "verify", *place).exit_code
    assert "ida (shell)  maintain chain:l1  done" in run("audit", "list", *place).output


def rows_of(store):
    """What the audit holds, eldest first."""

    async def read():
        rows = await read_audit(store, None, 100)
        return [(row.action, row.target, row.outcome, row.detail) for row in reversed(rows)]

    return read()


def test_secret__that_was_read__is_in_the_audit_by_its_reference(tmp_path, monkeypatch):
    """Once for each read, never its value; a read that failed too; none is lost while writing."""
    monkeypatch.setenv("OP_RPC", "https://secret")
    UNWRITTEN.clear()
    resolve("env:OP_RPC")
    resolve("http://plain")
    with pytest.raises(Exception, match="not set"):
        resolve("env:NOT_THERE")

    async def body():
        store = await Store.open(str(tmp_path / "net.sqlite"), "net")
        await note_secrets(store)
        await note_secrets(store)
        found = await rows_of(store)
        await store.close()
        return found

    assert [
        ("read-secret", "env:OP_RPC", "done", ""),
        ("read-secret", "env:NOT_THERE", "failed", ""),
    ] == asyncio.run(body())
    assert [] == UNWRITTEN


def test_topology__that_differs_from_the_last__is_in_the_audit(tmp_path):
    """Which parts differ; nothing where nothing does."""
    adapters = load_adapters()

    def topology(text):
        import tomllib

        return read_topology({"one.toml": tomllib.loads(text)}, adapters)

    async def body():
        store = await Store.open(str(tmp_path / "net.sqlite"), "one")
        before = topology(TEXT)
        await note_topology(store, before, NOW)
        await note_topology(store, topology(TEXT), NOW)
        await prepare(store, Network(topology(TEXT.replace("1000", "2000")), adapters))
        found = await rows_of(store)
        broken = (await verify_audit(store))[1]
        await store.close()
        return found, broken

    found, broken = asyncio.run(body())
    assert [("config-change", "one")] * 2 == [row[:2] for row in found]
    assert "first: " in found[0][3]
    assert found[1][3].endswith("; changed: chains.l1")
    assert broken is None
