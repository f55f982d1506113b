"""`--watch` and `layerkeep top`: drawn again in place on a terminal, printed once elsewhere."""

import asyncio
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layerkeep.core.facts import Anchor, Fact, HeadSeen, NodesSeen, NodeState, Sent
from layerkeep.core.units import ChainName, Height, Key
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Cursor, Entry, MessageRow

COMMAND = Path(sys.executable).with_name("layerkeep")
HOUR = 3_600_000
NAME = "0x" + "ab" * 32
TEXT = """
[network]
name = "two"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
[[chains.l1.upstreams]]
name = "one"
url = "http://127.0.0.1:1/some/path"
[chains.l2]
chain_id = 901
stack = "op_stack"
settles_on = "l1"
block_time_ms = 1000
[[chains.l2.upstreams]]
name = "two"
url = "http://127.0.0.1:1/some/path"
[chains.l2.contracts.l1]
portal = "0x00000000000000000000000000000000000000a1"
l1_messenger = "0x00000000000000000000000000000000000000a2"
"""


def seen(chain: str, *, answering: bool, looked: int) -> list[Fact]:
    """A look at a chain's only node, and its heads of that moment."""
    place = Anchor(ChainName(chain), 30, "0x1e", looked - 3000)
    heads = HeadSeen(30, 28, 22, looked - 65_000, looked - 600_000)
    nodes = NodesSeen(-1, (NodeState("one", answering, 30),))
    return [Fact(place, heads), Fact(Anchor(ChainName(chain), -1, "", looked), nodes)]


async def fill(path: Path, *, answering: bool, looked: int) -> None:
    """Two chains, and a deposit that waits since two hours."""
    sent_at = looked - 2 * HOUR
    key = Key(f"l2/msg/{NAME}")
    says = Sent("op_stack.deposit", NAME, (key,), ChainName("l1"), ChainName("l2"), "0xa", "0xb")
    fact = Fact(Anchor(ChainName("l1"), 20, "0x14", sent_at, NAME, 0, 1), says)
    row = MessageRow(
        *(NAME, 1, "op_stack.deposit", "l1", "l2", "initiated", False, sent_at, sent_at),
        since=sent_at,
        due=sent_at + HOUR,
    )
    store = await Store.open(str(path), "two")
    try:
        for chain, facts in (("l1", [fact]), ("l2", [])):
            cursor = Cursor(ChainName(chain), Height(30), "0x1e", looked, Height(0), Height(30))
            await store.append(Entry(cursor, facts))
            state = answering or chain == "l1"
            await store.observe(seen(chain, answering=state, looked=looked), looked)
        await store.save_messages([row], [], 1)
    finally:
        await store.close()


@pytest.fixture
def place(tmp_path: Path):
    """Writes topology and store; gives the options that name them."""

    def make(*, answering: bool = True, ago: int = 0) -> tuple[str, ...]:
        (tmp_path / "two.toml").write_text(TEXT)
        looked = int(time.time() * 1000) - ago
        asyncio.run(fill(tmp_path / "two.sqlite", answering=answering, looked=looked))
        return ("--topology", f"{tmp_path}/two.toml", "--store", f"{tmp_path}/two.sqlite")

    return make


def test_top__where_there_is_no_terminal__is_printed_once(layerkeep, place) -> None:
    """Layers under each other with three heads and ages, routes, and what is late."""
    options = place()
    text = layerkeep("top", *options).output

    assert "no incident is open" in text
    assert "└ l2" in text
    assert "1 deposit initiated" in text
    for age in ("1 m", "10 m"):
        assert age in text
    assert "overdue" in text
    assert "sequencer" in text
    assert "BLIND" not in text


def test_top__of_a_blind_chain__says_so_instead_of_well(layerkeep, place) -> None:
    """Nobody answers for l2: the chain says it, and so does the line about incidents."""
    text = layerkeep("top", *place(answering=False)).output

    assert "BLIND" in text
    assert "nothing is seen of l2" in text


def test_top__while_no_daemon_runs__says_so(layerkeep, place) -> None:
    """The last look is hours old: whatever the store holds is no news."""
    text = layerkeep("top", *place(ago=5 * HOUR)).output

    assert "NOBODY LOOKS" in text
    assert "no incident is open" not in text


def test_top__as_json__is_one_object(layerkeep_json, place) -> None:
    """The same for programs."""
    found = layerkeep_json("top", *place())

    assert ["l1", "l2"] == [layer["name"] for layer in found["layers"]]
    assert [NAME] == [late["id"] for late in found["late"]]


def test_top__without_a_store__is_an_error_that_says_what_to_do(layerkeep, tmp_path: Path) -> None:
    """No picture of nothing."""
    (tmp_path / "two.toml").write_text(TEXT)
    result = layerkeep("top", "--topology", tmp_path / "two.toml", "--store", tmp_path / "none")

    assert "layerkeep run" in str(result.exception)


@pytest.mark.parametrize("command", ["status", "messages", "incidents"])
def test_watch__where_there_is_no_terminal__prints_once(layerkeep, place, command: str) -> None:
    """A pipe gets what it gets without `--watch`."""
    options = place(ago=20_000)

    result = layerkeep(command, *options, "--watch")

    assert 0 == result.exit_code
    once = layerkeep(command, *options)
    assert steady(once.output) == steady(result.output)


def steady(text: str) -> str:
    """Without its ages, which rise."""
    return " ".join(re.sub(r"\d+", "#", text).split())


def on_terminal(*words: str, until: bytes, count: int) -> tuple[int, bytes]:
    """A command on a terminal of its own, quit by q once something was drawn so many times."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "50"}
    process = subprocess.Popen(
        [str(COMMAND), *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    text, is_quit = b"", False
    deadline = time.monotonic() + 30
    try:
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    text += os.read(ours, 65_536)
                except OSError:  # the other side is gone
                    break
            if not is_quit and text.count(until) >= count:
                os.write(ours, b"q")
                is_quit = True
        return process.wait(5), text
    finally:
        process.kill()
        os.close(ours)


@pytest.mark.parametrize("words", [("top", "--every", "0.2"), ("status", "--watch", "0.2")])
def test_terminal__watched__is_drawn_again_until_q(place, words: tuple[str, ...]) -> None:
    """In place, on the other screen, which is left at the end."""
    code, text = on_terminal(*words, *place(), until=b"deposit", count=3)

    assert 0 == code
    assert text.count(b"deposit") >= 3
    assert b"\x1b[?1049h" in text
    assert b"\x1b[?1049l" in text
    assert b"Traceback" not in text
