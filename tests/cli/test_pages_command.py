"""`layerkeep pages`: what was sent is listed, and a channel can be tried."""

import asyncio
import sqlite3

import msgspec
import pytest
from click.testing import CliRunner

from layerkeep.cli.main import cli
from layerkeep.core.acting.paging.model import Call
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.notices import NoticeRow, add_notices

TEXT = """
[network]
name = "one"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
[people.ann]
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9"
secret = "env:HOOK"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A topology, and a store with one notice."""
    monkeypatch.setenv("HOOK", "a secret of some length")
    (tmp_path / "one.toml").write_text(TEXT)
    body = "What: it\nTake it: https://x.example/ack/abc.def"
    row = NoticeRow("n1", 1000, "page", "ann", "hook", "sent", 1001, 1, "HTTP 200", "[W] it", body)

    async def fill():
        store = await Store.open(str(tmp_path / "one.sqlite"), "one")
        await add_notices(store, [row])
        with_calls = NoticeRow("n2", 2000, "page", "", "", "failed", 2000, calls=(CALL,))
        await add_notices(store, [with_calls])
        await store.close()

    asyncio.run(fill())
    return ["--topology", str(tmp_path / "one.toml"), "--store", str(tmp_path / "one.sqlite")]


CALL = Call("abcdef012345", 500, 1, 2)


def run(*arguments):
    """The command's exit code and output."""
    found = CliRunner().invoke(cli, ["pages", *arguments])
    return found.exit_code, found.output


def test_pages__in_json__say_who_was_told_what_without_the_link_that_takes_it(place):
    """Whoever may read may not take in somebody else's name."""
    code, output = run("--json", "--since", "36500d", *place)
    newest, oldest = msgspec.json.decode(output)

    assert 0 == code
    assert ("ann", "hook", "sent", "What: it") == tuple(
        oldest[key] for key in ("person", "channel", "state", "body")
    )
    assert (["abcdef012345"], 2, 1) == (newest["incidents"], newest["level"], newest["round"])


def test_pages__of_one_incident__are_its_own(place):
    """Whenever they were sent."""
    code, output = run("--incident", "abcdef012345", "--json", *place)

    assert (0, ["n2"]) == (code, [each["id"] for each in msgspec.json.decode(output)])


def test_pages_test__where_nobody_listens__fails_and_is_written_down(place):
    """Exit code 1, and a row."""
    code, output = run("test", "hook", *place)

    assert 1 == code
    assert "failed" in output
    with sqlite3.connect(place[3]) as connection:
        rows = connection.execute("SELECT kind, state FROM notices WHERE kind = 'test'").fetchall()
    assert [("test", "failed")] == rows


def test_pages_test__of_an_unknown_channel__names_the_nearest(place):
    """A typing error is told."""
    found = CliRunner().invoke(cli, ["pages", "test", "hok", *place])

    assert "did you mean 'hook'" in str(found.exception)
