"""What a performer can tell of an action that a dead worker began: done, never done, or unknown."""

import asyncio
import os
import sys

import aiohttp
import pytest
from aiohttp import web
from outside import Server, action

from layerkeep.core.acting.runs.model import Endpoint, Runner
from layerkeep.edge.steps import host
from layerkeep.edge.steps.calls import RpcPerformer
from layerkeep.edge.steps.host import HostPerformer

CHECK = {"method": "admin_sequencerActive", "params": [], "expect": False}
METHODS = ("admin_startSequencer", "admin_sequencerActive")


@pytest.mark.parametrize(
    ("answer", "check", "expected"),
    [
        ({"result": False}, CHECK, "failed"),
        ({"result": True}, CHECK, "done"),
        ({"error": {"code": -32000, "message": "no"}}, CHECK, "unsure"),
        ({"result": False}, {}, "unsure"),
        ({"result": False}, {"method": CHECK["method"]}, "unsure"),
    ],
    ids=["as-before", "changed", "no-answer", "no-check", "expects-nothing"],
)
def test_rpc__begun_by_a_dead_worker__is_told_by_its_check(answer, check, expected):
    """Only the answer from before the call shows that it never happened; nothing else is called."""

    async def body():
        def reply(_request, _body):
            return web.json_response({"jsonrpc": "2.0", "id": 1, **answer})

        async with Server(reply) as server, aiohttp.ClientSession() as session:
            endpoints = {"seq": Endpoint("seq", server.url, METHODS, {})}
            performer = RpcPerformer(endpoints, session, str, 0.5)
            step = action("rpc", endpoint="seq", method=METHODS[0], params=[], check=check)
            return await performer.verify(step), [each[3] for each in server.seen]

    outcome, seen = asyncio.run(body())

    assert expected == outcome.state, outcome
    assert not [each for each in seen if METHODS[0] in str(each)]


@pytest.mark.parametrize(
    ("said", "deed", "expected"),
    [
        ("inactive", "stop", "done"),
        ("active", "stop", "failed"),
        ("deactivating", "stop", "unsure"),
        ("active", "start", "done"),
        ("inactive", "start", "failed"),
        ("failed", "start", "unsure"),
        ("active", "restart", "unsure"),
    ],
)
def test_unit__touched_by_a_dead_worker__is_told_by_its_state(
    tmp_path, monkeypatch, said, deed, expected
):
    """A restart leaves no trace there; a state in between tells nothing."""
    path = tmp_path / "systemctl"
    path.write_text(f"#!{sys.executable}\nprint('ActiveState={said}')\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(host, "SETTLED_S", 0.01)
    runner = Runner("h", "systemd", units={"node:l2": "op.service"})
    performer = HostPerformer({"h": runner}, 20.0)

    step = action("host", runner="h", **{deed: "op.service"})

    assert expected == asyncio.run(performer.verify(step)).state


def test_unit__that_is_moving__is_not_told_to_be_untouched(tmp_path, monkeypatch):
    """Active at the first look and not at the second: its stop is still under way."""
    path, mark = tmp_path / "systemctl", tmp_path / "seen"
    path.write_text(
        f"#!{sys.executable}\nimport pathlib\nmark = pathlib.Path({str(mark)!r})\n"
        "print('ActiveState=inactive' if mark.exists() else 'ActiveState=active')\nmark.touch()\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(host, "SETTLED_S", 0.01)
    performer = HostPerformer({"h": Runner("h", "systemd", units={"n": "op.service"})}, 20.0)

    outcome = asyncio.run(performer.verify(action("host", runner="h", stop="op.service")))

    assert "unsure" == outcome.state
